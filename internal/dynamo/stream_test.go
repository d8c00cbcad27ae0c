package dynamo_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"hearth/internal/account"
	"hearth/internal/dynamo"
)

// diary notes what the stream asks for.
type diary struct {
	asked []string
	// failing is the one that fails; panicking the one that does worse.
	failing, panicking string
}

func (d *diary) note(format string, args ...any) error {
	entry := fmt.Sprintf(format, args...)
	d.asked = append(d.asked, entry)
	switch entry {
	case d.failing:
		return errors.New("failed")
	case d.panicking:
		panic("oops")
	}
	return nil
}

func (d *diary) FollowUser(_ context.Context, userID string) error {
	return d.note("follow %s", userID)
}

func (d *diary) FollowImage(_ context.Context, of account.Key, before, after string) error {
	return d.note("image of %s %s: %s to %s", of.Kind, of.Owner, before, after)
}

func (d *diary) MailInvitation(_ context.Context, organizationID, invitationID string, sendCount int) error {
	return d.note("mail %s %s %d", organizationID, invitationID, sendCount)
}

func (d *diary) MailNewOwner(_ context.Context, organizationID, userID, giverID string) error {
	return d.note("mail new owner %s %s %s", organizationID, userID, giverID)
}

func (d *diary) MailSecurity(_ context.Context, userID string, action account.AuditAction, at time.Time) error {
	return d.note("mail %s %s at %s", userID, action, at.Format(time.RFC3339))
}

func (d *diary) RevokeInvitationsOf(_ context.Context, organizationID, userID string) error {
	return d.note("revoke %s %s", organizationID, userID)
}

func (d *diary) Purge(_ context.Context, organizationID string) (bool, error) {
	return false, d.note("purge %s", organizationID)
}

func (d *diary) MailDeletionAccepted(_ context.Context, userID string) error {
	return d.note("mail deletion of %s", userID)
}

func (d *diary) Erase(_ context.Context, userID string) (bool, error) {
	return false, d.note("erase %s", userID)
}

func (d *diary) WriteExport(_ context.Context, userID string) (bool, error) {
	return false, d.note("export %s", userID)
}

func (d *diary) Redrive(context.Context) (int, error) { return 3, d.note("redrive") }

// image is an item as the stream shows it; numbers are those of whole values.
func image(attributes map[string]any) map[string]events.DynamoDBAttributeValue {
	if attributes == nil {
		return nil
	}
	shown := map[string]events.DynamoDBAttributeValue{}
	for name, value := range attributes {
		if n, ok := value.(int); ok {
			shown[name] = events.NewNumberAttribute(fmt.Sprint(n))
		} else {
			shown[name] = events.NewStringAttribute(fmt.Sprint(value))
		}
	}
	return shown
}

func streamRecord(pk, sk string, before, after map[string]any) events.DynamoDBEventRecord {
	operation := events.DynamoDBOperationTypeModify
	if before == nil {
		operation = events.DynamoDBOperationTypeInsert
	} else if after == nil {
		operation = events.DynamoDBOperationTypeRemove
	}
	return events.DynamoDBEventRecord{EventName: string(operation), Change: events.DynamoDBStreamRecord{
		Keys: image(map[string]any{"PK": pk, "SK": sk}), OldImage: image(before), NewImage: image(after), SequenceNumber: pk,
	}}
}

// fed hands records to the stream function.
func fed(t *testing.T, follower dynamo.Follower, records ...events.DynamoDBEventRecord) events.DynamoDBEventResponse {
	t.Helper()
	payload, err := json.Marshal(events.DynamoDBEvent{Records: records})
	if err != nil {
		t.Fatal(err)
	}
	answer, err := dynamo.Stream(follower, slog.New(slog.DiscardHandler)).Invoke(t.Context(), payload)
	if err != nil {
		t.Fatal(err)
	}
	var response events.DynamoDBEventResponse
	if err := json.Unmarshal(answer, &response); err != nil {
		t.Fatal(err)
	}
	return response
}

func TestWhatTheStreamAsksFor(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		record events.DynamoDBEventRecord
		want   []string
	}{
		"a user renamed": {
			streamRecord("USER#u", "USER", map[string]any{"name": "Ada"}, map[string]any{"name": "Eve"}), []string{"follow u"},
		},
		"a user with another image": {
			streamRecord("USER#u", "USER", map[string]any{"imageKey": "a"}, map[string]any{"imageKey": "b"}),
			[]string{"follow u", "image of user u: a to b"},
		},
		"a user who is off": {
			streamRecord("USER#u", "USER", map[string]any{"status": "active"}, map[string]any{"status": "inactive"}), nil,
		},
		"a user who is back": {
			streamRecord("USER#u", "USER", map[string]any{"status": "inactive"}, map[string]any{"status": "active"}), []string{"follow u"},
		},
		"a user who is new":      {streamRecord("USER#u", "USER", nil, map[string]any{"name": "Ada", "imageKey": "a"}), nil},
		"a user in another team": {streamRecord("USER#u", "USER", map[string]any{"teamCount": 1}, map[string]any{"teamCount": 2}), nil},
		"an organization's first image": {
			streamRecord("ORG#o", "ORG", map[string]any{"status": "active"}, map[string]any{"status": "active", "imageKey": "b"}),
			[]string{"image of organization o:  to b"},
		},
		"an organization without its image": {
			streamRecord("ORG#o", "ORG", map[string]any{"imageKey": "a"}, map[string]any{"status": "active"}),
			[]string{"image of organization o: a to "},
		},
		"an organization renamed": {streamRecord("ORG#o", "ORG", map[string]any{"name": "A"}, map[string]any{"name": "B", "status": "active"}), nil},
		"an organization deleted": {
			streamRecord("ORG#o", "ORG", map[string]any{"status": "active", "imageKey": "a"}, map[string]any{"status": "closing", "imageKey": "a"}),
			[]string{"purge o"},
		},
		"a chunk of a purge": {
			streamRecord("ORG#o", "ORG", map[string]any{"status": "closing", "memberCount": 80}, map[string]any{"status": "closing", "memberCount": 40}),
			[]string{"purge o"},
		},
		"the end of a purge": {streamRecord("ORG#o", "ORG", map[string]any{"status": "closing", "imageKey": "a"}, nil), nil},
		"a member gone":      {streamRecord("USER#u", "MEMBER#o", map[string]any{"role": "ORG_MEMBER"}, nil), []string{"revoke o u"}},
		"a member new":       {streamRecord("USER#u", "MEMBER#o", nil, map[string]any{"role": "ORG_MEMBER"}), nil},
		"an invitation":      {streamRecord("ORG#o", "INVITE#i", nil, map[string]any{"sendCount": 1}), []string{"mail o i 1"}},
		"an invitation again": {
			streamRecord("ORG#o", "INVITE#i", map[string]any{"sendCount": 1}, map[string]any{"sendCount": 2}), []string{"mail o i 2"},
		},
		"an invitation accepted": {streamRecord("ORG#o", "INVITE#i", map[string]any{"sendCount": 2}, map[string]any{"sendCount": 2}), nil},
		"an invitation purged":   {streamRecord("ORG#o", "INVITE#i", map[string]any{"sendCount": 2}, nil), nil},
		"a transfer": {
			streamRecord("ORG#o", "AUDIT#a", nil, map[string]any{"action": "ownership.transferred", "actor": "u", "target": "v"}),
			[]string{"mail new owner o v u"},
		},
		"another action": {streamRecord("ORG#o", "AUDIT#a", nil, map[string]any{"action": "member.left", "actor": "u", "target": "v"}), nil},
		"a transfer's entry purged": {
			streamRecord("ORG#o", "AUDIT#a", map[string]any{"action": "ownership.transferred", "actor": "u", "target": "v"}, nil), nil,
		},
		"what somebody did to their security": {
			streamRecord("ORG#u", "AUDIT#a", nil, map[string]any{"action": "mfa.disabled", "actor": "u", "target": "u", "time": "2026-11-23T09:30:00.123Z"}),
			[]string{"mail u mfa.disabled at 2026-11-23T09:30:00Z"},
		},
		"a deletion accepted": {
			streamRecord("USER#u", "DELETION", nil, map[string]any{"status": "running"}), []string{"mail deletion of u", "erase u"},
		},
		"a deletion with a grace period": {
			streamRecord("USER#u", "DELETION", nil, map[string]any{"status": "pending"}), []string{"mail deletion of u"},
		},
		"a chunk of a deletion": {
			streamRecord("USER#u", "DELETION", map[string]any{"status": "running"}, map[string]any{"status": "running"}), []string{"erase u"},
		},
		"the end of a deletion": {
			streamRecord("USER#u", "DELETION", map[string]any{"status": "running"}, map[string]any{"status": "completed"}), nil,
		},
		"a deletion's marker expired": {streamRecord("USER#u", "DELETION", map[string]any{"status": "completed"}, nil), nil},
		"an export":                   {streamRecord("USER#u", "EXPORT", nil, map[string]any{"status": "pending"}), []string{"export u"}},
		"an export that is ready": {
			streamRecord("USER#u", "EXPORT", map[string]any{"status": "pending"}, map[string]any{"status": "ready"}), nil,
		},
		"a certificate":        {streamRecord("CERTIFICATE#d", "CERTIFICATE", nil, map[string]any{"userId": "u"}), nil},
		"account data":         {streamRecord("DATA#u", "PROJECT#p", nil, map[string]any{"name": "x"}), nil},
		"a recovery code used": {streamRecord("USER#u", "RECOVERY", map[string]any{"version": 1}, map[string]any{"version": 2}), nil},
		"what nobody knows":    {streamRecord("NEW#o", "ORG", map[string]any{}, map[string]any{"status": "closing"}), nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var d diary
			if response := fed(t, &d, c.record); len(response.BatchItemFailures) != 0 {
				t.Errorf("failed: %v", response)
			}
			if !slices.Equal(d.asked, c.want) {
				t.Errorf("asked for %q, want %q", d.asked, c.want)
			}
		})
	}
}

// The first record that fails ends the batch, however it fails: Lambda comes
// again from there.
func TestStreamReportsTheFirstFailure(t *testing.T) {
	t.Parallel()
	member := map[string]any{"role": "ORG_MEMBER"}
	for _, d := range []*diary{{failing: "revoke o 2"}, {panicking: "revoke o 2"}} {
		response := fed(t, d, streamRecord("USER#1", "MEMBER#o", member, nil), streamRecord("USER#2", "MEMBER#o", member, nil),
			streamRecord("USER#3", "MEMBER#o", member, nil))
		if len(response.BatchItemFailures) != 1 || response.BatchItemFailures[0].ItemIdentifier != "USER#2" {
			t.Errorf("failures: %v", response)
		}
		if !slices.Equal(d.asked, []string{"revoke o 1", "revoke o 2"}) {
			t.Errorf("asked for %q", d.asked)
		}
	}
}

// What is due anyway is left to the schedule where it fails, and holds no record
// behind it up.
func TestStreamLeavesToTheScheduleWhatIsDue(t *testing.T) {
	t.Parallel()
	for failing, record := range map[string]events.DynamoDBEventRecord{
		"erase u":  streamRecord("USER#u", "DELETION", map[string]any{"status": "running"}, map[string]any{"status": "running"}),
		"purge o":  streamRecord("ORG#o", "ORG", map[string]any{"status": "active"}, map[string]any{"status": "closing"}),
		"export u": streamRecord("USER#u", "EXPORT", nil, map[string]any{"status": "pending"}),
	} {
		d := &diary{failing: failing}
		response := fed(t, d, record, streamRecord("USER#3", "MEMBER#o", map[string]any{"role": "ORG_MEMBER"}, nil))
		if len(response.BatchItemFailures) != 0 || !slices.Equal(d.asked, []string{failing, "revoke o 3"}) {
			t.Errorf("%s: %v, asked for %q", failing, response, d.asked)
		}
	}
}

// The alarm on a redrive counts this line.
func TestRedriveEvent(t *testing.T) {
	t.Parallel()
	for _, failing := range []string{"", "redrive"} {
		var log strings.Builder
		d := &diary{failing: failing}
		answer, err := dynamo.Stream(d, slog.New(slog.NewJSONHandler(&log, nil))).Invoke(t.Context(), []byte(dynamo.RedriveEvent))
		if err != nil || string(answer) != `{"taken":3}` || !slices.Equal(d.asked, []string{"redrive"}) {
			t.Errorf("%s, %v, asked for %q", answer, err, d.asked)
		}
		var line struct{ Level, Msg string }
		if err := json.Unmarshal([]byte(log.String()), &line); err != nil {
			t.Fatal(err)
		}
		if failed := line.Level == "ERROR" && line.Msg == dynamo.RedriveFailed; failed != (failing != "") {
			t.Errorf("it says %s", log.String())
		}
	}
}

func TestUnknownEventsAreRefused(t *testing.T) {
	t.Parallel()
	for _, payload := range []string{
		``, `null`, `[]`, `"redrive"`, `{}`, `{"redrive":false}`, `{"redrive":"true"}`, `{"redrive":true,"organizationId":"o"}`,
		`{"records":[]}`, `{"Records":{}}`, `{"version":"0","detail-type":"Scheduled Event","detail":{}}`,
	} {
		var d diary
		answer, err := dynamo.Stream(&d, slog.New(slog.DiscardHandler)).Invoke(t.Context(), []byte(payload))
		if err == nil || len(d.asked) != 0 {
			t.Errorf("%s: %s, asked for %q", payload, answer, d.asked)
		}
	}
}
