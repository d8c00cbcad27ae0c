package account

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"time"
)

// DataStore keeps what accounts own. It takes no account's id: what it reaches
// is decided by the scope, and every write carries the scope's conditions.
// internal/dynamo is the real one, accounttest has the model.
type DataStore interface {
	// Read returns an item as the last commit left it, or nil, in one call. It
	// fails with ErrNoOrganization for the zero Scope and with ErrUnavailable.
	Read(ctx context.Context, scope Scope, kind, id string) (*Datum, error)
	// List returns at most limit items of a kind, those with the highest ids
	// first, strongly consistent and behind the id after, in one call. next is
	// empty on the last page. It fails as Read does.
	List(ctx context.Context, scope Scope, kind, after string, limit int) (page []*Datum, next string, err error)
	// Commit makes the whole change if every condition holds, the scope's
	// included, else nothing, in one call. It fails as Store.Commit does, and
	// with ErrNoOrganization for the zero Scope.
	Commit(ctx context.Context, scope Scope, change DataChange) error
}

// DataChange is what one commit does with an account's data.
type DataChange struct {
	// Permission is what the user's role must allow at that moment; empty for
	// what every member may do.
	Permission Permission
	Writes     []DataWrite
}

// AnyVersion is that of an item which is deleted however often it was written.
const AnyVersion = -1

// DataWrite puts or deletes one item.
type DataWrite struct {
	// Kind is what it is, such as "project".
	Kind string
	// ID tells it from others of its kind.
	ID string
	// Version is that of the item which must stand there: 0 for none.
	Version int
	// CreatedBy is who must have created the item that is deleted; empty for
	// anybody.
	CreatedBy string
	// Fields are what is put, as those of a Datum; nil deletes.
	Fields map[string]any
}

// DatumPrefix is what the ids of all items of a kind begin with.
func DatumPrefix(kind string) string { return strings.ToUpper(kind) + "#" }

// The kinds that no product may use for its own, and the field by which an item
// is known to be somebody's.
const (
	kindAudit       = "audit"
	kindIdempotency = "idempotency"
	fieldCreatedBy  = "createdBy"
)

// Data is what accounts own, of all kinds. NewCollection gives one kind.
type Data struct {
	store DataStore
	now   func() time.Time
	newID func() string
}

// NewData returns the data of accounts over a store. newID returns a new id,
// time-ordered: a UUIDv7.
func NewData(store DataStore, now func() time.Time, newID func() string) *Data {
	return &Data{store: store, now: now, newID: newID}
}

func (d *Data) clock() time.Time { return d.now().UTC().Truncate(time.Millisecond) }

// audit notes in the account's data that its user did something. The entries
// are beside those of the control plane, so that whoever may write data needs
// no leave to write more.
func (d *Data) audit(s Scope, action AuditAction, target string) DataWrite {
	return DataWrite{Kind: kindAudit, ID: d.newID(), Fields: map[string]any{
		"time": d.clock().Format(time.RFC3339Nano), "actor": s.userID, "action": string(action), "target": target,
	}}
}

// commit makes a change, waiting contention out. A membership that failed is
// gone, or has a role that does not allow it any more.
func (d *Data) commit(ctx context.Context, s Scope, change DataChange) error {
	err := waitOut(ctx, func() error { return d.store.Commit(ctx, s, change) })
	var failed *PremiseError
	if errors.As(err, &failed) {
		if role, ok := failed.Failed[0].(RoleIs); ok && failed.Found[role.Key()] == nil {
			return errAccountGone.Because(err)
		}
	}
	return err
}

// once adds the record of a request that makes something and may be repeated,
// by the record that was found under its key. If the same request made
// something before, it returns the id of that. It fails with
// ErrIdempotencyKeyReused.
func (d *Data) once(s Scope, change *DataChange, repeat Repeat, id string, found *Datum) (made string, err error) {
	if repeat.Key == "" {
		return id, nil
	}
	now := d.clock()
	record := DataWrite{Kind: kindIdempotency, ID: repeatID(s, repeat), Fields: map[string]any{
		"request": repeat.Request, "made": id, "expiresAt": json.Number(strconv.FormatInt(now.Add(IdempotencyValidity).Unix(), 10)),
	}}
	if found != nil {
		text, _ := found.Fields["expiresAt"].(json.Number)
		until, _ := text.Int64()
		switch {
		case until <= now.Unix(): // the time to live deletes late
			record.Version = found.Version
		case found.Fields["request"] != repeat.Request:
			return "", ErrIdempotencyKeyReused
		default:
			made, _ = found.Fields["made"].(string)
			return made, nil
		}
	}
	change.Writes = append(change.Writes, record)
	return id, nil
}

// repeatID is a hash of who repeats what: the data of a team keeps the record for
// a while after its user was deleted, and then must not name them.
func repeatID(s Scope, repeat Repeat) string {
	sum := sha256.Sum256([]byte(s.userID + "\x00" + repeat.Key))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}
