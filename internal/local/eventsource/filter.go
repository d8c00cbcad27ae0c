package eventsource

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-lambda-go/events"
)

// filters are event filter patterns, of which a record must match one. They are
// objects like the record, with an array of what is allowed at each leaf. Known
// are strings, booleans, null, {"prefix"}, {"suffix"}, {"equals-ignore-case"},
// {"anything-but"} with values or a prefix, {"exists"}, and "$or" for fields.
// Lambda cannot compare numbers here either: DynamoDB's JSON has them as
// strings. A pattern with anything else is an error.
// https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html
type filters []filter

// filter reports whether a value matches; present is false if the record has no
// such field.
type filter func(value any, present bool) bool

func parseFilters(patterns []string) (filters, error) {
	var all filters
	for _, pattern := range patterns {
		var parsed any
		if err := json.Unmarshal([]byte(pattern), &parsed); err != nil {
			return nil, fmt.Errorf("filter pattern: %w", err)
		}
		fields, ok := parsed.(map[string]any)
		if !ok {
			return nil, errors.New("filter pattern: not an object")
		}
		f, err := parseFields(fields)
		if err != nil {
			return nil, fmt.Errorf("filter pattern: %w", err)
		}
		all = append(all, f)
	}
	return all, nil
}

func (f filters) match(record events.DynamoDBEventRecord) (bool, error) {
	if len(f) == 0 {
		return true, nil
	}
	raw, err := json.Marshal(record)
	if err != nil {
		return false, fmt.Errorf("encode record: %w", err)
	}
	var value any
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	if err := decoder.Decode(&value); err != nil {
		return false, fmt.Errorf("decode record: %w", err)
	}
	return slices.ContainsFunc(f, func(one filter) bool { return one(value, true) }), nil
}

// parseFields is an object whose fields must all match.
func parseFields(pattern map[string]any) (filter, error) {
	fields := map[string]filter{}
	var alternatives []filter
	for name, value := range pattern {
		var err error
		switch value := value.(type) {
		case map[string]any:
			fields[name], err = parseFields(value)
		case []any:
			if name == "$or" {
				alternatives, err = parseAlternatives(value)
			} else {
				fields[name], err = parseLeaf(value)
			}
		default:
			err = errors.New("must be an object or an array")
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	return func(value any, present bool) bool {
		object, _ := value.(map[string]any)
		for name, f := range fields {
			field, ok := object[name]
			if !f(field, ok) {
				return false
			}
		}
		return alternatives == nil ||
			slices.ContainsFunc(alternatives, func(f filter) bool { return f(value, present) })
	}, nil
}

func parseAlternatives(list []any) ([]filter, error) {
	all := make([]filter, 0, len(list))
	for _, element := range list {
		fields, ok := element.(map[string]any)
		if !ok {
			return nil, errors.New("must hold objects")
		}
		f, err := parseFields(fields)
		if err != nil {
			return nil, err
		}
		all = append(all, f)
	}
	return all, nil
}

// parseLeaf is an array of which one element must match.
func parseLeaf(list []any) (filter, error) {
	if len(list) == 0 {
		return nil, errors.New("must not be empty")
	}
	all := make([]filter, 0, len(list))
	for _, element := range list {
		f, err := parseRule(element)
		if err != nil {
			return nil, err
		}
		all = append(all, f)
	}
	return func(value any, present bool) bool {
		return slices.ContainsFunc(all, func(f filter) bool { return f(value, present) })
	}, nil
}

func parseRule(rule any) (filter, error) {
	switch rule := rule.(type) {
	case nil, string, bool:
		return func(value any, present bool) bool { return present && value == rule }, nil
	case map[string]any:
		if len(rule) != 1 {
			return nil, errors.New("a rule has one operator")
		}
		for operator, operand := range rule {
			return parseOperator(operator, operand)
		}
	}
	return nil, fmt.Errorf("%v is no string, boolean, null or rule", rule)
}

func parseOperator(operator string, operand any) (filter, error) {
	if exists, ok := operand.(bool); ok && operator == "exists" {
		return func(_ any, present bool) bool { return present == exists }, nil
	}
	if text, ok := operand.(string); ok {
		compare := map[string]func(value, operand string) bool{
			"prefix": strings.HasPrefix, "suffix": strings.HasSuffix, "equals-ignore-case": strings.EqualFold,
		}[operator]
		if compare != nil {
			return func(value any, present bool) bool {
				s, ok := value.(string)
				return present && ok && compare(s, text)
			}, nil
		}
	}
	if operator == "anything-but" {
		list, ok := operand.([]any)
		if !ok {
			list = []any{operand}
		}
		if not, err := parseLeaf(list); err == nil {
			return func(value any, present bool) bool { return present && !not(value, present) }, nil
		}
	}
	return nil, fmt.Errorf("operator %q with %v is not known", operator, operand)
}
