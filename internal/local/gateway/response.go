package gateway

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// response is a function's answer as API Gateway understands it.
type response struct {
	status  int
	headers map[string]string
	cookies []string
	body    []byte
}

// parseResponse reads the output of a function. Output that is a JSON object
// with a statusCode must follow the response format of payload 2.0, or the
// client gets a 500. For any other output "API Gateway can infer the response
// format": 200, application/json, and the output as the body, a JSON string
// without its quotes. AWS documents this for valid JSON; the service does it
// with output that is no JSON too (ToHttpApiV2Response in
// github.com/aws/aws-lambda-dotnet).
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html#http-api-develop-integrations-lambda.v2
func parseResponse(output []byte) (response, error) {
	var fields map[string]json.RawMessage
	if json.Unmarshal(output, &fields) != nil || fields["statusCode"] == nil {
		inferred := response{
			status: http.StatusOK, headers: map[string]string{"content-type": "application/json"}, body: output,
		}
		var text string
		if bytes.HasPrefix(output, []byte(`"`)) && json.Unmarshal(output, &text) == nil {
			inferred.body = []byte(text)
		}
		return inferred, nil
	}
	var format struct {
		StatusCode      json.RawMessage `json:"statusCode"`
		Headers         map[string]any  `json:"headers"`
		Cookies         []string        `json:"cookies"`
		Body            string          `json:"body"`
		IsBase64Encoded bool            `json:"isBase64Encoded"`
	}
	decoder := json.NewDecoder(bytes.NewReader(output))
	decoder.UseNumber()
	if err := decoder.Decode(&format); err != nil {
		return response{}, fmt.Errorf("gateway: the response is not in payload format 2.0: %w", err)
	}
	// A status below 200 would not end the answer.
	status, err := strconv.Atoi(strings.Trim(string(format.StatusCode), `"`))
	if err != nil || status < 200 || status > 599 {
		return response{}, fmt.Errorf("gateway: the response's statusCode is %s", format.StatusCode)
	}
	r := response{status: status, cookies: format.Cookies, body: []byte(format.Body), headers: map[string]string{}}
	for name, value := range format.Headers {
		switch value := value.(type) {
		case string:
			r.headers[strings.ToLower(name)] = value
		case json.Number, bool:
			r.headers[strings.ToLower(name)] = fmt.Sprint(value)
		default:
			return response{}, fmt.Errorf("gateway: the response's header %q is not a string", name)
		}
	}
	if format.IsBase64Encoded {
		if r.body, err = base64.StdEncoding.DecodeString(format.Body); err != nil {
			return response{}, errors.New("gateway: the response's body is not base64")
		}
	}
	// So seen on AWS, even for a body that looks like JSON.
	if r.headers["content-type"] == "" {
		r.headers["content-type"] = "text/plain; charset=utf-8"
	}
	return r, nil
}

// ownHeaders are those that API Gateway sets itself, whatever a function says.
var ownHeaders = []string{
	"connection", "content-length", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade",
	strings.ToLower(requestIDHeader),
}

// write sends the answer. With CORS configured "API Gateway ignores CORS headers
// returned from your backend integration" and adds its own.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html
func (r response) write(w http.ResponseWriter, request *http.Request, c *cors) {
	header := w.Header()
	for _, cookie := range r.cookies {
		header.Add("Set-Cookie", cookie)
	}
	for name, value := range r.headers {
		switch {
		case slices.Contains(ownHeaders, name):
		case c.configured() && strings.HasPrefix(name, "access-control-"):
		default:
			header.Add(name, value)
		}
	}
	c.addHeaders(header, request)
	w.WriteHeader(r.status)
	if r.status != http.StatusNoContent && r.status != http.StatusNotModified {
		_, _ = w.Write(r.body) // the client is gone if this fails
	}
}
