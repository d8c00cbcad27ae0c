package main

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hearth/internal/local/mailbox"
)

func TestLocalConfigTellsWhereEverythingIs(t *testing.T) {
	t.Parallel()
	var got map[string]any
	visit(t, shared.host).call(t, http.MethodGet, "/_local/config", nil).want(t, http.StatusOK).JSON(t, &got)
	c := shared.host.Config
	want := map[string]any{
		"api": c.API, "cognitoEndpoint": c.CognitoEndpoint, "region": c.Region, "userPoolId": c.UserPoolID,
		"clientId": c.ClientID, "issuer": c.Issuer, "dynamodbEndpoint": c.DynamoDBEndpoint, "tableName": c.TableName,
		"bucket": "hearth-local-images",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for name, value := range got {
		if value == "" {
			t.Errorf("%s is empty", name)
		}
	}
}

func TestMailsAreReadByAddressNewestFirst(t *testing.T) {
	t.Parallel()
	h := newHost(t, nil)
	p := visit(t, h)
	link := "http://localhost:5173/join"
	for _, mail := range []mailbox.Mail{
		{To: "ada@example.com", Subject: "one", HTML: `<a href="` + link + `">Join</a>`, SentAt: time.Unix(1, 0)},
		{To: "bob@example.com", Subject: "two", Text: "Hello", SentAt: time.Unix(2, 0)},
		{To: "Ada@example.com", Subject: "three", Text: "Hello", SentAt: time.Unix(3, 0)},
	} {
		if err := h.Mail.Add(mail); err != nil {
			t.Fatal(err)
		}
	}
	var got struct{ Items []map[string]any }
	p.call(t, http.MethodGet, "/_local/mail?to=ada%40example.com", nil).want(t, http.StatusOK).JSON(t, &got)
	want := []map[string]any{
		{"to": "Ada@example.com", "subject": "three", "text": "Hello", "html": "", "code": nil, "link": nil, "sentAt": "1970-01-01T00:00:03Z"},
		{"to": "ada@example.com", "subject": "one", "text": "Join", "html": `<a href="` + link + `">Join</a>`, "code": nil, "link": link, "sentAt": "1970-01-01T00:00:01Z"},
	}
	if diff := cmp.Diff(want, got.Items); diff != "" {
		t.Error(diff)
	}
	got.Items = nil
	p.call(t, http.MethodGet, "/_local/mail", nil).want(t, http.StatusOK).JSON(t, &got)
	if len(got.Items) != 3 {
		t.Errorf("%d mails without an address, want all 3", len(got.Items))
	}
	none := p.call(t, http.MethodGet, "/_local/mail?to=nobody@example.com", nil).want(t, http.StatusOK)
	if body := strings.Join(strings.Fields(string(none.Body)), ""); body != `{"items":[]}` {
		t.Errorf("no mails: %s", body)
	}
}

func TestTheMailPageShowsMailsAndTrustsNone(t *testing.T) {
	t.Parallel()
	h := newHost(t, nil)
	p := visit(t, h)
	code := "246810"
	err := h.Mail.Add(mailbox.Mail{
		To: "ada@example.com", Subject: `<script>alert("subject")</script>`, HTML: `<p onclick="x">"Hi"</p><script>alert(1)</script>`,
		Code: &code, SentAt: time.Now(),
	})
	if err != nil {
		t.Fatal(err)
	}
	answer := p.call(t, http.MethodGet, "/_local/?to="+url.QueryEscape(`"><b>`), nil).want(t, http.StatusOK)
	if strings.Contains(string(answer.Body), "<b>") {
		t.Error("the searched address is not escaped")
	}
	answer = p.call(t, http.MethodGet, "/_local/", nil).want(t, http.StatusOK)
	body := string(answer.Body)
	for _, want := range []string{code, "ada@example.com", "&lt;script&gt;", "/docs", "<iframe", " sandbox "} {
		if !strings.Contains(body, want) {
			t.Errorf("%q is missing", want)
		}
	}
	if strings.Contains(body, "<script") || strings.Contains(body, "<p onclick") {
		t.Error("a mail's HTML is part of the page")
	}
	if policy := answer.Header.Get("Content-Security-Policy"); !strings.Contains(policy, "default-src 'none'") {
		t.Errorf("policy %q", policy)
	}
}

func TestTheDocumentAndItsPageAreServed(t *testing.T) {
	t.Parallel()
	p := visit(t, shared.host)
	var document struct {
		OpenAPI string                     `json:"openapi"`
		Paths   map[string]json.RawMessage `json:"paths"`
	}
	p.call(t, http.MethodGet, "/openapi.json", nil).want(t, http.StatusOK).JSON(t, &document)
	if !strings.HasPrefix(document.OpenAPI, "3.1") || document.Paths["/me"] == nil {
		t.Errorf("OpenAPI %q with %d paths", document.OpenAPI, len(document.Paths))
	}
	for _, path := range []string{"/docs", "/docs/", "/docs/swagger-ui-bundle.js", "/docs/swagger-ui.css"} {
		p.call(t, http.MethodGet, path, nil).want(t, http.StatusOK)
	}
}

// A site whose name was pointed at 127.0.0.1 is of the same origin for a
// browser, but names itself in Host.
func TestOtherNamesOfThisMachineAreRefused(t *testing.T) {
	t.Parallel()
	for host, want := range map[string]int{
		"localhost:1":    http.StatusOK,
		"127.0.0.1:1":    http.StatusOK,
		"[::1]:1":        http.StatusOK,
		"app.localhost":  http.StatusOK,
		"evil.example":   http.StatusForbidden,
		"localhost.evil": http.StatusForbidden,
		"10.0.0.1:3000":  http.StatusForbidden,
	} {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, shared.host.Config.API+"/_local/mail", nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Host = host
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		if err := response.Body.Close(); err != nil {
			t.Error(err)
		}
		if response.StatusCode != want {
			t.Errorf("Host %q: %d, want %d", host, response.StatusCode, want)
		}
	}
}
