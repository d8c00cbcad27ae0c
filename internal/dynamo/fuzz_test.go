package dynamo_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"strings"
	"testing"

	"hearth/internal/dynamo"
)

// Whatever the stream or the schedule hands over is followed, reported or no
// event; nothing panics.
func FuzzStreamEvent(f *testing.F) {
	for _, seed := range []string{
		`{}`, `null`, `{"Records":null}`, dynamo.RedriveEvent, `{"redrive":"true"}`, `{"Records":[{}]}`,
		`{"Records":[{"eventName":"MODIFY","dynamodb":{"Keys":{"PK":{"S":"USER#a"},"SK":{"S":"USER"}},"OldImage":{"name":{"S":"a"}},"NewImage":{"name":{"N":"1"}}}}]}`,
		`{"Records":[{"eventName":"INSERT","dynamodb":{"Keys":{"PK":{"B":"AA=="},"SK":{"NULL":true}},"SequenceNumber":"1"}}]}`,
		`{"Records":[{"dynamodb":{"Keys":{"PK":{"S":"ORG#a"},"SK":{"S":"AUDIT#1"}},"NewImage":{"action":{"S":"password.changed"},"time":{"S":"no time"}}}}]}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, payload []byte) {
		var log bytes.Buffer
		asked := &diary{}
		answer, err := dynamo.Stream(asked, slog.New(slog.NewJSONHandler(&log, nil))).Invoke(t.Context(), payload)
		if strings.Contains(log.String(), "panic") {
			t.Fatalf("%q: %s", payload, log.String())
		}
		if err == nil && !json.Valid(answer) {
			t.Errorf("%q is answered with %q", payload, answer)
		}
		if err != nil && len(asked.asked) > 0 {
			t.Errorf("%q is no event, and yet %v", payload, asked.asked)
		}
	})
}

// A record of any key asks only for what is about the ids in it.
func FuzzStreamRecord(f *testing.F) {
	for _, seed := range [][4]string{
		{"USER#a", "USER", "name", "Ada"},
		{"USER#a", "MEMBER#b", "role", ""},
		{"ORG#a", "ORG", "status", "closing"},
		{"ORG#a", "INVITE#b", "sendCount", "2"},
		{"ORG#a", "AUDIT#b", "action", "ownership.transferred"},
		{"USER#", "#", "", ""},
		{"LIMIT#x", "LIMIT#y", "", ""},
		{"EMAIL#a@b", "USER", "", ""},
		{"USER#a#b", "MEMBER#c#d", "imageKey", "images/x"},
		{"USER", "USER", "\x00", "\xff"},
	} {
		f.Add(seed[0], seed[1], seed[2], seed[3], seed[3]+"x")
	}
	f.Fuzz(func(t *testing.T, pk, sk, name, before, after string) {
		for _, images := range [][2]map[string]any{
			{nil, {name: after}}, {{name: before}, {name: after}}, {{name: before}, nil}, {{name: 1}, {name: 2}},
		} {
			asked := &diary{}
			if response := fed(t, asked, streamRecord(pk, sk, images[0], images[1])); len(response.BatchItemFailures) > 1 {
				t.Errorf("%+v", response)
			}
			_, owner, _ := strings.Cut(strings.ToValidUTF8(pk, "\uFFFD"), "#")
			for _, entry := range asked.asked {
				if !strings.Contains(entry, owner) {
					t.Errorf("%q %q asks for %q", pk, sk, entry)
				}
			}
		}
	})
}
