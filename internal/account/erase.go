package account

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Erase does a chunk of a user's deletion; each chunk's commit changes the
// deletion, so that the table's stream calls again; Redrive does where the
// stream was lost. Within the grace period it does nothing. It reports done when
// nothing is left. Called again, late or twice at once, it does no harm.
func (s *Service) Erase(ctx context.Context, userID string) (done bool, err error) {
	done, err = s.eraseChunk(ctx, userID)
	var failed *PremiseError
	if errors.As(err, &failed) {
		// Records that contradict each other hold nobody else back; Redrive tells.
		return false, nil
	}
	return done, err
}

// erasure is a deletion at work, with what was read of the user; the user is
// nil once they are erased.
type erasure struct {
	*Deletion
	user *User
}

// stageChunk does a chunk of a stage, and reports whether there was one.
type stageChunk struct {
	stage Stage
	chunk func(*Service, context.Context, *erasure) (acted bool, err error)
}

// stages are the worker's way. A stage that finds nothing is left, for good but for
// what the last ones make sure of.
var stages = []stageChunk{
	{StageMemberships, (*Service).eraseMemberships},
	{StageOrganizations, (*Service).eraseOrganizations},
	{StageInvitations, (*Service).eraseInvitations},
	{StageRecords, (*Service).eraseRecords},
	{StageImages, (*Service).eraseImage},
	{StageData, (*Service).eraseData},
	{StagePersonal, (*Service).erasePersonal},
	{StageMail, (*Service).mailCompleted},
	{StageUser, (*Service).eraseUser},
	{StageProvider, (*Service).eraseAtProvider},
}

// eraseChunk is Erase with the premises that failed. What others changed
// meanwhile is read and decided again a few times.
func (s *Service) eraseChunk(ctx context.Context, userID string) (done bool, err error) {
	for range decideTries {
		var failed *PremiseError
		done, err = s.eraseOnce(ctx, userID)
		if !errors.As(err, &failed) {
			return done, err
		}
	}
	return false, err
}

func (s *Service) eraseOnce(ctx context.Context, userID string) (done bool, err error) {
	records, err := s.store.Read(ctx, DeletionKey(userID), UserKey(userID))
	if err != nil {
		return false, err
	}
	e := &erasure{Deletion: records.Deletion(userID), user: records.User(userID)}
	switch {
	case e.Deletion == nil || e.Status == DeletionCompleted:
		return true, nil
	case e.Status == DeletionPending && s.clock().Before(e.GraceEndsAt):
		return true, nil
	case e.Status == DeletionPending: // from here on there is no way back
		return false, s.commit(ctx, s.chunk(e, Erased{}))
	}
	first := slices.IndexFunc(stages, func(at stageChunk) bool { return at.stage == e.Stage })
	if first < 0 {
		return false, ErrInternal.Because(fmt.Errorf("a deletion at an unknown stage %q", e.Stage))
	}
	for _, at := range stages[first:] {
		e.Stage = at.stage
		if acted, err := at.chunk(s, ctx, e); err != nil || acted {
			return false, err
		}
	}
	return true, nil
}

// chunk begins the change of a chunk: on condition that the deletion is as read
// it notes what goes with the chunk, which is also what brings the stream again.
func (s *Service) chunk(e *erasure, more Erased) Change {
	running, due, erased := DeletionRunning, s.clock().Add(purgeRedrive), e.Erased.plus(more)
	return Change{
		Premises: []Premise{VersionIs{Of: e.Key(), Version: e.Version}},
		Updates:  []Update{ChangeDeletion{UserID: e.UserID, Status: &running, Stage: &e.Stage, DueAt: &due, Erased: &erased}},
	}
}

// remove adds to a change that a record goes as it was read.
func (c *Change) remove(r Record) {
	c.Premises = append(c.Premises, VersionIs{Of: r.Key(), Version: r.Revision()})
	c.Deletes = append(c.Deletes, r.Key())
}

// How much a transaction takes: of each the records that go with it.
const (
	leaveChunk      = 20 // four records each: membership, organization, audit entry
	revokeChunk     = 40 // two records each: invitation, address
	invitationChunk = 30 // three records each: invitation, address, organization
	recordChunk     = 90
)

// mailPatience is how long a deletion waits for its last mail to be taken.
const mailPatience = 24 * time.Hour

// eraseRecords removes the user's own records.
func (s *Service) eraseRecords(ctx context.Context, e *erasure) (acted bool, err error) {
	page, _, err := s.store.UserRecords(ctx, e.UserID, "", recordChunk)
	if err != nil {
		return false, err
	}
	for _, r := range page {
		if export, ok := r.(*Export); ok {
			if err := s.exports.Delete(ctx, exportKey(export), export.Upload); err != nil {
				return false, err
			}
		}
	}
	if len(page) == 0 {
		if page, err = s.addressLimits(ctx, e); err != nil || len(page) == 0 {
			return false, err
		}
	}
	change := s.chunk(e, Erased{Records: len(page)})
	for _, r := range page {
		change.remove(r)
	}
	return true, s.commit(ctx, change)
}

// addressLimits are a chunk of the counts of what was sent to the user's addresses.
func (s *Service) addressLimits(ctx context.Context, e *erasure) (limits []Record, err error) {
	addresses, err := s.addresses(ctx, e)
	if err != nil {
		return nil, err
	}
	var keys []Key
	for _, email := range addresses {
		keys = append(keys, LimitKey(addressWho(email), AddressRate.Kind), LimitKey(addressWho(email), RecoveryRate.Kind))
	}
	records, err := inBatches(ctx, keys, s.store.Read)
	for _, k := range keys {
		if r := records[k]; r != nil && len(limits) < recordChunk {
			limits = append(limits, r)
		}
	}
	return limits, err
}

// addresses are the user's own; none once they are erased.
func (s *Service) addresses(ctx context.Context, e *erasure) ([]string, error) {
	if e.user == nil {
		return nil, nil
	}
	return s.ownAddresses(ctx, *e.user)
}

// eraseImage removes the user's pictures: the one that is attached, and those
// that no record names, never attached or replaced while the stream was lost.
// They are counted before the first one goes: what goes cannot be counted in
// the commit that notes it, and a worker killed between the two would find
// fewer. The same commit takes the key from the user, so that a late record of
// the stream keeps nothing.
//
// It is done again before the user goes, since who got leave to upload just
// before the deletion may use it for ten minutes. What comes later still stays
// behind: nobody can attach it, and it is tagged as such from the start, so the
// bucket's rule takes it after a day.
func (s *Service) eraseImage(ctx context.Context, e *erasure) (acted bool, err error) {
	if e.user == nil {
		return false, nil
	}
	if e.Erased.Images == 0 {
		n, err := s.images.Count(ctx, e.UserID)
		if err != nil || n == 0 && e.user.ImageKey == "" {
			return false, err
		}
		none := ""
		change := s.chunk(e, Erased{Images: n})
		change.Updates = append(change.Updates, ChangeUser{UserID: e.UserID, ImageKey: &none, UpdatedAt: s.clock()})
		return true, s.commit(ctx, change)
	}
	left, err := s.images.DeleteAll(ctx, e.UserID)
	if err != nil || !left {
		return false, err
	}
	return true, s.commit(ctx, s.chunk(e, Erased{}))
}

// eraseData removes what the personal account owns, whatever it is.
func (s *Service) eraseData(ctx context.Context, e *erasure) (acted bool, err error) {
	page, _, err := s.store.Data(ctx, e.UserID, "", recordChunk)
	if err != nil || len(page) == 0 {
		return false, err
	}
	change := s.chunk(e, Erased{Data: len(page)})
	for _, d := range page {
		change.Premises = append(change.Premises, Exists{Of: d.Key()})
		change.Deletes = append(change.Deletes, d.Key())
	}
	return true, s.commit(ctx, change)
}
