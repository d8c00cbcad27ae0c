package httpapi

import (
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
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
			"`code`, but where API Gateway itself answers: 401 and 403 of its authorizer, 404 of an unknown route, 413, 429 and 503 " +
			"are `{\"message\": …}`.",
	}
	spec.Components.SecuritySchemes = map[string]*huma.SecurityScheme{bearer: {
		Type: "http", Scheme: "bearer", BearerFormat: "JWT",
		Description: "The access token of a sign-in at the user pool. An ID token is refused.",
	}}
	spec.Components.Schemas.Schema(reflect.TypeFor[gatewayMessage](), true, "GatewayMessage")
	register(a)
	for path, item := range spec.Paths {
		for _, operation := range []*huma.Operation{item.Get, item.Post, item.Put, item.Patch, item.Delete} {
			if operation == nil {
				continue
			}
			for status, response := range operation.Responses {
				describe(status, response)
			}
			if len(operation.Responses) == 0 {
				return nil, fmt.Errorf("%s has no answers", path)
			}
		}
	}
	text, err := json.MarshalIndent(spec, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("encode the OpenAPI document: %w", err)
	}
	return append(text, '\n'), nil
}

// document adds what every operation of a route can answer.
func document(operation *huma.Operation, route Route) {
	operation.Tags = []string{string(route.Function)}
	operation.Errors = []int{http.StatusServiceUnavailable}
	if route.Open {
		return
	}
	operation.Security = []map[string][]string{{bearer: {}}}
	operation.Errors = append(operation.Errors, http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusConflict)
	operation.Parameters = append(operation.Parameters, &huma.Param{
		Name: HeaderAccountID, In: "header", Schema: &huma.Schema{Type: huma.TypeString},
		Description: "The account to act for. Without it the session decides.",
	})
	operation.Responses = map[string]*huma.Response{}
}

// describe adds the headers that every answer has, and the other body where API
// Gateway may be the one who answers.
func describe(status string, response *huma.Response) {
	code, err := strconv.Atoi(status)
	if err != nil {
		return
	}
	if response.Headers == nil {
		response.Headers = map[string]*huma.Param{}
	}
	header := func(name, description string) {
		response.Headers[name] = &huma.Param{Description: description, Schema: &huma.Schema{Type: huma.TypeString}}
	}
	if code < http.StatusBadRequest {
		header(HeaderAccountID, "The account that the request acted for, where there was one.")
		return
	}
	if code == http.StatusServiceUnavailable {
		header("Retry-After", "Seconds to wait.")
	}
	gateway := []int{http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusServiceUnavailable}
	if slices.Contains(gateway, code) {
		response.Description = strings.TrimSpace(response.Description + ", by the function (problem) or by API Gateway (message)")
		response.Content["application/json"] = &huma.MediaType{
			Schema: &huma.Schema{Ref: "#/components/schemas/GatewayMessage"},
		}
	}
}
