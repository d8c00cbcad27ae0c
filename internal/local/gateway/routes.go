package gateway

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"hearth/internal/httpapi"
)

// anyMethod is the method of a route that matches all methods.
const anyMethod = "ANY"

// router selects the route of a request as an HTTP API does: "the route with
// the most-specific match", a full match before a greedy one.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html#http-api-develop-routes.evaluation
type router []pattern

// pattern is a route with its path taken apart.
type pattern struct {
	route    httpapi.Route
	segments []segment
}

// segment is one part of a route's path: a literal, a variable, or a greedy
// variable.
type segment struct {
	literal string
	name    string
	kind    segmentKind
}

// segmentKind says what a segment matches, the most specific first.
type segmentKind int

const (
	literalSegment segmentKind = iota
	variableSegment
	greedySegment
)

// segmentForm is the characters that API Gateway allows in a route's path.
var segmentForm = regexp.MustCompile(`^(\{[\w.:-]+\+?\}|[a-zA-Z0-9.:_-]+)$`)

func newRouter(routes []httpapi.Route) (router, error) {
	var wrong []error
	seen := map[string]string{}
	r := make(router, 0, len(routes))
	for _, route := range routes {
		segments, err := parsePath(route.Path)
		if err != nil {
			wrong = append(wrong, fmt.Errorf("gateway: route %q: %w", route.Key(), err))
			continue
		}
		shape := route.Method
		for _, s := range segments {
			shape += fmt.Sprintf("/%d%s", s.kind, s.literal)
		}
		if first, ok := seen[shape]; ok {
			wrong = append(wrong, fmt.Errorf("gateway: routes %q and %q match the same requests", first, route.Key()))
		}
		seen[shape] = route.Key()
		r = append(r, pattern{route: route, segments: segments})
	}
	return r, errors.Join(wrong...)
}

// parsePath takes a route's path apart. API Gateway refuses a route whose path
// ends with a slash, so this does too.
func parsePath(path string) ([]segment, error) {
	if path == "/" {
		return nil, nil
	}
	rest, ok := strings.CutPrefix(path, "/")
	if !ok {
		return nil, errors.New("the path must start with a slash")
	}
	parts := strings.Split(rest, "/")
	segments := make([]segment, len(parts))
	for i, part := range parts {
		if !segmentForm.MatchString(part) {
			return nil, fmt.Errorf("%q is no path segment of API Gateway", part)
		}
		name, variable := strings.CutPrefix(part, "{")
		if !variable {
			segments[i] = segment{literal: part}
			continue
		}
		name = strings.TrimSuffix(name, "}")
		segments[i] = segment{name: strings.TrimSuffix(name, "+"), kind: variableSegment}
		if strings.HasSuffix(name, "+") {
			if i != len(parts)-1 {
				return nil, errors.New("a greedy path variable must be at the end")
			}
			segments[i].kind = greedySegment
		}
	}
	return segments, nil
}

// match returns the route for a method and a decoded path, and the path
// parameters; ok is false if there is none.
//
// A trailing slash is not ignored: with the route /me, /me/ is not found (seen
// on AWS: github.com/storacha/w3infra/pull/166). An encoded slash is a slash,
// because API Gateway decodes the path before it looks for a route
// (github.com/aws/aws-lambda-dotnet/pull/1901).
func (r router) match(method, path string) (httpapi.Route, map[string]string, bool) {
	rest, ok := strings.CutPrefix(path, "/")
	if !ok {
		return httpapi.Route{}, nil, false
	}
	var parts []string
	if rest != "" {
		parts = strings.Split(rest, "/")
	}
	var best *pattern
	var bestParameters map[string]string
	for i := range r {
		p := &r[i]
		if p.route.Method != method && p.route.Method != anyMethod {
			continue
		}
		parameters, ok := p.match(parts)
		if ok && (best == nil || p.beats(best)) {
			best, bestParameters = p, parameters
		}
	}
	if best == nil {
		return httpapi.Route{}, nil, false
	}
	return best.route, bestParameters, true
}

func (p *pattern) match(parts []string) (map[string]string, bool) {
	var parameters map[string]string
	set := func(name, value string) {
		if parameters == nil {
			parameters = map[string]string{}
		}
		parameters[name] = value
	}
	for i, s := range p.segments {
		if s.kind == greedySegment {
			if i > 0 && i >= len(parts) {
				return nil, false
			}
			set(s.name, strings.Join(parts[i:], "/"))
			return parameters, true
		}
		if i >= len(parts) {
			return nil, false
		}
		switch {
		case s.kind == variableSegment && parts[i] != "":
			set(s.name, parts[i])
		case s.kind == literalSegment && parts[i] == s.literal:
		default:
			return nil, false
		}
	}
	return parameters, len(parts) == len(p.segments)
}

// beats reports whether p is the more specific of two patterns that match the
// same request.
func (p *pattern) beats(other *pattern) bool {
	if p.greedy() != other.greedy() {
		return other.greedy()
	}
	for i := range min(len(p.segments), len(other.segments)) {
		if p.segments[i].kind != other.segments[i].kind {
			return p.segments[i].kind < other.segments[i].kind
		}
	}
	return p.route.Method != anyMethod && other.route.Method == anyMethod
}

func (p *pattern) greedy() bool {
	return len(p.segments) > 0 && p.segments[len(p.segments)-1].kind == greedySegment
}
