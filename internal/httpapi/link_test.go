package httpapi

import (
	"encoding/json"
	"strings"
	"testing"
)

// Whoever reads the document can come by every id that a path wants.
func TestTheDocumentLinksToEveryPathWithAnID(t *testing.T) {
	t.Parallel()
	text, err := Document(func(a *API) {
		RegisterSecurity(a, SecurityDependencies{})
		RegisterOrganizations(a, OrganizationsDependencies{})
	})
	if err != nil {
		t.Fatal(err)
	}
	var d struct {
		Paths map[string]map[string]struct {
			Responses map[string]struct {
				Links map[string]struct {
					OperationID string            `json:"operationId"`
					Parameters  map[string]string `json:"parameters"`
				} `json:"links"`
			} `json:"responses"`
		} `json:"paths"`
	}
	if err := json.Unmarshal(text, &d); err != nil {
		t.Fatal(err)
	}
	linked := map[string]map[string]string{}
	for _, operations := range d.Paths {
		for _, o := range operations {
			for _, response := range o.Responses {
				for _, l := range response.Links {
					linked[l.OperationID] = l.Parameters
				}
			}
		}
	}
	for _, r := range Routes() {
		if r.Function != Organizations && r.Function != Security {
			continue
		}
		if variables := strings.Count(r.Path, "{"); len(linked[r.Name]) != variables {
			t.Errorf("%s is linked with %v", r.Key(), linked[r.Name])
		}
		for variable := range linked[r.Name] {
			if !strings.Contains(r.Path, "{"+variable+"}") {
				t.Errorf("%s is linked with %s, which it has not", r.Key(), variable)
			}
		}
	}
}
