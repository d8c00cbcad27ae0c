package userpool

import (
	"regexp"
	"slices"
	"strings"
)

// maxFilter is the length limit of Cognito's API.
const maxFilter = 256

// filterPattern is a filter: attribute, = or ^=, value in quotation marks that
// may hold escaped ones.
// https://docs.aws.amazon.com/cognito/latest/developerguide/how-to-manage-user-accounts.html#cognito-user-pools-searching-for-users-using-listusers-api
var filterPattern = regexp.MustCompile(`^\s*"?([a-z_:]+)"?\s*(\^?=)\s*"((?:[^"\\]|\\.)*)"\s*$`)

// searchable are the attributes that ListUsers can look for; custom ones and
// the rest of the standard ones it cannot.
var searchable = []string{
	"username", "email", "phone_number", "name", "given_name", "family_name", "preferred_username",
	"cognito:user_status", "status", "sub",
}

// filter selects users.
type filter func(*user) bool

// parseFilter reads a filter; an empty one selects everybody.
func parseFilter(text string) (filter, error) {
	if strings.TrimSpace(text) == "" {
		return func(*user) bool { return true }, nil
	}
	parts := filterPattern.FindStringSubmatch(text)
	if parts == nil {
		return nil, invalidParameter("Error while parsing filter.")
	}
	name, operator := parts[1], parts[2]
	if !slices.Contains(searchable, name) {
		return nil, invalidParameter("Invalid search attribute: " + name)
	}
	value := unescape(parts[3])
	matches := func(s string) bool { return s == value }
	if operator == "^=" {
		matches = func(s string) bool { return strings.HasPrefix(s, value) }
	}
	return func(u *user) bool { return matchesAttribute(u, name, matches, operator, value) }, nil
}

// matchesAttribute compares exactly, but for cognito:user_status, which
// Cognito compares without regard to case.
func matchesAttribute(u *user, name string, matches func(string) bool, operator, value string) bool {
	switch name {
	case "username", "sub":
		return matches(u.Sub)
	case "status":
		return matches("Enabled")
	case "cognito:user_status":
		if operator == "=" {
			return strings.EqualFold(string(u.Status), value)
		}
		return strings.HasPrefix(string(u.Status), strings.ToUpper(value))
	}
	held, found := u.Attributes[name]
	return found && matches(held)
}

// unescape takes the backslashes of escaped characters away.
func unescape(s string) string {
	var b strings.Builder
	escaped := false
	for _, r := range s {
		if r == '\\' && !escaped {
			escaped = true
			continue
		}
		escaped = false
		b.WriteRune(r)
	}
	return b.String()
}
