package gateway

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// identity is what the JWT authorizer tells a function about the caller.
type identity struct {
	// Claims are the token's claims, each as a string.
	Claims map[string]string `json:"claims"`
	// Scopes is null for a route without authorization scopes.
	Scopes []string `json:"scopes"`
}

// claims are the payload of a token; numbers are json.Number.
type claims map[string]any

// asStrings gives each claim the form in which it reaches a function: API
// Gateway turns every one into a string, an array into its elements between
// brackets, without quotes and apart by spaces: "[admins editors]" (many users
// report this for cognito:groups). Objects and null in the same notation are
// assumed.
func (c claims) asStrings() map[string]string {
	all := make(map[string]string, len(c))
	for name, value := range c {
		all[name] = asString(value)
	}
	return all
}

func asString(value any) string {
	switch value := value.(type) {
	case nil:
		return "<nil>"
	case string:
		return value
	case []any:
		parts := make([]string, len(value))
		for i, element := range value {
			parts[i] = asString(element)
		}
		return "[" + strings.Join(parts, " ") + "]"
	case map[string]any:
		parts := make([]string, 0, len(value))
		for _, name := range slices.Sorted(maps.Keys(value)) {
			parts = append(parts, name+":"+asString(value[name]))
		}
		return "map[" + strings.Join(parts, " ") + "]"
	default:
		return fmt.Sprint(value)
	}
}

// isFor reports whether a token is meant for an audience: "API Gateway validates
// client_id only if aud is not present."
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-troubleshooting-jwt.html
func (c claims) isFor(audience string) bool {
	aud, ok := c["aud"]
	if !ok {
		aud = c["client_id"]
	}
	return slices.Contains(asList(aud), audience)
}

// scopes are those that a token grants, in `scope` or `scp`.
func (c claims) scopes() []string {
	var all []string
	for _, name := range []string{"scope", "scp"} {
		for _, element := range asList(c[name]) {
			all = append(all, strings.Fields(element)...)
		}
	}
	return all
}

// asList is a claim that may be one string or an array of them.
func asList(value any) []string {
	switch value := value.(type) {
	case string:
		return []string{value}
	case []any:
		var all []string
		for _, element := range value {
			if s, ok := element.(string); ok {
				all = append(all, s)
			}
		}
		return all
	}
	return nil
}

// seconds reads a time claim; present is false if there is none, and an error
// means that it is not a number.
func (c claims) seconds(name string) (at float64, present bool, err error) {
	value, present := c[name]
	if !present {
		return 0, false, nil
	}
	number, ok := value.(json.Number)
	if !ok {
		return 0, true, fmt.Errorf("the claim %s is not a number", name)
	}
	at, err = number.Float64()
	if err != nil {
		return 0, true, fmt.Errorf("the claim %s: %w", name, err)
	}
	return at, true, nil
}
