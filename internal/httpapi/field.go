package httpapi

import (
	"errors"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/validation"

	"hearth/internal/account"
)

// fieldErrors turns what huma says of a request into field errors with codes
// of the closed set. Neither the value nor huma's sentence goes out, since it
// may repeat the value.
func fieldErrors(errs []error) []account.FieldError {
	var fields []account.FieldError
	for _, err := range errs {
		var detail *huma.ErrorDetail
		if !errors.As(err, &detail) {
			// A body that is no JSON, or a missing one.
			fields = append(fields, account.NewFieldError("", account.FieldMalformed))
			continue
		}
		pointer := jsonPointer(detail.Location)
		code, property := fieldCode(detail.Message)
		if property != "" {
			pointer += "/" + escapePointer(property)
		}
		fields = append(fields, account.NewFieldError(pointer, code))
	}
	if len(fields) == 0 {
		fields = append(fields, account.NewFieldError("", account.FieldMalformed))
	}
	return fields
}

// fieldCode maps a sentence of huma's to a code and, where the sentence names a
// missing property, that property.
func fieldCode(message string) (code account.FieldCode, property string) {
	if before, after, ok := strings.Cut(validation.MsgExpectedRequiredProperty, "%s"); ok {
		if name, found := strings.CutPrefix(message, before); found && strings.HasSuffix(name, after) {
			return account.FieldRequired, strings.TrimSuffix(name, after)
		}
	}
	for _, rule := range []struct {
		format string
		code   account.FieldCode
	}{
		{validation.MsgUnexpectedProperty, account.FieldUnknown},
		{"unknown query parameter", account.FieldUnknown},
		{validation.MsgExpectedMinLength, account.FieldTooShort},
		{validation.MsgExpectedMinItems, account.FieldTooShort},
		{validation.MsgExpectedMaxLength, account.FieldTooLong},
		{validation.MsgExpectedMaxItems, account.FieldTooLong},
		{validation.MsgExpectedOneOf, account.FieldUnknownValue},
		{validation.MsgExpectedMinimumNumber, account.FieldNotAllowed},
		{validation.MsgExpectedMaximumNumber, account.FieldNotAllowed},
	} {
		before, _, _ := strings.Cut(rule.format, "%")
		if strings.HasPrefix(message, before) {
			return rule.code, ""
		}
	}
	if strings.HasPrefix(message, "required ") && strings.HasSuffix(message, " is missing") {
		return account.FieldRequired, ""
	}
	return account.FieldMalformed, ""
}

// jsonPointer turns huma's location, such as "body.members[0].name", into a
// JSON Pointer (RFC 6901). The first word says only where in the request it is.
func jsonPointer(location string) string {
	_, path, ok := strings.Cut(location, ".")
	if !ok {
		return ""
	}
	var pointer strings.Builder
	for _, part := range strings.FieldsFunc(path, func(r rune) bool { return r == '.' || r == '[' || r == ']' }) {
		pointer.WriteString("/" + escapePointer(part))
	}
	return pointer.String()
}

func escapePointer(token string) string {
	return strings.NewReplacer("~", "~0", "/", "~1").Replace(token)
}
