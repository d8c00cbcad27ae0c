package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"hearth/internal/httpapi"
)

// contract holds every answer of a run against the API's OpenAPI document. It
// stands in the place of http.DefaultTransport, and a request whose answer is
// none that the document describes fails in the test that made it.
type contract struct {
	next     http.RoundTripper
	document document
	schemas  *jsonschema.Compiler

	mu       sync.Mutex
	compiled map[string]*jsonschema.Schema
	answered map[string]map[int]int // route key, status: how often
}

// document is what the contract reads of an OpenAPI document; schemas are
// compiled from the text itself.
type document struct {
	Paths map[string]map[string]operation `json:"paths"`
}

type operation struct {
	Parameters []struct {
		Name     string `json:"name"`
		In       string `json:"in"`
		Required bool   `json:"required"`
	} `json:"parameters"`
	RequestBody *struct {
		Required bool                       `json:"required"`
		Content  map[string]json.RawMessage `json:"content"`
	} `json:"requestBody"`
	Responses map[string]struct {
		Headers map[string]struct {
			Required bool `json:"required"`
		} `json:"headers"`
		Content map[string]json.RawMessage `json:"content"`
	} `json:"responses"`
}

const documentURL = "https://api.example.com/openapi.json"

func newContract(next http.RoundTripper, text []byte) (*contract, error) {
	c := &contract{
		next: next, schemas: jsonschema.NewCompiler(),
		compiled: map[string]*jsonschema.Schema{}, answered: map[string]map[int]int{},
	}
	if err := json.Unmarshal(text, &c.document); err != nil {
		return nil, fmt.Errorf("OpenAPI document: %w", err)
	}
	whole, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return nil, fmt.Errorf("OpenAPI document: %w", err)
	}
	// Dialect and formats of OpenAPI 3.1 (4.8.24), which is JSON Schema 2020-12.
	c.schemas.DefaultDraft(jsonschema.Draft2020)
	c.schemas.AssertFormat()
	if err := c.schemas.AddResource(documentURL, whole); err != nil {
		return nil, fmt.Errorf("OpenAPI document: %w", err)
	}
	return c, nil
}

// readContract reads the document that a host serves.
func readContract(ctx context.Context, next http.RoundTripper, api string) (*contract, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, api+"/openapi.json", nil)
	if err != nil {
		return nil, err
	}
	response, err := next.RoundTrip(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, err
	}
	return newContract(next, text)
}

// RoundTrip sends a request. Answers of API Gateway, which alone carry the id
// that it gives each, are the API's; others are the host's pages and AWS's.
func (c *contract) RoundTrip(r *http.Request) (*http.Response, error) {
	var sent []byte
	if r.Body != nil && r.GetBody != nil {
		again, err := r.GetBody()
		if err != nil {
			return nil, err
		}
		if sent, err = io.ReadAll(again); err != nil {
			return nil, err
		}
	}
	response, err := c.next.RoundTrip(r)
	if err != nil || response.Header.Get("Apigw-Requestid") == "" {
		return response, err
	}
	received, err := io.ReadAll(response.Body)
	if closed := response.Body.Close(); err != nil || closed != nil {
		return nil, errors.Join(err, closed)
	}
	response.Body = io.NopCloser(bytes.NewReader(received))
	if err := c.check(r, sent, response, received); err != nil {
		return nil, fmt.Errorf("against the OpenAPI document: %s %s answered %d: %w: %s",
			r.Method, r.URL.Path, response.StatusCode, err, firstCharacters(received, 500))
	}
	return response, nil
}

func (c *contract) check(r *http.Request, sent []byte, response *http.Response, received []byte) error {
	if r.Method == http.MethodOptions { // API Gateway's own, by its CORS settings
		if len(received) > 0 || response.StatusCode >= http.StatusMultipleChoices {
			return errors.New("a preflight has no body")
		}
		return nil
	}
	path, ok := c.route(r.URL.Path)
	op, described := c.document.Paths[path][strings.ToLower(r.Method)]
	if !ok || !described {
		if response.StatusCode != http.StatusNotFound {
			return errors.New("the route is not described")
		}
		return c.valid("#/components/schemas/GatewayMessage", received)
	}
	c.note(r.Method+" "+path, response.StatusCode)
	at := pointer("paths", path, strings.ToLower(r.Method))
	err := c.checkAnswer(op, at+pointer("responses", strconv.Itoa(response.StatusCode)), response, received)
	if response.StatusCode < http.StatusMultipleChoices {
		err = errors.Join(err, c.checkRequest(op, at, r, sent))
	}
	return err
}

// route returns the path of the document that a request's path is of.
func (c *contract) route(path string) (string, bool) {
	segments := strings.Split(path, "/")
	for _, candidate := range slices.Sorted(maps.Keys(c.document.Paths)) { // plain before {variable}
		matches := slices.EqualFunc(strings.Split(candidate, "/"), segments, func(want, got string) bool {
			return want == got || strings.HasPrefix(want, "{") && got != ""
		})
		if matches {
			return candidate, true
		}
	}
	return "", false
}

func (c *contract) note(route string, status int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.answered[route] == nil {
		c.answered[route] = map[int]int{}
	}
	c.answered[route][status]++
}

// unheard returns the routes that a run never used with success.
func (c *contract) unheard(routes []httpapi.Route) []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var missing []string
	for _, route := range routes {
		heard := false
		for status := range c.answered[route.Key()] {
			heard = heard || status < http.StatusMultipleChoices
		}
		if !heard {
			missing = append(missing, route.Key())
		}
	}
	return missing
}

// undescribed are the headers of HTTP and of API Gateway, which are on answers
// of any kind.
var undescribed = []string{"Apigw-Requestid", "Content-Length", "Content-Type", "Date", "Vary"}

func (c *contract) checkAnswer(op operation, at string, response *http.Response, received []byte) error {
	answer, ok := op.Responses[strconv.Itoa(response.StatusCode)]
	if !ok {
		return errors.New("the status is not described")
	}
	described := map[string]bool{}
	for name, header := range answer.Headers {
		described[http.CanonicalHeaderKey(name)] = true
		values := response.Header.Values(name)
		if header.Required && len(values) == 0 {
			return fmt.Errorf("no header %s", name)
		}
		for _, value := range values {
			if err := c.validText(at+pointer("headers", name, "schema"), value); err != nil {
				return fmt.Errorf("header %s: %w", name, err)
			}
		}
	}
	for name := range response.Header {
		cors := strings.HasPrefix(name, "Access-Control-")
		if !described[name] && !cors && !slices.Contains(undescribed, name) {
			return fmt.Errorf("the header %s is not described", name)
		}
	}
	if len(answer.Content) == 0 {
		if len(received) > 0 {
			return errors.New("the answer has no body by its description")
		}
		return nil
	}
	kind, _, err := mime.ParseMediaType(response.Header.Get("Content-Type"))
	if err != nil || answer.Content[kind] == nil {
		return fmt.Errorf("the content type %q is not described", response.Header.Get("Content-Type"))
	}
	return c.valid(at+pointer("content", kind, "schema"), received)
}

// checkRequest holds what was accepted against the document: a client made from
// it must be able to send the same.
func (c *contract) checkRequest(op operation, at string, r *http.Request, sent []byte) error {
	known := map[string]bool{}
	for i, p := range op.Parameters {
		known[p.In+" "+strings.ToLower(p.Name)] = true
		var values []string
		switch p.In {
		case "query":
			values = r.URL.Query()[p.Name]
		case "header":
			values = r.Header.Values(p.Name)
		}
		if p.Required && len(values) == 0 && p.In != "path" {
			return fmt.Errorf("accepted without %s", p.Name)
		}
		for _, value := range values {
			if err := c.validText(at+pointer("parameters", strconv.Itoa(i), "schema"), value); err != nil {
				return fmt.Errorf("accepted with %s: %w", p.Name, err)
			}
		}
	}
	for name := range r.URL.Query() {
		if !known["query "+strings.ToLower(name)] {
			return fmt.Errorf("accepted with %s, which is not described", name)
		}
	}
	if op.RequestBody == nil {
		return nil
	}
	if len(sent) == 0 {
		if op.RequestBody.Required {
			return errors.New("accepted without a body")
		}
		return nil
	}
	if len(op.RequestBody.Content) != 1 || op.RequestBody.Content["application/json"] == nil {
		return errors.New("a body is described as other than JSON")
	}
	return c.valid(at+pointer("requestBody", "content", "application/json", "schema"), sent)
}

// validText validates the value of a header or parameter, which is a number
// where its schema wants one.
func (c *contract) validText(at, value string) error {
	schema, err := c.schema(at)
	if err != nil {
		return err
	}
	if schema.Validate(value) == nil {
		return nil
	}
	number, err := jsonschema.UnmarshalJSON(strings.NewReader(value))
	if err != nil {
		return schema.Validate(value)
	}
	return schema.Validate(number)
}

func (c *contract) valid(at string, text []byte) error {
	schema, err := c.schema(at)
	if err != nil {
		return err
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return fmt.Errorf("the body is no JSON: %w", err)
	}
	return schema.Validate(value)
}

func (c *contract) schema(at string) (*jsonschema.Schema, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if found := c.compiled[at]; found != nil {
		return found, nil
	}
	schema, err := c.schemas.Compile(documentURL + "#" + strings.TrimPrefix(at, "#"))
	if err != nil {
		return nil, fmt.Errorf("schema %s: %w", at, err)
	}
	c.compiled[at] = schema
	return schema, nil
}

// pointer makes a JSON Pointer for the fragment of a URL.
func pointer(tokens ...string) string {
	var b strings.Builder
	for _, token := range tokens {
		b.WriteString("/" + url.PathEscape(strings.NewReplacer("~", "~0", "/", "~1").Replace(token)))
	}
	return b.String()
}
