package httpapi

import (
	"net/http"
	"testing"
)

// What the table's tests know of the worked example; a product's own resources
// are told the same way.
const (
	projectBody = `{"name":"Engine"}`
	projectID   = "{projectId}"
)

// withProject has each caller own a project at home, and owners make one in the
// teams. Those of the deleted team are gone with it.
func withProject(tb testing.TB, s *scene, callerID string) {
	tb.Helper()
	s.projects[callerID] = s.makeProject(tb, callerID, callerID)
	if callerID == ada {
		s.projects["own"] = s.makeProject(tb, ada, s.organizations["own"])
		s.projects["foreign"] = s.makeProject(tb, outsider, s.organizations["foreign"])
	}
}

func (s *scene) makeProject(tb testing.TB, userID, accountID string) string {
	tb.Helper()
	made := s.as(tb, userID, "POST", "/projects", projectBody, "x-account-id", accountID)
	return read[struct{ ID string }](tb, made, http.StatusCreated).ID
}

// project is the id that a caller's request about an organization names.
func (s *scene) project(callerID, about string) string {
	switch {
	case s.projects[about] != "":
		return s.projects[about]
	case s.projects[callerID] != "":
		return s.projects[callerID]
	}
	return s.projects[ada] // the anonymous have none
}
