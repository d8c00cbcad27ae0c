package httpapi

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hearth/internal/account"
)

// The answers as clients count on them, written out by hand.
func TestAPasskeyIsAddedAndRemoved(t *testing.T) {
	t.Parallel()
	f := newTeams(t)
	list := func() any {
		t.Helper()
		return read[map[string]any](t, f.as(t, ada, "GET", "/me/security/passkeys", ""), http.StatusOK)
	}
	if diff := cmp.Diff(any(map[string]any{"items": []any{}, "nextCursor": nil}), list()); diff != "" {
		t.Errorf("at first (-want +got):\n%s", diff)
	}
	started := f.as(t, ada, "POST", "/me/security/passkeys", "")
	var challenge string
	f.logins.peek(ada, func(l *login) { challenge = l.challenge })
	// As the provider gave them, to the byte.
	want := `{"challenge":"` + challenge + `","rp":{"id":"app.example.com","name":"Hearth"},"timeout":60000}`
	if started.StatusCode != http.StatusOK || strings.TrimSpace(started.Body) != want {
		t.Errorf("%d %s, want %s", started.StatusCode, started.Body, want)
	}
	body := `{"credential":` + credential("key-1", challenge) + `,"name":" My  laptop "}`
	a := f.as(t, ada, "POST", "/me/security/passkeys/verify", body)
	key := map[string]any{"id": "key-1", "name": "My laptop", "createdAt": "2026-05-04T12:00:00Z"}
	if diff := cmp.Diff(key, read[map[string]any](t, a, http.StatusCreated)); diff != "" {
		t.Errorf("added (-want +got):\n%s", diff)
	}
	if a.Headers["location"] != "/me/security/passkeys/key-1" {
		t.Errorf("location %q", a.Headers["location"])
	}
	if diff := cmp.Diff(any(map[string]any{"items": []any{key}, "nextCursor": nil}), list()); diff != "" {
		t.Errorf("listed (-want +got):\n%s", diff)
	}
	f.as(t, ada, "POST", "/me/security/passkeys/verify", body).expectFields(t, "/credential malformed") // an old answer
	f.as(t, grace, "DELETE", "/me/security/passkeys/key-1", "").expectProblem(t, http.StatusNotFound, account.CodeNotFound)
	if gone := f.as(t, ada, "DELETE", "/me/security/passkeys/key-1", ""); gone.StatusCode != http.StatusNoContent || gone.Body != "" {
		t.Errorf("%d %s", gone.StatusCode, gone.Body)
	}
	for _, id := range []string{"key-1", "none", "%F0%9F%94%A5", strings.Repeat("x", 600)} {
		f.as(t, ada, "DELETE", "/me/security/passkeys/"+id, "").expectProblem(t, http.StatusNotFound, account.CodeNotFound)
	}
	if diff := cmp.Diff(any(map[string]any{"items": []any{}, "nextCursor": nil}), list()); diff != "" {
		t.Errorf("afterwards (-want +got):\n%s", diff)
	}
}

// Who lost the answer sends the request again, by its key.
func TestAPasskeyIsAddedOnce(t *testing.T) {
	t.Parallel()
	f := newTeams(t)
	challenge := func() (c string) {
		f.as(t, ada, "POST", "/me/security/passkeys", "")
		f.logins.peek(ada, func(l *login) { c = l.challenge })
		return c
	}
	post := func(key, body string) answer {
		return f.as(t, ada, "POST", "/me/security/passkeys/verify", body, "idempotency-key", key)
	}
	body := `{"credential":` + credential("key-1", challenge()) + `,"name":"Laptop"}`
	first := post("one", body)
	want := read[passkeyObject](t, first, http.StatusCreated)
	again := post("one", body)
	if got := read[passkeyObject](t, again, http.StatusCreated); got != want || again.Headers["location"] != first.Headers["location"] {
		t.Errorf("first %+v, then %+v", want, got)
	}
	post("two", body).expectFields(t, "/credential malformed")
	other := `{"credential":` + credential("key-2", challenge()) + `,"name":"Laptop"}`
	post("one", other).expectProblem(t, http.StatusUnprocessableEntity, account.CodeIdempotencyKeyReused)
	if got := read[passkeyList](t, f.as(t, ada, "GET", "/me/security/passkeys", ""), http.StatusOK); len(got.Items) != 1 {
		t.Errorf("%+v", got.Items)
	}
	read[passkeyObject](t, post("two", other), http.StatusCreated) // a refusal left its key free
	f.as(t, ada, "DELETE", "/me/security/passkeys/key-1", "")
	post("one", body).expectProblem(t, http.StatusNotFound, account.CodeNotFound)
}

func TestAPasskeyWithoutAName(t *testing.T) {
	t.Parallel()
	f := newTeams(t)
	a := f.addPasskey(t, ada, "key-1", "")
	if got := read[passkeyObject](t, a, http.StatusCreated); got.Name != "Passkey" { // the provider's
		t.Errorf("%s", a.Body)
	}
}

func TestWhatIsWrongWithAPasskeyIsToldByField(t *testing.T) {
	t.Parallel()
	f := newTeams(t)
	f.as(t, ada, "POST", "/me/security/passkeys", "")
	for body, want := range map[string]string{
		``: " required", `{}`: "/credential required", `{"credential":null}`: "/credential malformed", `{"credential":"x"}`: "/credential malformed",
		`{"credential":[]}`: "/credential malformed", `{"credential":{}}`: "/credential malformed", `{"credential":{"id":7}}`: "/credential malformed",
		`{"credential":{"id":"` + strings.Repeat("x", 513) + `"}}`:            "/credential malformed",
		`{"credential":` + credential("key-1", "another challenge") + `}`:     "/credential malformed",
		`{"credential":{"id":"x"},"name":7}`:                                  "/name malformed",
		`{"credential":{"id":"x"},"name":"` + strings.Repeat("x", 65) + `"}`:  "/name too_long",
		`{"credential":{"id":"x"},"name":"` + strings.Repeat("x", 257) + `"}`: "/name too_long",
		`{"credential":{"id":"x"},"userId":"x"}`:                              "/userId unknown_field",
	} {
		f.as(t, ada, "POST", "/me/security/passkeys/verify", body).expectFields(t, want)
	}
	if got := read[passkeyList](t, f.as(t, ada, "GET", "/me/security/passkeys", ""), http.StatusOK); len(got.Items) != 0 {
		t.Errorf("refused, and yet %+v", got.Items)
	}
}

func TestPasskeysAreLimited(t *testing.T) {
	t.Parallel()
	f := newTeams(t)
	for i := range maxPasskeys {
		read[passkeyObject](t, f.addPasskey(t, ada, fmt.Sprintf("key-%d", i), ""), http.StatusCreated)
	}
	f.as(t, ada, "POST", "/me/security/passkeys", "").expectProblem(t, http.StatusConflict, account.CodeConflict)
	if got := read[passkeyList](t, f.as(t, ada, "GET", "/me/security/passkeys", ""), http.StatusOK); len(got.Items) != maxPasskeys {
		t.Errorf("%d passkeys", len(got.Items))
	}
}
