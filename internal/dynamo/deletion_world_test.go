package dynamo_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"

	"hearth/internal/account"
	"hearth/internal/dynamo/dynamotest"
)

// outside is everything beside the table that a deletion writes to: the pool,
// the pictures, the mails, the exports. A test can kill whoever writes there or
// to the table, before or after any write.
type outside struct {
	mu      sync.Mutex
	users   map[string]bool
	images  map[string]bool
	exports map[string][]byte
	mails   []string

	writes int
	// kill is the write at which everything ends, 0 for none; answered says
	// that it is still made.
	kill     int
	answered bool
	dead     bool
}

func newOutside() *outside {
	return &outside{users: map[string]bool{}, images: map[string]bool{}, exports: map[string][]byte{}}
}

// spoil stands on the wire to the table.
func (o *outside) spoil(_ int, operation string) dynamotest.Fault {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.dead {
		return dynamotest.Cut
	}
	if operation != "TransactWriteItems" {
		return dynamotest.None
	}
	if o.writes++; o.writes != o.kill {
		return dynamotest.None
	}
	o.dead = true
	if o.answered {
		return dynamotest.CutAnswer
	}
	return dynamotest.Cut
}

// write makes one write outside the table.
func (o *outside) write(do func()) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.dead {
		return account.ErrUnavailable
	}
	o.writes++
	if o.dead = o.writes == o.kill; o.dead && !o.answered {
		return account.ErrUnavailable
	}
	do()
	if o.dead {
		return account.ErrUnavailable
	}
	return nil
}

func (o *outside) revive() { o.kill, o.dead, o.writes = 0, false, 0 }

func (o *outside) DeleteUser(_ context.Context, _, username string) error {
	return o.write(func() { delete(o.users, username) })
}

func (o *outside) Keep(context.Context, string) error { return nil }

// mail is the outside as a Mailer; only what deletions send is expected.
type mail struct {
	account.Mailer
	*outside
}

func (m mail) SendDeletionAccepted(_ context.Context, d account.DeletionMail) error {
	return m.write(func() { m.mails = append(m.mails, "accepted "+d.To) })
}

func (m mail) SendDeletionCompleted(_ context.Context, d account.DeletionMail) error {
	return m.write(func() { m.mails = append(m.mails, "completed "+d.To) })
}

// pictures is the outside as Images.
type pictures struct{ *outside }

func (p pictures) Delete(_ context.Context, key string) error {
	return p.write(func() { delete(p.images, key) })
}

func (p pictures) Count(_ context.Context, owner string) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.dead {
		return 0, account.ErrUnavailable
	}
	return len(p.of(owner)), nil
}

// DeleteAll takes two pictures a call, and may be killed between them.
func (p pictures) DeleteAll(_ context.Context, owner string) (left bool, err error) {
	for range 2 {
		err = p.write(func() {
			own := p.of(owner)
			if left = len(own) > 1; len(own) > 0 {
				delete(p.images, own[0])
			}
		})
		if err != nil {
			return false, err
		}
	}
	return left, nil
}

// of is called with the lock held.
func (p pictures) of(owner string) (own []string) {
	for _, key := range slices.Sorted(maps.Keys(p.images)) {
		if strings.HasPrefix(key, "images/"+owner+"/") {
			own = append(own, key)
		}
	}
	return own
}

// archive is the outside as Exports.
type archive struct{ *outside }

func (a archive) Begin(_ context.Context, key string) (string, error) {
	return "upload", a.write(func() { a.exports["unfinished "+key] = nil })
}

func (a archive) Write(_ context.Context, key, _ string, n int, part []byte) error {
	return a.write(func() { a.exports[fmt.Sprintf("part %d %s", n, key)] = bytes.Clone(part) })
}

func (a archive) Finish(_ context.Context, key, _ string, parts int) error {
	return a.write(func() {
		if _, finished := a.exports[key]; finished {
			return
		}
		for n := range parts {
			part := fmt.Sprintf("part %d %s", n+1, key)
			a.exports[key] = append(a.exports[key], a.exports[part]...)
			delete(a.exports, part)
		}
		delete(a.exports, "unfinished "+key)
	})
}

func (a archive) Link(_ context.Context, key string, _ time.Duration) (string, error) {
	return "https://exports.example/" + key, nil
}

func (a archive) Delete(_ context.Context, key, _ string) error {
	return a.write(func() {
		for name := range a.exports {
			if strings.HasSuffix(name, key) {
				delete(a.exports, name)
			}
		}
	})
}

// leavingTown is a town from which people can be deleted.
type leavingTown struct {
	*town
	*outside
}

func newLeavingTown(t *testing.T, change ...func(*account.Config)) *leavingTown {
	t.Helper()
	return leaving(newTown(t, change...))
}

// leaving makes a town one from which people can be deleted; it is that after
// the first time.
func leaving(w *town) *leavingTown {
	if w.outside != nil {
		return &leavingTown{town: w, outside: w.outside}
	}
	o := newOutside()
	w.outside = o
	w.options.Images, w.options.Mailer, w.options.Remover, w.options.Exports = pictures{o}, mail{outside: o}, o, archive{o}
	w.Service = account.NewService(w.options)
	return &leavingTown{town: w, outside: o}
}

// delete deletes the account of somebody as their client does it.
func (w *leavingTown) delete(ctx context.Context, name string) error {
	id := identity(name, "1")
	preview, err := w.PreviewDeletion(ctx, id)
	if err == nil {
		_, err = w.DeleteAccount(ctx, id, preview.Digest, addressOf(name))
	}
	return err
}

// erase does what the stream would until the deletion is completed.
func (w *leavingTown) erase(ctx context.Context, name string) error {
	for range 500 {
		if done, err := w.Erase(ctx, idOf(name)); done || err != nil {
			return err
		}
	}
	return errors.New("no end")
}

// leaverSize is how many solo, shared and blocking teams the leaver has.
func leaverSize() (soloTeams, sharedTeams, blockingTeams int) {
	if os.Getenv("HEARTH_SOAK") != "" {
		return 3, 3, 2
	}
	return 1, 1, 1
}

// leaver is whom the tests delete: a name that nothing else has.
const leaver = "zaphod"

// settled gives the leaver everything that somebody can have: teams of each
// kind, invitations in each direction and state, an address that they had
// before, and what stands in their own partition. It returns the teams that
// block their deletion.
func (w *leavingTown) settled(t *testing.T) (blocking []string) {
	t.Helper()
	soloTeams, sharedTeams, blockingTeams := leaverSize()
	w.users[idOf(leaver)] = true
	for n := range soloTeams {
		id := w.team(t, fmt.Sprintf("solo-%d", n), leaver)
		w.invited(t, id, leaver, fmt.Sprintf("guest-%d", n), account.Member)
		w.change(t, account.ChangeOrganization{OrganizationID: id, ImageKey: w.pictured(id), UpdatedAt: time.Now()})
		fill(t, w.store, []account.Record{datum(id, 1), datum(id, 2)})
	}
	for n := range sharedTeams {
		id := w.team(t, fmt.Sprintf("shared-%d", n), "bob", leaver, "eve")
		w.promote(t, id, "bob", leaver, account.Owner)
		w.invited(t, id, leaver, fmt.Sprintf("kim-%d", n), account.Member)
		w.invited(t, id, "bob", fmt.Sprintf("lou-%d", n), account.Member)
	}
	for n := range blockingTeams {
		blocking = append(blocking, w.team(t, fmt.Sprintf("blocking-%d", n), leaver, "eve"))
	}
	other := w.team(t, "other", "bob")
	w.invited(t, other, "bob", leaver, account.Admin)
	declined := w.team(t, "declined", "bob")
	if err := w.Decline(t.Context(), identity(leaver, "1"), w.invited(t, declined, "bob", leaver, account.Member).PublicID()); err != nil {
		t.Fatal(err)
	}
	w.invitedAt(t, other, "bob", "former-"+addressOf(leaver))
	now := time.Now().UTC().Truncate(time.Millisecond)
	w.change(t, account.ChangeUser{
		UserID: idOf(leaver), ImageKey: w.pictured(idOf(leaver)), FormerEmails: []string{"former-" + addressOf(leaver)}, UpdatedAt: now,
	})
	if _, err := w.Authorize(t.Context(), identity(leaver, "2"), account.Target{}); err != nil {
		t.Fatal(err)
	}
	fill(t, w.store, []account.Record{
		&account.Idempotency{UserID: idOf(leaver), ID: "k", Request: "r", Made: "m", ExpiresAt: now.Add(time.Hour).Truncate(time.Second), Version: 1},
		&account.Recovery{UserID: idOf(leaver), Codes: []account.RecoveryCode{}, CreatedAt: now, Version: 1},
		&account.PasskeyName{UserID: idOf(leaver), CredentialID: "c", Name: leaver + "'s phone", Version: 1},
		datum(idOf(leaver), 1), datum(idOf(leaver), 2), datum(idOf(leaver), 3),
	})
	if err := w.FollowUser(t.Context(), idOf(leaver)); err != nil {
		t.Fatal(err)
	}
	if _, err := w.RequestExport(t.Context(), identity(leaver, "1")); err != nil {
		t.Fatal(err)
	}
	for done := false; !done; {
		var err error
		if done, err = w.WriteExport(t.Context(), idOf(leaver)); err != nil {
			t.Fatal(err)
		}
	}
	return blocking
}

// pictured gives an owner three pictures: that of the key that it returns, one
// that was never attached, and one that was replaced while the stream was lost.
func (w *leavingTown) pictured(owner string) (current *string) {
	for _, picture := range []string{"current", "never-attached", "replaced"} {
		w.images["images/"+owner+"/"+picture] = true
	}
	return ptr("images/" + owner + "/current")
}

func (w *leavingTown) invitedAt(t *testing.T, organizationID, by, email string) {
	t.Helper()
	if _, _, err := w.Invite(t.Context(), identity(w.n(by), "1"), organizationID, email, account.Member, account.Repeat{}); err != nil {
		t.Fatal(err)
	}
}

func (w *leavingTown) change(t *testing.T, updates ...account.Update) {
	t.Helper()
	if err := w.store.Commit(t.Context(), account.Change{Updates: updates}); err != nil {
		t.Fatal(err)
	}
}

func datum(accountID string, n int) *account.Datum {
	return &account.Datum{
		AccountID: accountID, ID: fmt.Sprintf("PROJECT#%05d", n), Type: "project",
		Fields: map[string]any{"name": "Project of " + leaver}, Version: 1,
	}
}

func ptr[T any](value T) *T { return &value }

// allowedIDs are where the id of a deleted person may stand, by the type of the
// item and the attribute.
var allowedIDs = []string{
	"organization PK", "organization createdBy", "invitation invitedBy", "audit PK", "audit actor", "audit target",
	"deletion PK", "certificate userId",
}

// expectNoTrace holds that nothing of somebody is left: in the whole table
// neither address, name nor image, the id only where it may be, and nothing
// outside.
func (w *leavingTown) expectNoTrace(t *testing.T, name string) {
	t.Helper()
	for _, item := range w.items(t) {
		var values map[string]any
		if err := attributevalue.UnmarshalMap(item, &values); err != nil {
			t.Fatal(err)
		}
		for attribute, value := range values {
			where := fmt.Sprintf("%v %s", values["type"], attribute)
			text := strings.ToLower(fmt.Sprint(value))
			if strings.Contains(text, name) {
				t.Errorf("%s is %v", where, value)
			}
			if strings.Contains(text, idOf(name)) && !slices.Contains(allowedIDs, where) {
				t.Errorf("the id stands in %s: %v", where, value)
			}
		}
	}
	if w.users[idOf(name)] || len(w.images) != 0 || len(w.exports) != 0 {
		t.Errorf("outside are users %v, images %v, exports %d", w.users, w.images, len(w.exports))
	}
	if !slices.Contains(w.mails, "completed "+addressOf(name)) {
		t.Errorf("mailed: %v", w.mails)
	}
}
