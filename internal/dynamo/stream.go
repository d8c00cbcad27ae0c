package dynamo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"slices"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"

	"hearth/internal/account"
)

// Follower does what a change in the table asks for afterwards; it is
// account.Service.
type Follower interface {
	Mails
	Leaving
	// FollowUser brings the copies of a user up to the user.
	FollowUser(ctx context.Context, userID string) error
	// FollowImage keeps the image that a user or an organization has now and
	// deletes the one that it replaced; either may be empty.
	FollowImage(ctx context.Context, of account.Key, before, after string) error
	// RevokeInvitationsOf ends what somebody sent who is a member no more.
	RevokeInvitationsOf(ctx context.Context, organizationID, userID string) error
	// Purge takes a chunk of a closing organization apart.
	Purge(ctx context.Context, organizationID string) (done bool, err error)
	// Redrive takes up what is due and that the stream lost.
	Redrive(ctx context.Context) (taken int, err error)
}

// Mails are what a change is mailed about.
type Mails interface {
	// MailInvitation sends the mail of an invitation, the sendCount-th.
	MailInvitation(ctx context.Context, organizationID, invitationID string, sendCount int) error
	// MailNewOwner tells somebody that they own an organization now.
	MailNewOwner(ctx context.Context, organizationID, userID, giverID string) error
	// MailSecurity tells somebody what was done to their security.
	MailSecurity(ctx context.Context, userID string, action account.AuditAction, at time.Time) error
}

// Leaving is what somebody's end, or the wish for a copy, goes on with.
type Leaving interface {
	// MailDeletionAccepted tells somebody that their deletion has begun.
	MailDeletionAccepted(ctx context.Context, userID string) error
	// Erase does a chunk of a deletion.
	Erase(ctx context.Context, userID string) (done bool, err error)
	// WriteExport does a part of an export.
	WriteExport(ctx context.Context, userID string) (done bool, err error)
}

// RedriveEvent is what the schedule hands to the function beside the stream.
const RedriveEvent = `{"redrive":true}`

// RedriveFailed is the log's message about a redrive that could not do all that
// it took up; an alarm looks for it.
const RedriveFailed = "redrive failed"

// Redriven is the answer to RedriveEvent.
type Redriven struct {
	// Taken counts the organizations, deletions and exports that were taken up.
	Taken int `json:"taken"`
}

// errUnknownEvent tells nothing of the event: it could hold anything.
var errUnknownEvent = errors.New("neither records of a stream nor a redrive")

// Stream is the handler of the table's stream and of the schedule beside it.
// What is neither is an error.
func Stream(follower Follower, log *slog.Logger) lambda.Handler {
	return lambda.NewHandler(func(ctx context.Context, payload json.RawMessage) (any, error) {
		var parts map[string]json.RawMessage
		if err := json.Unmarshal(payload, &parts); err != nil {
			return nil, errUnknownEvent
		}
		_, records := parts["Records"]
		switch {
		case records:
			var event events.DynamoDBEvent
			if err := json.Unmarshal(payload, &event); err != nil {
				return nil, fmt.Errorf("stream event: %w", err)
			}
			return followAll(ctx, follower, event.Records, log), nil
		case len(parts) == 1 && string(parts["redrive"]) == "true":
			return redrive(ctx, follower, log), nil
		}
		return nil, errUnknownEvent
	})
}

// redrive logs what fails and answers all the same: Lambda would try a failed
// invocation twice again, and what is due comes with the next one anyway.
// https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
func redrive(ctx context.Context, follower Follower, log *slog.Logger) Redriven {
	taken, err := follower.Redrive(ctx)
	switch {
	case err != nil:
		log.ErrorContext(ctx, RedriveFailed, slog.Int("taken", taken), slog.String("cause", err.Error()))
	case taken > 0:
		log.InfoContext(ctx, "redriven", slog.Int("taken", taken))
	}
	return Redriven{Taken: taken}
}

// dueError is the failure of work that stands in the list of what is due: the
// schedule takes it up, and tells where it goes on failing. The record is not
// reported, since those of everybody behind it in its shard would wait for as
// long as it is tried again.
type dueError struct{ cause error }

func (e *dueError) Error() string { return "left to the schedule: " + e.cause.Error() }

func (e *dueError) Unwrap() error { return e.cause }

// ifDue makes the failure of a step of such work a dueError.
func ifDue(_ bool, err error) error {
	if err == nil {
		return nil
	}
	return &dueError{err}
}

// followAll follows records; those of one item come in order, each at least
// once. The first record that fails is reported, so that Lambda comes again
// from there and nothing before it is done twice for long.
// https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html
func followAll(ctx context.Context, follower Follower, records []events.DynamoDBEventRecord, log *slog.Logger) events.DynamoDBEventResponse {
	answer := events.DynamoDBEventResponse{BatchItemFailures: []events.DynamoDBBatchItemFailure{}}
	for _, record := range records {
		err := follow(ctx, follower, record)
		var due *dueError
		switch {
		case errors.As(err, &due):
			log.WarnContext(ctx, "left to the schedule",
				slog.String("sequenceNumber", record.Change.SequenceNumber), slog.String("cause", due.cause.Error()))
		case err != nil:
			log.ErrorContext(ctx, "stream record failed",
				slog.String("sequenceNumber", record.Change.SequenceNumber), slog.String("cause", err.Error()))
			answer.BatchItemFailures = append(answer.BatchItemFailures,
				events.DynamoDBBatchItemFailure{ItemIdentifier: record.Change.SequenceNumber})
			return answer
		}
	}
	return answer
}

func follow(ctx context.Context, follower Follower, record events.DynamoDBEventRecord) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v\n%s", r, debug.Stack())
		}
	}()
	key, ok := recordKey(text(record.Change.Keys, PartitionKey), text(record.Change.Keys, SortKey))
	if !ok {
		return nil
	}
	change := streamed{key: key, operation: events.DynamoDBOperationType(record.EventName), before: record.Change.OldImage, after: record.Change.NewImage}
	switch key.Kind {
	case account.KindUser:
		return change.ofUser(ctx, follower)
	case account.KindMembership:
		if change.operation == events.DynamoDBOperationTypeRemove {
			return follower.RevokeInvitationsOf(ctx, key.ID, key.Owner)
		}
	case account.KindOrganization:
		return change.ofOrganization(ctx, follower)
	case account.KindInvitation:
		if sent := number(change.after, attributeSendCount); sent > number(change.before, attributeSendCount) {
			return follower.MailInvitation(ctx, key.Owner, key.ID, sent)
		}
	case account.KindAudit:
		return change.ofAudit(ctx, follower)
	case account.KindDeletion:
		return change.ofDeletion(ctx, follower)
	case account.KindExport:
		if text(change.after, attributeStatus) == string(account.ExportPending) {
			return ifDue(follower.WriteExport(ctx, key.Owner))
		}
	case account.KindAddress, account.KindSession, account.KindIdempotency, account.KindSlug, account.KindInvited, account.KindLimit,
		account.KindRecovery, account.KindPasskey, account.KindCertificate, account.KindDatum: // nothing follows from them
	}
	return nil
}

// streamed is one record of the stream.
type streamed struct {
	key           account.Key
	operation     events.DynamoDBOperationType
	before, after map[string]events.DynamoDBAttributeValue
}

// changed returns a text before and after, and whether it differs.
func (s streamed) changed(name string) (before, after string, differ bool) {
	before, after = text(s.before, name), text(s.after, name)
	return before, after, before != after
}

func (s streamed) ofUser(ctx context.Context, follower Follower) error {
	if s.operation != events.DynamoDBOperationTypeModify {
		return nil
	}
	before, after, image := s.changed(attributeImageKey)
	_, _, name := s.changed(attributeName)
	_, _, email := s.changed(attributeEmail)
	_, status, back := s.changed(attributeStatus) // of who was off nothing followed
	back = back && status == string(account.UserActive)
	if image || name || email || back {
		if err := follower.FollowUser(ctx, s.key.Owner); err != nil {
			return err
		}
	}
	if image {
		return follower.FollowImage(ctx, s.key, before, after)
	}
	return nil
}

// ofDeletion begins and goes on with a deletion; what waits for the end of its
// grace period is the schedule's.
func (s streamed) ofDeletion(ctx context.Context, follower Follower) error {
	if s.operation == events.DynamoDBOperationTypeInsert {
		if err := follower.MailDeletionAccepted(ctx, s.key.Owner); err != nil {
			return err
		}
	}
	if text(s.after, attributeStatus) != string(account.DeletionRunning) {
		return nil
	}
	return ifDue(follower.Erase(ctx, s.key.Owner))
}

// ofOrganization leaves the image of one that is gone to its purge.
func (s streamed) ofOrganization(ctx context.Context, follower Follower) error {
	if s.operation != events.DynamoDBOperationTypeModify {
		return nil
	}
	if before, after, image := s.changed(attributeImageKey); image {
		if err := follower.FollowImage(ctx, s.key, before, after); err != nil {
			return err
		}
	}
	if text(s.after, attributeStatus) == string(account.OrganizationClosing) {
		return ifDue(follower.Purge(ctx, s.key.Owner))
	}
	return nil
}

// ofAudit mails what somebody wants to hear of.
func (s streamed) ofAudit(ctx context.Context, follower Follower) error {
	action := account.AuditAction(text(s.after, attributeAction))
	switch {
	case action == account.OwnershipTransferred:
		return follower.MailNewOwner(ctx, s.key.Owner, text(s.after, attributeTarget), text(s.after, attributeActor))
	case slices.Contains(account.SecurityActions(), action):
		at, err := time.Parse(time.RFC3339, text(s.after, attributeTime))
		if err != nil {
			return fmt.Errorf("audit entry: %w", err)
		}
		return follower.MailSecurity(ctx, s.key.Owner, action, at)
	}
	return nil
}

// text is a text attribute of a stream record's image, "" if it is missing.
func text(image map[string]events.DynamoDBAttributeValue, name string) string {
	value, ok := image[name]
	if !ok || value.DataType() != events.DataTypeString {
		return ""
	}
	return value.String()
}

// number is a whole number of a stream record's image, 0 if it is missing.
func number(image map[string]events.DynamoDBAttributeValue, name string) int {
	value, ok := image[name]
	if !ok || value.DataType() != events.DataTypeNumber {
		return 0
	}
	n, err := value.Integer()
	if err != nil {
		return 0
	}
	return int(n)
}
