package account

import (
	"context"
	"errors"
	"slices"
	"time"
)

// What looks broken is looked at again, strongly consistently, before it is
// told: it may have been under way, or the list of members behind.
const (
	looks     = 3
	lookPause = 50 * time.Millisecond
)

// suspect is a record with the rules that it breaks.
type suspect struct {
	record   Record
	findings []Finding
}

// table looks at a page of the table.
func (r *run) table(ctx context.Context, after string) (next string, err error) {
	page, next, err := r.scanner.Scan(ctx, r.job.Range, after, scanPage)
	if err != nil {
		return "", err
	}
	teams := r.teams
	suspects, err := r.examine(ctx, page, teams.count(page))
	if err != nil {
		return "", err
	}
	for _, s := range suspects {
		if err := r.settle(ctx, s); err != nil {
			return "", err
		}
	}
	if r.withPool() {
		if err := r.settleVanished(ctx, page); err != nil {
			return "", err
		}
	}
	if r.repairs() {
		if err := r.keepImages(ctx, page); err != nil {
			return "", err
		}
	}
	for _, item := range page {
		r.sum.Items[item.Type]++
	}
	r.teams = teams
	return next, nil
}

// examine returns what is broken of a page, confirmed.
func (r *run) examine(ctx context.Context, page []Item, counted map[string]int) ([]suspect, error) {
	var records []Record
	found := Records{}
	for _, item := range page {
		if item.Wrong != "" {
			if err := r.misshapen(ctx, item); err != nil {
				return nil, err
			}
		}
		if item.Record != nil {
			records = append(records, item.Record)
			found[item.Record.Key()] = item.Record
		}
	}
	suspects, err := r.look(ctx, records, found, counted)
	for n := 1; n <= looks && len(suspects) > 0 && err == nil; n++ {
		if err := sleep(ctx, lookPause<<(n-1)); err != nil {
			return nil, err
		}
		suspects, err = r.lookAgain(ctx, suspects)
	}
	return suspects, err
}

// look judges records by those that were found already and those that are read
// now. A first look, with counted, asks for no deletions: few users have one, and
// who looks broken without it is looked at again.
func (r *run) look(ctx context.Context, records []Record, found Records, counted map[string]int) (suspects []suspect, err error) {
	var keys []Key
	asked := map[Key]bool{}
	for _, record := range records {
		for _, k := range related(record) {
			if found[k] == nil && !asked[k] && (counted == nil || k.Kind != KindDeletion) {
				asked[k] = true
				keys = append(keys, k)
			}
		}
	}
	read, err := r.readAll(ctx, keys)
	if err != nil {
		return nil, err
	}
	for k, record := range found {
		read[k] = record
	}
	for _, record := range records {
		findings, err := r.judge(ctx, record, read, counted)
		if err != nil {
			return nil, err
		}
		if len(findings) > 0 {
			suspects = append(suspects, suspect{record, findings})
		}
	}
	return suspects, nil
}

// lookAgain judges what was suspected as it is now.
func (r *run) lookAgain(ctx context.Context, suspects []suspect) ([]suspect, error) {
	keys := make([]Key, len(suspects))
	for i, s := range suspects {
		keys[i] = s.record.Key()
	}
	now, err := r.readAll(ctx, keys)
	if err != nil {
		return nil, err
	}
	var records []Record
	for _, k := range keys {
		if now[k] != nil {
			records = append(records, now[k])
		}
	}
	return r.look(ctx, records, Records{}, nil)
}

// settle repairs what a job may and can, and tells the rest.
func (r *run) settle(ctx context.Context, s suspect) error {
	left := []suspect{s}
	if r.repairs() {
		if err := r.repair(ctx, s); err != nil {
			return err
		}
		var err error
		if left, err = r.lookAgain(ctx, left); err != nil {
			return err
		}
	}
	broken := map[Finding]bool{}
	for _, l := range left {
		for _, f := range l.findings {
			broken[f] = true
			r.found(f)
		}
	}
	for _, f := range s.findings {
		if !broken[f] {
			r.repaired(f)
		}
	}
	return nil
}

// people looks at a page of the pool.
func (r *run) people(ctx context.Context, after string) (next string, err error) {
	page, next, err := r.directory.People(ctx, after)
	if err != nil {
		return "", err
	}
	suspects, err := r.compare(ctx, page)
	if err != nil {
		return "", err
	}
	if len(suspects) > 0 {
		// The list may lag, and who signs up at this moment gets their records.
		if err := sleep(ctx, lookPause); err != nil {
			return "", err
		}
	}
	for _, p := range suspects {
		if err := r.settlePerson(ctx, p); err != nil {
			return "", err
		}
	}
	r.sum.People += len(page)
	if r.roll != nil {
		r.roll.add(page, next, r.now())
	}
	return next, nil
}

// compare returns those of some persons who differ from the table.
func (r *run) compare(ctx context.Context, page []Resident) (differ []Resident, err error) {
	var keys []Key
	for _, p := range page {
		keys = append(keys, personKeys(p.Person)...)
	}
	found, err := r.readAll(ctx, keys)
	if err != nil {
		return nil, err
	}
	for _, p := range page {
		if len(r.judgePerson(p, found)) > 0 {
			differ = append(differ, p)
		}
	}
	return differ, nil
}

// settlePerson asks the pool and the table again, repairs what the job may, and
// tells what differs. What is right afterwards was repaired by somebody else
// where the repair did not come to pass.
func (r *run) settlePerson(ctx context.Context, listed Resident) error {
	look := func() ([]Finding, error) {
		p, err := r.present(ctx, listed.ID, listed.Username)
		if errors.Is(err, ErrNotFound) {
			return nil, nil // gone meanwhile: the table's pages tell of it
		}
		if err != nil {
			return nil, err
		}
		found, err := r.readAll(ctx, personKeys(p.Person))
		return r.judgePerson(p, found), err
	}
	before, err := look()
	if err != nil || len(before) == 0 {
		return err
	}
	if !r.repairs() {
		r.found(before...)
		return nil
	}
	failed := r.mend(ctx, listed.ID, listed.Username)
	if err := tolerated(failed); err != nil {
		return err
	}
	after, err := look()
	if err != nil {
		return err
	}
	r.found(after...)
	for _, f := range before {
		if failed == nil && !slices.Contains(after, f) {
			r.repaired(f)
		}
	}
	return nil
}

// present is the person of an id as the pool has them at this moment. A user
// name is given out again where another provider signs people in: who has it now
// may be somebody else, and who had it is then not found.
func (m *Maintenance) present(ctx context.Context, id, username string) (Resident, error) {
	p, err := m.directory.Find(ctx, username)
	if err == nil && p.ID != id {
		return Resident{}, ErrNotFound
	}
	return p, err
}

func personKeys(p Person) []Key {
	keys := []Key{UserKey(p.ID), DeletionKey(p.ID), OrganizationKey(p.ID)}
	if p.Email != "" {
		keys = append(keys, AddressKey(p.Email))
	}
	return keys
}

// signUpLag is how long after somebody was confirmed, or otherwise changed, in
// the pool it is no fault yet that they have no records: Cognito calls the trigger
// that makes them up to three times, of 5 seconds each, and the first request of
// the person makes up for it.
const signUpLag = time.Minute

// judgePerson holds a person's records against the pool, which is the truth for
// the address. Whom a deletion holds is left to it, and who signs up or changes
// something right now, which is written there and then here, to the next run.
func (m *Maintenance) judgePerson(p Resident, found Records) []Finding {
	u, o := found.User(p.ID), found.Organization(p.ID)
	var findings []Finding
	broken := func(rule Rule, detail string) {
		findings = append(findings, Finding{Rule: rule, Item: "user " + p.ID, Detail: detail})
	}
	switch {
	case found[DeletionKey(p.ID)] != nil, u == nil && !p.Confirmed, (u != nil || o == nil) && !m.late(p.ModifiedAt, signUpLag):
		return nil
	case slices.ContainsFunc(personKeys(p.Person), found.unread): // told where the table is looked at
		return nil
	case u == nil && o != nil && o.Status == OrganizationPreserved:
		broken(RuleDeleted, "was deleted, and the pool has the person still")
		return findings
	case u == nil:
		broken(RuleRecords, "is confirmed in the pool, and has no records")
		return findings
	}
	if p.Username != u.Username {
		broken(RulePool, "has another user name in the pool")
	}
	if p.Email != "" && (u.Email != p.Email || u.EmailVerified != p.EmailVerified) {
		broken(RulePool, "has another address, or verification, in the pool")
	}
	if name := fittingName(p.Name); name != "" && name != u.Name {
		broken(RulePool, "has another name in the pool")
	}
	if a := found.Address(p.Email); p.Email != "" && (a == nil || a.UserID != p.ID) {
		broken(RuleAddress, "has an address in the pool that does not lead to the user")
	}
	switch {
	case p.Enabled && u.Status != UserActive:
		broken(RulePool, "can sign in, and is not active")
	case !p.Enabled && u.Status == UserActive:
		broken(RulePool, "is active, and cannot sign in")
	}
	return findings
}
