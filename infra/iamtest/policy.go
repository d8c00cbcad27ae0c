// Package iamtest evaluates IAM policies, as far as those of Hearth go, so that
// tests can hold what the code asks for against what its roles may do. What it
// does not know, an element, operator, key or variable, is an error and never a
// guess.
//
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
package iamtest

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// Policy is a policy document, of a role or of who may assume it.
type Policy struct {
	Version   string
	Statement []Statement
}

// Statement is one statement of a policy.
type Statement struct {
	Sid, Effect string
	// Principal is set in a trust policy.
	Principal map[string]any
	Action    values
	// Resource holds ARNs, or a template's functions as their JSON.
	Resource  values
	Condition map[string]map[string]values
}

// values are one value or a list of them. A function of a template counts as
// its JSON.
type values []string

// UnmarshalJSON reads either form.
func (v *values) UnmarshalJSON(raw []byte) error {
	list := []json.RawMessage{raw}
	if raw[0] == '[' {
		if err := json.Unmarshal(raw, &list); err != nil {
			return fmt.Errorf("values: %w", err)
		}
	}
	*v = nil
	for _, one := range list {
		*v = append(*v, text(one))
	}
	return nil
}

func text(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) != nil {
		return string(raw)
	}
	return s
}

// Parse reads a policy document as a template holds it, and refuses elements
// that it does not know.
func Parse(document any) (Policy, error) {
	raw, err := json.Marshal(document)
	if err != nil {
		return Policy{}, fmt.Errorf("policy: %w", err)
	}
	d := json.NewDecoder(strings.NewReader(string(raw)))
	d.DisallowUnknownFields()
	var p Policy
	if err := d.Decode(&p); err != nil {
		return Policy{}, fmt.Errorf("policy: %w", err)
	}
	if p.Version != "2012-10-17" { // an older one has no variables
		return Policy{}, fmt.Errorf("policy: version %q", p.Version)
	}
	return p, nil
}

// Request is what somebody asks for.
type Request struct {
	// Action is such as "dynamodb:PutItem".
	Action string
	// Resource is an ARN, or what stands for it in the template; of no meaning
	// to a trust policy.
	Resource string
	// Principal is who asks, for a trust policy.
	Principal string
	// Context has the values of the condition keys, by their names. A key that
	// is not there is absent.
	Context map[string][]string
}

// Allows reports whether the policies, all of one kind, allow a request
// together: one statement does and none denies.
func Allows(r Request, policies ...Policy) (bool, error) {
	allowed := false
	for _, p := range policies {
		for _, s := range p.Statement {
			matches, err := s.matches(r)
			if err != nil {
				return false, err
			}
			switch {
			case s.Effect != "Allow" && s.Effect != "Deny":
				return false, fmt.Errorf("effect %q", s.Effect)
			case matches && s.Effect == "Deny":
				return false, nil
			}
			allowed = allowed || matches
		}
	}
	return allowed, nil
}

// matches evaluates every part of a statement, so that what is unknown in it is
// found whatever is asked for.
func (s Statement) matches(r Request) (bool, error) {
	matches := slices.ContainsFunc(s.Action, func(a string) bool {
		return like(strings.ToLower(a), strings.ToLower(r.Action))
	})
	if s.Principal == nil {
		found := false
		for _, resource := range s.Resource {
			pattern, known, err := expand(resource, r.Context, true)
			if err != nil {
				return false, err
			}
			found = found || known && pattern.MatchString(r.Resource)
		}
		matches = matches && found
	} else {
		who, err := json.Marshal(s.Principal["AWS"])
		if err != nil || len(s.Principal) != 1 || s.Principal["AWS"] == nil {
			return false, fmt.Errorf("principal %v", s.Principal)
		}
		matches = matches && text(who) == r.Principal
	}
	for operator, keys := range s.Condition {
		for key, wanted := range keys {
			holds, err := condition(operator, key, wanted, r.Context)
			if err != nil {
				return false, err
			}
			matches = matches && holds
		}
	}
	return matches, nil
}
