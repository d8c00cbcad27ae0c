package account

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// vanishedAfter is how old a user's record is before it is a fault that nobody
// in the pool has the id: a listing lags, and may have passed where somebody
// signed up meanwhile.
const vanishedAfter = time.Hour

// The bounds of Job.Vanished: of a job vanishedFew, or one in vanishedShare of the
// pool, of a page more than half from vanishedMass on.
const (
	vanishedFew   = 10
	vanishedShare = 100
	vanishedMass  = 5
)

// settleVanished looks for the users of a page whose person is not in the pool
// any more: who is not on the roll, and whom the pool, asked again by their id,
// does not know. It tells of them, or begins their deletions where the job
// repairs and so many are no sign of a mistake.
func (r *run) settleVanished(ctx context.Context, page []Item) error {
	users, gone, err := r.notInPool(ctx, page)
	if err != nil || len(gone) == 0 {
		return err
	}
	var leave []*User
	for _, u := range gone {
		_, err := r.deletable(ctx, *u, nil)
		if err == nil && r.repairs() {
			leave = append(leave, u)
		} else if err := r.tellVanished(u, err); err != nil {
			return err
		}
	}
	if len(leave) == 0 {
		return nil
	}
	if err := r.believable(users, len(gone)); err != nil {
		return err
	}
	if err := r.allowed(len(leave)); err != nil {
		return err
	}
	for _, u := range leave {
		if err := r.beginDeletion(ctx, u); err != nil {
			return err
		}
	}
	return nil
}

// notInPool counts the users of a page and returns those of them who are not in
// the pool, though no deletion holds them.
func (r *run) notInPool(ctx context.Context, page []Item) (users int, gone []*User, err error) {
	var missing []string
	var keys []Key
	for _, item := range page {
		u, ok := item.Record.(*User)
		if !ok {
			continue
		}
		users++
		if !r.roll.has(u.ID) && r.late(u.CreatedAt, vanishedAfter) {
			missing = append(missing, u.ID)
			keys = append(keys, u.Key(), DeletionKey(u.ID))
		}
	}
	records, err := r.readAll(ctx, keys)
	if err != nil {
		return 0, nil, err
	}
	for _, id := range missing {
		u := records.User(id)
		if u == nil || records[DeletionKey(id)] != nil { // one that cannot be read, too
			continue
		}
		_, err := r.directory.FindByID(ctx, id)
		switch {
		case errors.Is(err, ErrNotFound):
			gone = append(gone, u)
		case err != nil:
			return 0, nil, err
		}
	}
	return users, gone, nil
}

// believable fails where so many users of a page are not in the pool that it
// rather is another one, or empty.
func (r *run) believable(users, gone int) error {
	if r.job.Vanished > 0 || r.roll.people() > 0 && (gone < vanishedMass || 2*gone <= users) {
		return nil
	}
	return fmt.Errorf("%d of %d users of a page are not in the pool, which has %d people: is it the right one? No deletion of theirs has begun. "+
		"See what verify tells; if they are gone, say how many deletions may begin in all: %s", gone, users, r.roll.people(), allowing(r.vanished+gone))
}

// allowed fails where so many deletions more are too many for one job.
func (r *run) allowed(more int) error {
	most := max(vanishedFew, r.roll.people()/vanishedShare)
	if r.job.Vanished > 0 {
		most = r.job.Vanished
	}
	if r.vanished+more <= most {
		return nil
	}
	return fmt.Errorf("%d users more are not in the pool of %d people, %d deletions have begun, and more than %d may not: is it the right pool? "+
		"See what verify tells; if they are gone, say how many deletions may begin in all: %s", more, r.roll.people(), r.vanished, most, allowing(r.vanished+more))
}

// allowing is how an operator allows so many deletions.
func allowing(n int) string {
	return fmt.Sprintf(`VANISHED=%d or more ("vanished":%d)`, n, n)
}

// beginDeletion begins the deletion of a user who is not in the pool, unless it
// has them after all by its answer of this moment, which the search may lag
// behind.
func (r *run) beginDeletion(ctx context.Context, u *User) error {
	if u.Username != "" {
		_, err := r.present(ctx, u.ID, u.Username)
		if !errors.Is(err, ErrNotFound) {
			return err
		}
	}
	_, err := r.StartDeletion(ctx, u.ID)
	if err != nil {
		return r.tellVanished(u, err)
	}
	r.vanished++
	r.repaired(breaks(RuleVanished, u, vanishedDetail))
	return nil
}

const vanishedDetail = "is not in the pool any more"

// tellVanished tells of a user who is not in the pool and whose deletion has not
// begun: it may not by this job, somebody else was first, or teams keep it from
// beginning, since nobody else owns them; these are named for an operator. A user
// whose record is gone is no matter any more.
func (r *run) tellVanished(u *User, reason error) error {
	f := breaks(RuleVanished, u, vanishedDetail)
	var refused *Error
	switch {
	case errors.Is(reason, ErrNotFound):
		return nil
	case errors.Is(reason, ErrDeletionBlocked) && errors.As(reason, &refused):
		f.Detail += "; the deletion is blocked:"
		for _, b := range refused.Blockers {
			f.Detail += fmt.Sprintf(" %s %s;", b.Code, b.OrganizationID)
		}
	case errors.Is(reason, ErrBroken):
		f.Detail += "; the deletion cannot begin before a record is mended that cannot be read"
	case tolerated(reason) != nil:
		return reason
	}
	r.found(f)
	return nil
}

// enlisted reports whether it is known who is in the pool, by a listing of this
// run or of one before.
func (r *run) enlisted() bool {
	if r.roll == nil || !r.roll.complete {
		if whole := r.rolls.complete(r.now()); whole != nil {
			r.roll = whole
		}
	}
	return r.roll != nil && r.roll.complete
}

// enlist lists a page of the pool for a run that goes on in the table, where it
// does not know yet who is there. The people are not judged.
func (r *run) enlist(ctx context.Context, after string) (next string, err error) {
	begun := r.roll == nil
	if begun {
		r.roll = r.rolls.resume("", r.now())
	}
	if r.roll == nil {
		r.roll = &roll{}
	}
	page, more, err := r.directory.People(ctx, r.roll.next)
	switch {
	case errors.Is(err, ErrExpiredPosition) && begun && r.roll.next != "":
		r.roll = &roll{} // what a run before began, from its beginning, which is the next step's
	case err != nil:
		return "", err
	default:
		r.roll.add(page, more, r.now())
	}
	return after, nil
}
