package httpapi

import (
	"net/http"
	"testing"

	"hearth/internal/account"
)

func TestAnImageOfATeam(t *testing.T) {
	t.Parallel()
	f := newTeams(t)
	id := f.team(t)
	path := "/organizations/" + id + "/image"
	const wanted = `{"contentType":"image/png","size":9}`
	grant := f.as(t, grace, "POST", path, wanted, "idempotency-key", "k")
	upload := read[uploadObject](t, grant, http.StatusCreated)
	if upload.Key != id+"/good" || grant.Headers["location"] != path || grant.Headers["x-account-id"] != id {
		t.Errorf("got %s %v", grant.Body, grant.Headers)
	}
	if again := f.as(t, grace, "POST", path, wanted, "idempotency-key", "k"); again.Body != grant.Body {
		t.Errorf("repeated it is %s", again.Body)
	}
	f.as(t, grace, "POST", path, `{"contentType":"image/gif","size":0}`).
		expectFields(t, "/contentType unknown_value", "/size not_allowed")

	var attached answer
	for range 2 { // a client that lost the answer asks again
		attached = f.as(t, grace, "PUT", path, `{"key":"`+upload.Key+`"}`)
		got := read[accountObject](t, attached, http.StatusOK)
		if *got.ImageURL != "https://images.example.com/"+upload.Key || attached.Headers["x-account-id"] != id {
			t.Errorf("got %s", attached.Body)
		}
	}
	if f.images.checked.Load() != 1 {
		t.Errorf("the upload was looked at %d times", f.images.checked.Load())
	}
	f.as(t, grace, "PUT", path, `{"key":"`+grace+`/good"}`).expectFields(t, "/key unknown_value")
	before := f.images.checked.Load()
	for _, request := range []struct{ method, body string }{{"POST", wanted}, {"PUT", `{"key":"` + upload.Key + `x"}`}, {"DELETE", ""}} {
		f.as(t, alan, request.method, path, request.body).expectProblem(t, http.StatusForbidden, account.CodeForbidden)
		f.as(t, stranger, request.method, path, request.body).expectProblem(t, http.StatusNotFound, account.CodeNotFound)
	}
	if f.images.checked.Load() != before {
		t.Error("an upload was looked at for somebody who may not attach it")
	}
	gone := f.as(t, grace, "DELETE", path, "", "if-match", attached.Headers["etag"])
	if gone.StatusCode != http.StatusNoContent || gone.Headers["x-account-id"] != id {
		t.Errorf("got %d %v", gone.StatusCode, gone.Headers)
	}
	if got := read[accountObject](t, f.as(t, alan, "GET", "/organizations/"+id, ""), http.StatusOK); got.ImageURL != nil {
		t.Errorf("the image is %s", *got.ImageURL)
	}
}
