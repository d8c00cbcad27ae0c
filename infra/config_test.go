package main

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hearth/internal/product"
)

func wantError(t *testing.T, err error, want ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, want one that says %q", want)
	}
	for _, part := range want {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("error %q does not say %q", err, part)
		}
	}
}

func parse(t *testing.T, text string) any {
	t.Helper()
	var v any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatalf("test data %s: %v", text, err)
	}
	return v
}

func TestReadStage(t *testing.T) {
	t.Parallel()
	s, err := readStage("dev", parse(t, `{
		"dev": {
			"configuration": {"graceDays": 3},
			"deployment": {"relyingPartyId": "localhost", "protectData": false, "logRetentionDays": 7}
		},
		"broken": {"nonsense": 1}
	}`))
	if err != nil {
		t.Fatal(err)
	}
	config := product.Defaults()
	config.GraceDays = 3
	if diff := cmp.Diff(config, s.config); diff != "" {
		t.Errorf("configuration is not the defaults with the stage's values:\n%s", diff)
	}
	deployed := defaultDeployment()
	deployed.RelyingPartyID, deployed.ProtectData, deployed.LogRetentionDays = "localhost", false, 7
	if diff := cmp.Diff(deployed, s.deployment); diff != "" {
		t.Errorf("deployment is not the defaults with the stage's values:\n%s", diff)
	}
}

func TestReadStageSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	const web = `"configuration":{"appUrl":"https://app.example.com","corsOrigins":["https://app.example.com"],"mailFrom":"Hearth <hi@mail.example.com>"}`
	tests := map[string]struct {
		stage, stages string
		want          []string
	}{
		"no stage named":        {"", `{"dev":{},"prod":{}}`, []string{"STAGE=", "known: dev, prod"}},
		"unknown stage":         {"qa", `{"dev":{},"prod":{}}`, []string{`stage "qa"`, "known: dev, prod"}},
		"no stages at all":      {"dev", `null`, []string{"names no stage"}},
		"stages of wrong shape": {"dev", `["dev"]`, []string{"stages must be an object"}},
		"name unfit for stack":  {"Dev_1", `{"Dev_1":{}}`, []string{`stage "Dev_1"`, "lower-case"}},
		"unknown part":          {"dev", `{"dev":{"config":{}}}`, []string{"stage dev", `unknown field "config"`}},
		"unknown setting":       {"dev", `{"dev":{"deployment":{"relayingPartyId":"x"}}}`, []string{"deployment", `unknown field "relayingPartyId"`}},
		"setting of wrong type": {"dev", `{"dev":{"deployment":{"logRetentionDays":"7"}}}`, []string{"deployment", "logRetentionDays"}},
		"configuration and deployment wrong": {
			"dev", `{"dev":{"configuration":{"graceDays":91},"deployment":{"x":1}}}`,
			[]string{"graceDays must be 0 to 90", `unknown field "x"`},
		},
		"unknown configuration":  {"dev", `{"dev":{"configuration":{"acountMode":"hybrid"}}}`, []string{`unknown field "acountMode"`}},
		"no relying party":       {"prod", `{"prod":{` + web + `}}`, []string{"relyingPartyId is required"}},
		"foreign relying party":  {"prod", `{"prod":{` + web + `,"deployment":{"relyingPartyId":"ample.com"}}}`, []string{`relyingPartyId "ample.com" must be the host`}},
		"several at once":        {"prod", `{"prod":{` + web + `,"deployment":{"logRetentionDays":8,"requestsPerSecond":0,"requestBurst":0}}}`, []string{"logRetentionDays", "not 8", "requestsPerSecond", "requestBurst", "relyingPartyId"}},
		"plain password in prod": {"prod", `{"prod":{` + web + `,"deployment":{"relyingPartyId":"example.com","passwordSignIn":true}}}`, []string{"passwordSignIn"}},
		"endpoints in prod":      {"prod", `{"prod":{` + web + `,"deployment":{"relyingPartyId":"example.com","endpointVariables":true}}}`, []string{"endpointVariables"}},
		"protected without TLS":  {"prod", `{"prod":{"deployment":{"relyingPartyId":"localhost"}}}`, []string{"https in appUrl and corsOrigins", "http://localhost:5173"}},
		"sender not of identity": {"prod", `{"prod":{` + web + `,"deployment":{"relyingPartyId":"example.com","mailIdentity":"example.org"}}}`, []string{`mailIdentity "example.org"`}},
		"alarms to nobody":       {"prod", `{"prod":{` + web + `,"deployment":{"relyingPartyId":"example.com","alarmEmail":"nobody"}}}`, []string{`alarmEmail "nobody"`}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := readStage(test.stage, parse(t, test.stages))
			wantError(t, err, test.want...)
		})
	}
}

func TestSendsFrom(t *testing.T) {
	t.Parallel()
	tests := []struct {
		from, identity string
		want           bool
	}{
		{"Hearth <hi@example.com>", "example.com", true},
		{"hi@mail.example.com", "example.com", true},
		{"hi@example.com", "hi@example.com", true},
		{"hi@example.com", "ho@example.com", false},
		{"hi@badexample.com", "example.com", false},
		{"nobody", "example.com", false},
	}
	for _, test := range tests {
		if got := sendsFrom(test.from, test.identity); got != test.want {
			t.Errorf("sendsFrom(%q, %q) = %v, want %v", test.from, test.identity, got, test.want)
		}
	}
}
