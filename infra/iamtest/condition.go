package iamtest

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// The condition keys that are known, with or without a tag's key behind them,
// and whether they have many values.
var (
	keys = map[string]bool{
		"dynamodb:LeadingKeys": true, "aws:TagKeys": true, "sts:TransitiveTagKeys": true, "aws:SecureTransport": false, "s3:prefix": false,
		"aws:username": false,
	}
	tagKeys = []string{"aws:PrincipalTag/", "aws:RequestTag/"}
)

func known(key string) (many bool, err error) {
	if many, ok := keys[key]; ok {
		return many, nil
	}
	if slices.ContainsFunc(tagKeys, func(prefix string) bool { return strings.HasPrefix(key, prefix) && key != prefix }) {
		return false, nil
	}
	return false, fmt.Errorf("condition key %q", key)
}

// comparison compares one value of a request with one of a policy.
type comparison struct {
	name string
	// wildcards says that the policy's value is a pattern.
	wildcards bool
}

// condition evaluates an operator on one key: any of the policy's values will
// do. A key that is absent matches nothing, but every value of no values does.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html
func condition(operator, key string, wanted []string, context map[string][]string) (bool, error) {
	many, err := known(key)
	if err != nil {
		return false, err
	}
	given := context[key]
	if operator == "Null" {
		if len(wanted) != 1 || wanted[0] != "true" && wanted[0] != "false" {
			return false, fmt.Errorf("a Null that wants %v", wanted)
		}
		return (len(given) == 0) == (wanted[0] == "true"), nil
	}
	set, name, qualified := strings.Cut(operator, ":")
	if !qualified {
		set, name = "", operator
	}
	compare, ok := map[string]comparison{
		"StringEquals": {name, false}, "StringLike": {name, true}, "Bool": {name, false},
	}[name]
	if !ok || qualified && set != "ForAllValues" && set != "ForAnyValue" || qualified != many {
		return false, fmt.Errorf("operator %s on %s", operator, key)
	}
	matches := 0
	for _, value := range given {
		one, err := compare.any(value, wanted, context)
		if err != nil {
			return false, err
		}
		if one {
			matches++
		}
	}
	if len(given) == 0 { // what is unknown in the values is found all the same
		if _, err := compare.any("", wanted, context); err != nil {
			return false, err
		}
	}
	if set == "ForAllValues" {
		return matches == len(given), nil
	}
	return matches > 0, nil
}

func (c comparison) any(value string, wanted []string, context map[string][]string) (bool, error) {
	found := false
	for _, w := range wanted {
		pattern, resolved, err := expand(w, context, c.wildcards)
		if err != nil {
			return false, err
		}
		found = found || resolved && pattern.MatchString(value)
	}
	return found, nil
}

var variable = regexp.MustCompile(`\$\{([^}]*)\}`)

// expand is a policy's value with its variables as a pattern. What a variable
// brings is no pattern. One that cannot be resolved has no value, and what it
// stands in matches nothing.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
func expand(value string, context map[string][]string, wildcards bool) (pattern *regexp.Regexp, resolved bool, err error) {
	var expression strings.Builder
	literal := func(s string) {
		s = regexp.QuoteMeta(s)
		if wildcards {
			s = strings.NewReplacer(`\*`, `.*`, `\?`, `.`).Replace(s)
		}
		expression.WriteString(s)
	}
	resolved, at := true, 0
	for _, match := range variable.FindAllStringSubmatchIndex(value, -1) {
		literal(value[at:match[0]])
		name := value[match[2]:match[3]]
		if many, err := known(name); err != nil || many {
			return nil, false, fmt.Errorf("variable %q", name)
		}
		if len(context[name]) != 1 {
			resolved = false
		} else {
			expression.WriteString(regexp.QuoteMeta(context[name][0]))
		}
		at = match[1]
	}
	literal(value[at:])
	pattern, err = regexp.Compile(`(?s)^(?:` + expression.String() + `)$`)
	if err != nil {
		return nil, false, fmt.Errorf("value %q: %w", value, err)
	}
	return pattern, resolved, nil
}

// like compares with a pattern that has no variables.
func like(pattern, value string) bool {
	p, resolved, err := expand(pattern, nil, true)
	return err == nil && resolved && p.MatchString(value)
}
