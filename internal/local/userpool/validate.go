package userpool

import (
	"fmt"
	"regexp"
	"unicode"
	"unicode/utf8"
)

// Length limits and patterns of Cognito's API.
// https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_SignUp.html
const (
	maxUsername      = 128
	maxPassword      = 256
	maxCode          = 2048
	maxAttributeName = 32
	maxAttribute     = 2048
	maxMetadata      = 131072
	maxSession       = 2048
	minSession       = 20
)

var (
	usernamePattern = regexp.MustCompile(`^[\p{L}\p{M}\p{S}\p{N}\p{P}]+$`)
	clientPattern   = regexp.MustCompile(`^[\w+]+$`)
	codePattern     = regexp.MustCompile(`^[\S]+$`)
	tokenPattern    = regexp.MustCompile(`^[A-Za-z0-9\-_=.]+$`)
)

// firstError returns the first of its arguments that is an error.
func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// member checks one parameter against the API's model; its words are those in
// which AWS services report a constraint.
func member(name, value string, least, most int, pattern *regexp.Regexp) error {
	constraint := ""
	switch length := utf8.RuneCountInString(value); {
	case value == "" && least > 0:
		constraint = "Member must not be null"
	case length < least:
		constraint = fmt.Sprintf("Member must have length greater than or equal to %d", least)
	case length > most:
		constraint = fmt.Sprintf("Member must have length less than or equal to %d", most)
	case pattern != nil && value != "" && !pattern.MatchString(value):
		constraint = "Member must satisfy regular expression pattern: " + pattern.String()
	default:
		return nil
	}
	return invalidParameter(fmt.Sprintf("1 validation error detected: Value at '%s' failed to satisfy constraint: %s", name, constraint))
}

func validUsername(value string) error {
	return member("username", value, 1, maxUsername, usernamePattern)
}

// validPassword is the API's own limit; the pool's policy comes on top of it.
// A password neither begins nor ends with white space.
func validPassword(value string) error {
	if err := member("password", value, 1, maxPassword, nil); err != nil {
		return err
	}
	first, _ := utf8.DecodeRuneInString(value)
	last, _ := utf8.DecodeLastRuneInString(value)
	if !utf8.ValidString(value) || unicode.IsSpace(first) || unicode.IsSpace(last) {
		return invalidParameter(`1 validation error detected: Value at 'password' failed to satisfy constraint: Member must satisfy regular expression pattern: ^[\S]+.*[\S]+$`)
	}
	return nil
}

func validCode(value string) error {
	return member("confirmationCode", value, 1, maxCode, codePattern)
}

func validToken(name, value string) error {
	return member(name, value, 1, maxBody, tokenPattern)
}

// validMetadata limits ClientMetadata, which goes to the triggers as it is.
func validMetadata(metadata map[string]string) error {
	for key, value := range metadata {
		if err := firstError(member("clientMetadata", key, 0, maxMetadata, nil),
			member("clientMetadata", value, 0, maxMetadata, nil)); err != nil {
			return err
		}
	}
	return nil
}

// noSecretHash refuses a secret hash: none of the pool's clients has a secret,
// so who sends one is set up for another client.
func noSecretHash(clientID, hash string) error {
	if hash != "" {
		return fail(codeNotAuthorized, "Client "+clientID+" is not configured with a secret but secret hash was received")
	}
	return nil
}
