package httpapi

import (
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"hearth/internal/account"
)

const bearer = "accessToken"

// gatewayMessage is the body where API Gateway itself answers, which an HTTP
// API cannot change.
type gatewayMessage struct {
	Message string `json:"message"`
}

// Document describes the operations that register puts into an API: OpenAPI
// 3.1 as JSON. It is never called when a function starts.
func Document(register func(*API)) ([]byte, error) {
	a := newAPI(nil, Tokens{}, true)
	spec := a.huma.OpenAPI()
	spec.Info = &huma.Info{
		Title: "Hearth", Version: "1",
		Description: "Accounts: users, personal organizations, teams. Errors are application/problem+json with a stable " +
			"`code`, but where API Gateway itself answers: 401 and 403 of its authorizer, 404 of an unknown route, 413, 429, 500 and 503 " +
			"are `{\"message\": …}`.",
	}
	spec.Components.SecuritySchemes = map[string]*huma.SecurityScheme{bearer: {
		Type: "http", Scheme: "bearer", BearerFormat: "JWT",
		Description: "The access token of a sign-in at the user pool. An ID token is refused.",
	}}
	spec.Components.Schemas.Schema(reflect.TypeFor[gatewayMessage](), true, "GatewayMessage")
	register(a)
	operations := map[string]*huma.Operation{}
	for path, item := range spec.Paths {
		for _, operation := range []*huma.Operation{item.Get, item.Post, item.Put, item.Patch, item.Delete} {
			if operation == nil {
				continue
			}
			if len(operation.Responses) == 0 {
				return nil, fmt.Errorf("%s has no answers", path)
			}
			describe(operation)
			describeRequest(operation, spec.Components.Schemas)
			operations[operation.OperationID] = operation
		}
	}
	link(operations)
	closeCodes(spec.Components.Schemas.Map())
	text, err := json.MarshalIndent(spec, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("encode the OpenAPI document: %w", err)
	}
	return append(text, '\n'), nil
}

// closeCodes lists the codes of problems and of their fields, so that a client
// can be checked for a translation of each.
func closeCodes(schemas map[string]*huma.Schema) {
	list := func(schema string, codes []string) {
		s := schemas[schema]
		if s == nil || s.Properties["code"] == nil {
			return
		}
		slices.Sort(codes)
		for _, code := range codes {
			s.Properties["code"].Enum = append(s.Properties["code"].Enum, code)
		}
	}
	var problems, fields []string
	for code := range statuses {
		problems = append(problems, string(code))
	}
	for _, code := range account.FieldCodes() {
		fields = append(fields, string(code))
	}
	list("Problem", problems)
	list("FieldError", fields)
}

// document says what a route wants and what everything on the way to its
// handler can answer; describe adds what follows from the handler's input.
func document(operation *huma.Operation, route Route) {
	operation.Tags = []string{string(route.Function)}
	operation.Responses = map[string]*huma.Response{}
	// Every operation refuses query parameters that it does not know.
	operation.Errors = []int{http.StatusUnprocessableEntity, http.StatusServiceUnavailable}
	if route.Limited {
		operation.Errors = append(operation.Errors, http.StatusTooManyRequests)
	}
	if route.Open {
		if route.Refuses != 0 {
			operation.Errors = append(operation.Errors, route.Refuses)
		}
		return
	}
	if route.Sensitive {
		operation.Description = fmt.Sprintf("Wants a sign-in (`auth_time`) within the last %d seconds, else 403 `reauthentication_required`: "+
			"sign in again, then repeat the request.", account.FreshSignIn/time.Second)
	}
	operation.Security = []map[string][]string{{bearer: {}}}
	operation.Errors = append(operation.Errors, http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusConflict)
	if strings.Contains(route.Path, organizationVariable) && (route.Method != http.MethodGet || route.Permission == account.InviteMembers) {
		operation.Errors = append(operation.Errors, http.StatusBadRequest) // a personal organization
	}
	operation.Parameters = append(operation.Parameters, &huma.Param{
		Name: HeaderAccountID, In: "header", Schema: &huma.Schema{Type: huma.TypeString},
		Description: "The account to act for. Without it the session decides.",
	})
}

// describeRequest says that null is the same as leaving an optional field out,
// which is how huma takes it and how some clients write it.
func describeRequest(operation *huma.Operation, schemas huma.Registry) {
	if operation.RequestBody == nil || operation.RequestBody.Content["application/json"] == nil {
		return
	}
	body := operation.RequestBody.Content["application/json"].Schema
	if body.Ref != "" {
		body = schemas.SchemaFromRef(body.Ref)
	}
	for name, property := range body.Properties {
		if slices.Contains(body.Required, name) || property.Nullable || property.Type == "" {
			continue
		}
		property.Nullable = true
		if len(property.Enum) > 0 {
			property.Enum = append(property.Enum, nil)
		}
	}
}

// byGateway are the statuses with which API Gateway may answer by itself.
var byGateway = []int{
	http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusRequestEntityTooLarge,
	http.StatusTooManyRequests, http.StatusInternalServerError, http.StatusServiceUnavailable,
}

// describe completes an operation's answers: the statuses that its input
// brings along, the headers, and the other body where API Gateway may be the
// one who answers.
func describe(operation *huma.Operation) {
	problem := func(status int) {
		operation.Responses[strconv.Itoa(status)] = &huma.Response{
			Description: http.StatusText(status),
			Content:     map[string]*huma.MediaType{"application/problem+json": {Schema: &huma.Schema{Ref: "#/components/schemas/Problem"}}},
		}
	}
	if operation.RequestBody != nil {
		// huma's description of Repeatable's RawBody, which is the JSON itself.
		delete(operation.RequestBody.Content, "application/octet-stream")
		problem(http.StatusRequestEntityTooLarge)
		problem(http.StatusUnsupportedMediaType)
	}
	for _, p := range operation.Parameters {
		if p.Name == "If-Match" {
			problem(http.StatusPreconditionFailed)
		}
	}
	// Of all routes but those that are limited, API Gateway alone answers 429.
	if tooMany := strconv.Itoa(http.StatusTooManyRequests); operation.Responses[tooMany] == nil {
		operation.Responses[tooMany] = &huma.Response{
			Description: http.StatusText(http.StatusTooManyRequests), Content: map[string]*huma.MediaType{},
		}
	}
	for status, response := range operation.Responses {
		if code, err := strconv.Atoi(status); err == nil {
			describeAnswer(code, response, len(operation.Security) > 0)
		}
	}
}

func describeAnswer(status int, response *huma.Response, signedIn bool) {
	if response.Headers == nil {
		response.Headers = map[string]*huma.Param{}
	}
	for _, always := range response.Headers { // what a handler gives, it always gives
		always.Required = true
	}
	header := func(name, description string) {
		response.Headers[name] = &huma.Param{Description: description, Schema: &huma.Schema{Type: huma.TypeString}}
	}
	header("Cache-Control", "no-store, unless the answer is the same for everybody. API Gateway's own answers have none.")
	if signedIn {
		header(HeaderAccountID, "The account that the request acted for, where there was one.")
	}
	if status < http.StatusBadRequest {
		response.Headers["Cache-Control"].Required = true
		return
	}
	switch status {
	case http.StatusUnauthorized, http.StatusForbidden:
		header("WWW-Authenticate", "Why the token was refused; with reauthentication_required, how old a sign-in may be (RFC 9470).")
	case http.StatusServiceUnavailable:
		header("Retry-After", "Seconds to wait, where a function answers.")
	case http.StatusTooManyRequests:
		if len(response.Content) > 0 {
			header("Retry-After", "Seconds to wait, where the function answers.")
		}
	}
	if !slices.Contains(byGateway, status) {
		return
	}
	if !signedIn && (status == http.StatusUnauthorized || status == http.StatusForbidden) {
		return // without an authorizer only the function refuses
	}
	who := ", by the function (problem) or by API Gateway (message)"
	if len(response.Content) == 0 {
		who = ", by API Gateway (message)"
	}
	response.Description += who
	response.Content["application/json"] = &huma.MediaType{Schema: &huma.Schema{Ref: "#/components/schemas/GatewayMessage"}}
}
