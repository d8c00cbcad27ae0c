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
	matches := func(held, wanted string) bool { return held == wanted }
	if operator == "^=" {
		matches = strings.HasPrefix
	}
	return func(u *user) bool {
		held, found := searched(u, name)
		if !caseSensitive[name] {
			return found && matches(fold(held), fold(value))
		}
		return found && matches(held, value)
	}, nil
}

// caseSensitive are the attributes that ListUsers documents as such; the
// developer guide says of all others that case does not count.
// https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_ListUsers.html
var caseSensitive = map[string]bool{"username": true, "status": true}

// searched returns what a filter compares, and whether the user has it.
func searched(u *user, name string) (string, bool) {
	switch name {
	case "username", "sub":
		return u.Sub, true
	case "status":
		if u.Disabled {
			return "Disabled", true
		}
		return "Enabled", true
	case "cognito:user_status":
		return string(u.Status), true
	}
	held, found := u.Attributes[name]
	return held, found
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
