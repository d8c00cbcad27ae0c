package main

import (
	"net/http"
	"slices"
	"testing"

	"github.com/aws/aws-lambda-go/lambda"

	"hearth/internal/account"
	"hearth/internal/boot"
	"hearth/internal/httpapi"
	"hearth/internal/product"
)

// firstRequests are, by the function that serves it, a request by which a
// sign-in can begin.
var firstRequests = map[httpapi.Function]struct {
	build func(boot.Environment) (lambda.Handler, error)
	path  string
}{
	httpapi.Profile:       {boot.Profile, "/me"},
	httpapi.Security:      {boot.Security, "/me/sessions"},
	httpapi.Organizations: {boot.Organizations, "/me/invitations"},
	httpapi.Deletion:      {boot.Deletion, "/me/deletion"},
}

// Whose address was moved at the pool, with the table left behind, signs in by
// any function: each may do all that bringing the table up to it takes.
func TestEachFunctionMayHealWhoSignsIn(t *testing.T) {
	t.Parallel()
	synthesized, engine := of(t, dev), startEngine(t)
	for _, r := range product.Routes() {
		if r.Function == httpapi.Projects { // it reads users, and writes none
			continue
		}
		if _, known := firstRequests[r.Function]; !known {
			t.Errorf("no request begins a sign-in by the function %s", r.Function)
		}
	}
	for function, first := range firstRequests {
		t.Run(string(function), func(t *testing.T) {
			t.Parallel()
			w := wireTo(t, engine, false, first.build)
			userID, _ := w.enroll(t)
			was := w.address(t, userID)
			w.people["token-of-"+userID] = account.Person{
				ID: userID, Username: userID, Email: "moved-" + was, EmailVerified: true, Name: "Ada",
			}
			w.call(t, userID, userID, http.MethodGet, first.path, "", http.StatusOK)
			if now := w.address(t, userID); now != "moved-"+was {
				t.Errorf("the table has %s still", now)
			}
			if !slices.ContainsFunc(w.all, func(a asked) bool { return a.Name == "DeleteItem" }) {
				t.Error("the old address was not let go of")
			}
			var j judge
			own := policiesOf(t, synthesized, pascal(string(function))+"Role")
			for _, a := range w.all {
				j.wants(true, "a first request", onItems(a, "", ""), own)
			}
			for _, wrong := range j.wrong {
				t.Error(wrong)
			}
		})
	}
}

// address is a user's by the table.
func (w *wired) address(t *testing.T, userID string) string {
	t.Helper()
	records, err := w.store.Read(t.Context(), account.UserKey(userID))
	if err != nil {
		t.Fatal(err)
	}
	return records.User(userID).Email
}
