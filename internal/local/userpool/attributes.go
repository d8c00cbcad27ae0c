package userpool

import (
	"net/mail"
	"slices"
	"strings"

	"hearth/internal/cognito"
)

// attribute is one attribute of a user on the wire.
type attribute struct {
	Name  string
	Value string
}

const errUnwritable = "A client attempted to write unauthorized attribute"

// standardAttributes are the attributes that every user pool has.
// https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-attributes.html
var standardAttributes = []string{
	"address", "birthdate", "email", "email_verified", "family_name", "gender", "given_name", "locale",
	"middle_name", "name", "nickname", "phone_number", "phone_number_verified", "picture",
	"preferred_username", "profile", "sub", "updated_at", "website", "zoneinfo",
}

// checkAttributes checks form and length, and that each is there once.
func checkAttributes(given []attribute) error {
	seen := make(map[string]bool, len(given))
	for _, a := range given {
		err := firstError(member("userAttributes.name", a.Name, 1, maxAttributeName, usernamePattern),
			member("userAttributes.value", a.Value, 0, maxAttribute, nil))
		switch {
		case err != nil:
			return err
		case seen[a.Name]:
			return invalidParameter("The attribute " + a.Name + " is given twice.")
		case !slices.Contains(standardAttributes, a.Name):
			return invalidParameter("Attributes did not conform to the schema: Type for attribute {" + a.Name + "} could not be determined")
		case a.Name == cognito.AttributeEmail && !isAddress(a.Value):
			return invalidParameter("Invalid email address format.")
		}
		seen[a.Name] = true
	}
	return nil
}

// checkWrite checks attributes that a client wants to write.
// https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-attributes.html
func (p *Pool) checkWrite(given []attribute, client cognito.Client) error {
	if err := checkAttributes(given); err != nil {
		return err
	}
	for _, a := range given {
		if a.Name == cognito.AttributeEmailVerified || !slices.Contains(client.WriteAttributes, a.Name) {
			return fail(codeNotAuthorized, errUnwritable)
		}
	}
	return nil
}

// checkAdminWrite checks attributes that an administrator wants to write: any
// that Hearth's pool uses, and that an address is verified.
func (p *Pool) checkAdminWrite(given []attribute) error {
	if err := checkAttributes(given); err != nil {
		return err
	}
	for _, a := range given {
		switch {
		case a.Name == cognito.AttributeEmailVerified:
			if a.Value != "true" && a.Value != "false" {
				return invalidParameter("Attributes did not conform to the schema: email_verified: Must be a boolean")
			}
		case a.Name == cognito.AttributeSub:
			return invalidParameter("Cannot modify the non-mutable attribute sub")
		case !p.inSchema(a.Name):
			return invalidParameter("This user pool does not use the attribute " + a.Name + ".")
		}
	}
	return nil
}

// inSchema reports whether Hearth's pool uses an attribute.
func (p *Pool) inSchema(name string) bool {
	s := p.options.Settings
	return slices.Contains(s.RequiredAttributes, name) || slices.Contains(s.OptionalAttributes, name)
}

// newAttributes returns the attributes of a new user, whose name is their
// address; who leaves the address out of the attributes has it from there.
// https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-attributes.html#user-pool-settings-aliases
func (p *Pool) newAttributes(username string, given []attribute) (map[string]string, error) {
	if !isAddress(username) {
		return nil, invalidParameter("Username should be an email.")
	}
	attributes := make(map[string]string)
	for _, a := range given {
		if a.Value != "" {
			attributes[a.Name] = a.Value
		}
	}
	switch email := attributes[cognito.AttributeEmail]; {
	case email == "":
		attributes[cognito.AttributeEmail] = username
	case fold(email) != fold(username):
		return nil, invalidParameter("The email attribute must be the username.")
	}
	for _, name := range p.options.Settings.RequiredAttributes {
		if attributes[name] == "" {
			return nil, invalidParameter("Attributes did not conform to the schema: " + name + ": The attribute is required\n")
		}
	}
	return attributes, nil
}

// set writes checked attributes; an empty value takes the attribute away.
func (p *Pool) set(u *user, given []attribute) error {
	for _, a := range given {
		if a.Value != "" {
			u.Attributes[a.Name] = a.Value
			continue
		}
		if slices.Contains(p.options.Settings.RequiredAttributes, a.Name) {
			return invalidParameter("Attributes did not conform to the schema: " + a.Name + ": The attribute is required\n")
		}
		delete(u.Attributes, a.Name)
	}
	return nil
}

// noEmail refuses an address where it cannot be proven.
func noEmail(given []attribute) error {
	for _, a := range given {
		if a.Name == cognito.AttributeEmail {
			return fail(codeNotAuthorized, "Cannot modify an already provided email")
		}
	}
	return nil
}

// listed returns a user's attributes in a fixed order, sub first; readable is
// nil for administrators, who read all.
func (u *user) listed(readable []string) []attribute {
	list := []attribute{{Name: cognito.AttributeSub, Value: u.Sub}}
	for _, name := range standardAttributes {
		value, found := u.Attributes[name]
		if found && (readable == nil || slices.Contains(readable, name)) {
			list = append(list, attribute{Name: name, Value: value})
		}
	}
	return list
}

// isAddress reports whether s is one plain e-mail address.
func isAddress(s string) bool {
	parsed, err := mail.ParseAddress(s)
	return err == nil && parsed.Address == s && !strings.ContainsAny(s, " \"<>()")
}
