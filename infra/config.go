package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/mail"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"hearth/internal/account"
	"hearth/internal/product"
)

// stage is one deployment of the product, such as dev or prod: an entry of
// `stages` in cdk.json.
type stage struct {
	name string
	// config is what the product decides, the same struct that functions read.
	config account.Config
	// deployment is what only the resources of this stage know.
	deployment deployment
}

// deployment is the `deployment` object of a stage. The defaults are those of
// production, so that a stage which forgets a setting is protected.
type deployment struct {
	// RelyingPartyID is the domain that passkeys are bound to: the host of
	// appUrl or a parent of it. Changing it makes every passkey useless.
	RelyingPartyID string `json:"relyingPartyId"`
	// PasswordSignIn lets clients send a password as it is; refused where data
	// is protected.
	PasswordSignIn bool `json:"passwordSignIn"`
	// ProtectData keeps the table and the user pool from being deleted, even
	// with their stack.
	ProtectData bool `json:"protectData"`
	// LogRetentionDays is one of the periods that CloudWatch Logs knows.
	LogRetentionDays int `json:"logRetentionDays"`
	// RequestsPerSecond and RequestBurst bound the whole API of the stage;
	// API Gateway answers 429 beyond them.
	RequestsPerSecond int `json:"requestsPerSecond"`
	RequestBurst      int `json:"requestBurst"`
	// MailIdentity is the address or domain, verified in Amazon SES by the
	// product, from which Cognito and Hearth send as mailFrom. Empty: Cognito
	// sends by its own sender, which is limited to 50 mails a day, and Hearth
	// as the address of mailFrom, which SES refuses until it is verified.
	// https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-email.html
	MailIdentity string `json:"mailIdentity"`
	// AlarmEmail gets a mail for each alarm. Empty: subscribe to the topic of
	// the output AlarmTopicArn by other means.
	AlarmEmail string `json:"alarmEmail"`
	// EndpointVariables declares the functions' endpoint variables as empty.
	// `sam local invoke` sets only variables that the template declares, so
	// without them it cannot point a function at the development host.
	EndpointVariables bool `json:"endpointVariables"`
}

func defaultDeployment() deployment {
	return deployment{ProtectData: true, LogRetentionDays: 90, RequestsPerSecond: 500, RequestBurst: 1000}
}

// logRetentionDays are the periods that PutRetentionPolicy accepts.
// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
var logRetentionDays = []int{
	1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
}

// stageName bounds the name: it becomes part of the stack's.
var stageName = regexp.MustCompile(`^[a-z][a-z0-9]{0,19}$`)

// readStage finds a stage in `stages` of cdk.json, as the CDK's context gives
// it, and validates all of it: every wrong setting is reported at once.
func readStage(name string, stages any) (stage, error) {
	raw, err := json.Marshal(stages)
	if err != nil {
		return stage{}, fmt.Errorf("cdk.json: stages: %w", err)
	}
	var entries map[string]json.RawMessage
	if err := json.Unmarshal(raw, &entries); err != nil {
		return stage{}, fmt.Errorf("cdk.json: stages must be an object with one object for each stage: %w", err)
	}
	known := strings.Join(slices.Sorted(maps.Keys(entries)), ", ")
	if known == "" {
		return stage{}, errors.New("cdk.json: context.stages names no stage")
	}
	if name == "" {
		return stage{}, fmt.Errorf("no stage given: make synth STAGE=<stage>, or cdk with -c stage=<stage> (known: %s)", known)
	}
	entry, ok := entries[name]
	if !ok {
		return stage{}, fmt.Errorf("stage %q is not in cdk.json (known: %s)", name, known)
	}
	if !stageName.MatchString(name) {
		return stage{}, fmt.Errorf("stage %q: a name is 1 to 20 lower-case letters and digits and starts with a letter", name)
	}
	var parts struct {
		Configuration json.RawMessage `json:"configuration"`
		Deployment    json.RawMessage `json:"deployment"`
	}
	if err := decodeStrictly(entry, &parts); err != nil {
		return stage{}, fmt.Errorf("stage %s: %w", name, err)
	}
	s := stage{name: name, deployment: defaultDeployment()}
	var configErr, deploymentErr error
	s.config, configErr = product.Config(string(parts.Configuration))
	if parts.Deployment != nil {
		if err := decodeStrictly(parts.Deployment, &s.deployment); err != nil {
			deploymentErr = fmt.Errorf("deployment: %w", err)
		}
	}
	if configErr == nil && deploymentErr == nil {
		deploymentErr = s.validate()
	}
	if err := errors.Join(configErr, deploymentErr); err != nil {
		return stage{}, fmt.Errorf("stage %s: %w", name, err)
	}
	return s, nil
}

func decodeStrictly(raw json.RawMessage, into any) error {
	d := json.NewDecoder(strings.NewReader(string(raw)))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return fmt.Errorf("cdk.json: %w", err)
	}
	return nil
}

// validate reports every deployment setting that is wrong, by itself or
// together with the configuration.
func (s stage) validate() error {
	var wrong []error
	check := func(ok bool, format string, args ...any) {
		if !ok {
			wrong = append(wrong, fmt.Errorf("deployment: "+format, args...))
		}
	}
	d := s.deployment
	// A browser offers a passkey only to pages of its relying party.
	// https://www.w3.org/TR/webauthn-3/#relying-party-identifier
	check(d.RelyingPartyID != "", "relyingPartyId is required: the host of appUrl or a parent domain of it")
	check(d.RelyingPartyID == "" || within(hostOf(s.config.AppURL), d.RelyingPartyID),
		"relyingPartyId %q must be the host of appUrl %q or a parent domain of it", d.RelyingPartyID, s.config.AppURL)
	check(!d.PasswordSignIn || !d.ProtectData, "passwordSignIn is for stages without protectData only")
	check(!d.EndpointVariables || !d.ProtectData, "endpointVariables is for stages without protectData only")
	if d.ProtectData {
		for _, origin := range append([]string{s.config.AppURL}, s.config.CORSOrigins...) {
			check(strings.HasPrefix(origin, "https://"), "protectData wants https in appUrl and corsOrigins, not %q", origin)
		}
	}
	check(slices.Contains(logRetentionDays, d.LogRetentionDays),
		"logRetentionDays must be one of %v, not %d", logRetentionDays, d.LogRetentionDays)
	check(d.RequestsPerSecond > 0, "requestsPerSecond must be at least 1, not %d", d.RequestsPerSecond)
	check(d.RequestBurst > 0, "requestBurst must be at least 1, not %d", d.RequestBurst)
	check(d.MailIdentity == "" || sendsFrom(s.config.MailFrom, d.MailIdentity),
		"mailIdentity %q must be the address of mailFrom %q or a domain that holds it", d.MailIdentity, s.config.MailFrom)
	if d.AlarmEmail != "" {
		_, err := mail.ParseAddress(d.AlarmEmail)
		check(err == nil, "alarmEmail %q must be an e-mail address", d.AlarmEmail)
	}
	return errors.Join(wrong...)
}

// within reports whether a host is a domain or below it.
func within(host, domain string) bool {
	return host == domain || strings.HasSuffix(host, "."+domain)
}

func hostOf(origin string) string {
	u, err := url.Parse(origin)
	if err != nil {
		return ""
	}
	return u.Hostname()
}

// sendsFrom reports whether an SES identity allows a sender.
func sendsFrom(from, identity string) bool {
	sender, err := mail.ParseAddress(from)
	if err != nil {
		return false
	}
	_, domain, _ := strings.Cut(sender.Address, "@")
	return sender.Address == identity || within(domain, identity)
}
