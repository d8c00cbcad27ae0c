package httpapi

import (
	"maps"
	"net/http"
	"slices"
	"strconv"

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
// that paths want.
var sources = []idSource{
	{postOrganization, http.StatusCreated, map[string]string{"organizationId": "$response.body#/id"}},
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

// link connects each source with the operations that want exactly what it has.
func link(operations map[string]*huma.Operation) {
	for _, from := range sources {
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
