package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// overheard knows what the functions of a whole run logged and which secrets
// went over the wire meanwhile, so that no line holds one: neither token nor
// code, password or address.
type overheard struct {
	next http.RoundTripper
	// plain is the real standard output, write the one that functions log to.
	plain, write *os.File
	read         sync.WaitGroup

	mu      sync.Mutex
	log     bytes.Buffer
	secrets map[string]string // the secret, and the field that it was in
}

// overhear has every log line of the process pass by from now on.
func overhear(next http.RoundTripper) (*overheard, error) {
	read, write, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	o := &overheard{next: next, plain: os.Stdout, write: write, secrets: map[string]string{}}
	o.read.Go(func() { _, _ = io.Copy(io.MultiWriter(o.plain, o), read) })
	os.Stdout = write
	return o, nil
}

// Write keeps what was logged.
func (o *overheard) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.log.Write(p)
}

// RoundTrip notes the secrets in requests and answers, Cognito's included.
func (o *overheard) RoundTrip(r *http.Request) (*http.Response, error) {
	if token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok {
		o.note("authorization", token)
	}
	if r.GetBody != nil {
		if body, err := r.GetBody(); err == nil {
			sent, _ := io.ReadAll(body)
			o.noteAll(sent)
		}
	}
	response, err := o.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	if strings.Contains(response.Header.Get("Content-Type"), "json") {
		received, err := io.ReadAll(response.Body)
		if closed := response.Body.Close(); err != nil || closed != nil {
			return nil, errors.Join(err, closed)
		}
		o.noteAll(received)
		response.Body = io.NopCloser(bytes.NewReader(received))
	}
	return response, nil
}

// secretFields are those whose values nobody may log, in lower case.
var secretFields = []string{
	"email", "username", "password", "currentpassword", "newpassword", "previouspassword", "proposedpassword", "code", "codes",
	"usercode", "confirmationcode", "software_token_mfa_code", "recoverycode", "secretcode", "secret", "token", "accesstoken",
	"idtoken", "refreshtoken", "session", "invitationtoken", "pendingemail", "otpauthuri",
}

// noteAll notes the secrets in a JSON text.
func (o *overheard) noteAll(text []byte) {
	var parsed any
	if json.Unmarshal(text, &parsed) != nil {
		return
	}
	o.walk("", parsed)
}

func (o *overheard) walk(field string, value any) {
	switch v := value.(type) {
	case map[string]any:
		for name, inner := range v {
			o.walk(strings.ToLower(name), inner)
		}
	case []any:
		for _, inner := range v {
			o.walk(field, inner)
		}
	case string:
		if slices.Contains(secretFields, field) {
			o.note(field, v)
		}
	}
}

// opaque are the values of such fields that are no secrets: ids, by which users
// and invitations are told apart in logs, and the codes of errors.
var opaque = regexp.MustCompile(`^([0-9a-f-]{36}|[a-z_]*|[a-zA-Z ]*)$`)

func (o *overheard) note(field, value string) {
	if len(value) < 6 || opaque.MatchString(value) {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.secrets[value] = field
}

var (
	words   = regexp.MustCompile(`[A-Za-z0-9._@+=/-]+`)
	address = regexp.MustCompile(`[A-Za-z0-9._+-]+@[A-Za-z0-9-]+\.[A-Za-z]`)
	jwt     = regexp.MustCompile(`eyJ[A-Za-z0-9_-]{8,}\.eyJ`)
)

// verdict gives standard output back and reports the lines that hold a secret.
func (o *overheard) verdict() error {
	os.Stdout = o.plain
	if err := o.write.Close(); err != nil {
		return err
	}
	o.read.Wait()
	o.mu.Lock()
	defer o.mu.Unlock()
	lines, told := 0, []error(nil)
	for line := range strings.Lines(o.log.String()) {
		var entry map[string]any
		if json.Unmarshal([]byte(line), &entry) != nil || entry["level"] == nil {
			continue // not a function's
		}
		lines++
		delete(entry, "time")
		rest, err := json.Marshal(entry)
		if err != nil {
			return err
		}
		found := address.MatchString(line) || jwt.MatchString(line)
		for _, word := range words.FindAllString(string(rest), -1) {
			_, secret := o.secrets[word]
			found = found || secret
		}
		if found {
			told = append(told, fmt.Errorf("a log line holds a secret: %s", line))
		}
	}
	if lines == 0 || len(o.secrets) < 10 {
		told = append(told, fmt.Errorf("%d log lines and %d secrets passed by: nothing was overheard", lines, len(o.secrets)))
	}
	return errors.Join(told...)
}
