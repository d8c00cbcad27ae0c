package gateway

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"mime"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"hearth/internal/httpapi"
)

// incoming is a request that has found its route and passed the authorizer.
type incoming struct {
	*http.Request
	route      httpapi.Route
	path       string
	parameters map[string]string
	identity   *identity
	requestID  string
	body       []byte
}

// event is payload format 2.0 as AWS writes it. It is not aws-lambda-go's type,
// which cannot leave out the mutual TLS certificate that a request without one
// does not have, nor write scopes as null.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
type event struct {
	Version               string            `json:"version"`
	RouteKey              string            `json:"routeKey"`
	RawPath               string            `json:"rawPath"`
	RawQueryString        string            `json:"rawQueryString"`
	Cookies               []string          `json:"cookies,omitempty"`
	Headers               map[string]string `json:"headers"`
	QueryStringParameters map[string]string `json:"queryStringParameters,omitempty"`
	RequestContext        requestContext    `json:"requestContext"`
	PathParameters        map[string]string `json:"pathParameters,omitempty"`
	Body                  string            `json:"body,omitempty"`
	IsBase64Encoded       bool              `json:"isBase64Encoded"`
}

type requestContext struct {
	AccountID    string             `json:"accountId"`
	APIID        string             `json:"apiId"`
	Authorizer   *authorizerContext `json:"authorizer,omitempty"`
	DomainName   string             `json:"domainName"`
	DomainPrefix string             `json:"domainPrefix"`
	HTTP         httpContext        `json:"http"`
	RequestID    string             `json:"requestId"`
	RouteKey     string             `json:"routeKey"`
	Stage        string             `json:"stage"`
	Time         string             `json:"time"`
	TimeEpoch    int64              `json:"timeEpoch"`
}

type authorizerContext struct {
	JWT identity `json:"jwt"`
}

type httpContext struct {
	Method    string `json:"method"`
	Path      string `json:"path"`
	Protocol  string `json:"protocol"`
	SourceIP  string `json:"sourceIp"`
	UserAgent string `json:"userAgent"`
}

// event returns the bytes that the function is called with. The stage is
// $default, so that no path carries a stage.
func (g *gateway) event(in incoming) ([]byte, error) {
	now := g.Now().UTC()
	host := in.Host
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	prefix, _, _ := strings.Cut(host, ".")
	sourceIP := in.RemoteAddr
	if ip, _, err := net.SplitHostPort(sourceIP); err == nil {
		sourceIP = ip
	}
	e := event{
		Version:               "2.0",
		RouteKey:              in.route.Key(),
		RawPath:               in.path,
		RawQueryString:        in.URL.RawQuery,
		Cookies:               cookies(in.Header),
		Headers:               headers(in, sourceIP, now),
		QueryStringParameters: queryParameters(in.URL.RawQuery),
		PathParameters:        in.parameters,
		RequestContext: requestContext{
			AccountID: g.AccountID, APIID: g.APIID, DomainName: host, DomainPrefix: prefix,
			HTTP: httpContext{
				Method: in.Method, Path: in.path, Protocol: in.Proto, SourceIP: sourceIP, UserAgent: in.UserAgent(),
			},
			RequestID: in.requestID, RouteKey: in.route.Key(), Stage: "$default",
			Time: now.Format("02/Jan/2006:15:04:05 -0700"), TimeEpoch: now.UnixMilli(),
		},
	}
	if in.identity != nil {
		e.RequestContext.Authorizer = &authorizerContext{JWT: *in.identity}
	}
	if len(in.body) > 0 {
		e.Body, e.IsBase64Encoded = string(in.body), !isText(in.Header.Get("Content-Type"))
		if e.IsBase64Encoded {
			e.Body = base64.StdEncoding.EncodeToString(in.body)
		}
	}
	var payload bytes.Buffer
	encoder := json.NewEncoder(&payload)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(e); err != nil {
		return nil, fmt.Errorf("gateway: encode event: %w", err)
	}
	return bytes.TrimSuffix(payload.Bytes(), []byte("\n")), nil
}

// isText reports whether a body of this content type reaches the function as it
// is; any other body, one without a content type and one of an HTML form too,
// is base64. The documentation does not list the types; these were seen on AWS
// (github.com/ministackorg/ministack/pull/766). AWS's own emulator draws the
// line elsewhere (IsBinaryContent in github.com/aws/aws-lambda-dotnet), so
// functions must heed isBase64Encoded and nothing else.
func isText(contentType string) bool {
	mediaType, _, err := mime.ParseMediaType(contentType)
	if err != nil {
		mediaType, _, _ = strings.Cut(contentType, ";")
		mediaType = strings.ToLower(strings.TrimSpace(mediaType))
	}
	return strings.HasPrefix(mediaType, "text/") ||
		slices.Contains([]string{"application/json", "application/xml", "application/javascript"}, mediaType)
}

// connectionHeaders concern one connection and are not for the function.
var connectionHeaders = []string{
	"Connection", "Keep-Alive", "Proxy-Connection", "Te", "Trailer", "Transfer-Encoding", "Upgrade",
}

// headers returns the request's headers: names in lower case, duplicates
// combined with commas, cookies apart, and those that API Gateway adds.
func headers(in incoming, sourceIP string, now time.Time) map[string]string {
	all := map[string]string{}
	for name, values := range in.Header {
		if name != "Cookie" && !slices.Contains(connectionHeaders, name) {
			all[strings.ToLower(name)] = strings.Join(values, ",")
		}
	}
	all["host"] = in.Host
	all["content-length"] = strconv.Itoa(len(in.body))
	if before := all["x-forwarded-for"]; before != "" {
		sourceIP = before + ", " + sourceIP
	}
	all["x-forwarded-for"] = sourceIP
	all["x-forwarded-proto"], all["x-forwarded-port"] = "http", "80"
	if in.TLS != nil {
		all["x-forwarded-proto"], all["x-forwarded-port"] = "https", "443"
	}
	if _, port, err := net.SplitHostPort(in.Host); err == nil {
		all["x-forwarded-port"] = port
	}
	if all["x-amzn-trace-id"] == "" {
		all["x-amzn-trace-id"] = newTraceID(now)
	}
	return all
}

// cookies returns each cookie of the request as it was sent.
func cookies(header http.Header) []string {
	var all []string
	for _, line := range header["Cookie"] {
		for cookie := range strings.SplitSeq(line, ";") {
			if cookie = strings.TrimSpace(cookie); cookie != "" {
				all = append(all, cookie)
			}
		}
	}
	return all
}

// queryParameters returns the decoded parameters, duplicates combined with
// commas.
func queryParameters(query string) map[string]string {
	if query == "" {
		return nil
	}
	unescape := func(s string) string {
		if decoded, err := url.QueryUnescape(s); err == nil {
			return decoded
		}
		return s
	}
	all := map[string]string{}
	for pair := range strings.SplitSeq(query, "&") {
		if pair == "" {
			continue
		}
		name, value, _ := strings.Cut(pair, "=")
		name, value = unescape(name), unescape(value)
		if before, ok := all[name]; ok {
			value = before + "," + value
		}
		all[name] = value
	}
	return all
}

// newTraceID returns a trace id in the form of X-Ray.
func newTraceID(now time.Time) string {
	var id [12]byte
	_, _ = rand.Read(id[:]) // never fails, as its documentation says
	return fmt.Sprintf("Root=1-%08x-%s", now.Unix(), hex.EncodeToString(id[:]))
}

// newInvocationID returns a request id in the form of Lambda, a random UUID.
func newInvocationID() string {
	var id [16]byte
	_, _ = rand.Read(id[:]) // never fails, as its documentation says
	id[6], id[8] = id[6]&0x0f|0x40, id[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", id[0:4], id[4:6], id[6:8], id[8:10], id[10:])
}
