package httpapi

import (
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// idSource is an answer in which the values of path variables stand.
type idSource struct {
	route  Route
	status int
	// values are runtime expressions of OpenAPI by path variable.
	// https://spec.openapis.org/oas/v3.1.0#runtime-expressions
	values map[string]string
}

// sources says where a client, or a program that tests the API, finds the ids
// that paths want, beside those that made tells.
var sources = []idSource{
	{postInvitation, http.StatusCreated, map[string]string{
		"organizationId": "$response.body#/organizationId", "invitationId": "$response.body#/id",
	}},
	{listInvitations, http.StatusOK, map[string]string{
		"organizationId": "$request.path.organizationId", "invitationId": "$response.body#/items/0/id",
	}},
	{listMembers, http.StatusOK, map[string]string{
		"organizationId": "$request.path.organizationId", "userId": "$response.body#/items/0/userId",
	}},
	{listPasskeys, http.StatusOK, map[string]string{"passkeyId": "$response.body#/items/0/id"}},
	// The first is the session that asks.
	{listSessions, http.StatusOK, map[string]string{"sessionId": "$response.body#/items/1/id"}},
	{listMyInvitations, http.StatusOK, map[string]string{"invitationId": "$response.body#/items/0/id"}},
}

// made are the answers of operations that make something with a path of its own
// below theirs, as a product's resources do.
func made(operations map[string]*huma.Operation) []idSource {
	var more []idSource
	for _, maker := range operations {
		if maker.Method != http.MethodPost || maker.DefaultStatus != http.StatusCreated || strings.Contains(maker.Path, "{") {
			continue
		}
		for _, to := range operations {
			variable, below := strings.CutPrefix(to.Path, maker.Path+"/{")
			if variable, ends := strings.CutSuffix(variable, "}"); below && ends && to.Method == http.MethodGet {
				more = append(more, idSource{
					Route{Name: maker.OperationID}, http.StatusCreated, map[string]string{variable: "$response.body#/id"},
				})
			}
		}
	}
	return more
}

// link connects each source with the operations that want exactly what it has.
func link(operations map[string]*huma.Operation) {
	for _, from := range append(made(operations), sources...) {
		operation := operations[from.route.Name]
		if operation == nil {
			continue
		}
		answer := operation.Responses[strconv.Itoa(from.status)]
		for name, to := range operations {
			var wanted []string
			for _, p := range to.Parameters {
				if p.In == "path" {
					wanted = append(wanted, p.Name)
				}
			}
			slices.Sort(wanted)
			if name == from.route.Name || !slices.Equal(wanted, slices.Sorted(maps.Keys(from.values))) {
				continue
			}
			parameters := map[string]any{}
			for variable, value := range from.values {
				parameters[variable] = value
			}
			if answer.Links == nil {
				answer.Links = map[string]*huma.Link{}
			}
			answer.Links[name] = &huma.Link{OperationID: name, Parameters: parameters}
		}
	}
}
