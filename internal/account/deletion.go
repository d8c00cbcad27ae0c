package account

import "time"

// DeletionStatus is how far a deletion is.
type DeletionStatus string

// The states of a deletion.
const (
	// DeletionPending waits for the end of its grace period and can be restored.
	DeletionPending DeletionStatus = "pending"
	// DeletionRunning is being erased; there is no way back.
	DeletionRunning DeletionStatus = "running"
	// DeletionCompleted is a marker: it keeps the id from coming back while
	// tokens with it may live.
	DeletionCompleted DeletionStatus = "completed"
)

// Deletion stands while a user is being deleted, and afterwards as a marker
// without personal data as long as tokens with the id may live.
type Deletion struct {
	UserID string
	// ID names the deletion for operators; it is the certificate's too.
	ID     string
	Status DeletionStatus
	// Digest is that of the preview which was confirmed; empty for one that an
	// operator began.
	Digest string
	// Closed are the teams that go with the user, GivenUp those in which the
	// accepting transaction made an administrator of the owner: what a restore
	// brings back.
	Closed  []string
	GivenUp []string
	// Disabled is whether an operator had disabled the user before: a restore
	// brings back just that, and what they gave up then stays with the user.
	Disabled bool
	// PersonalOrganization is PreservePersonal or ErasePersonal: what the preview
	// said of it, whatever is configured by the time that it is erased.
	PersonalOrganization string
	// Username is the identity provider's name for the user, for its last step.
	Username string
	// Stage is what the worker is at; Erased is what it did.
	Stage  Stage
	Erased Erased
	// AcceptedAt is when access ended, GraceEndsAt when erasing begins.
	AcceptedAt  time.Time
	GraceEndsAt time.Time
	// DueAt is when the schedule takes it up if the stream did not; zero once
	// it is completed.
	DueAt time.Time
	// ExpiresAt is when the marker goes; zero before it is one.
	ExpiresAt time.Time
	Version   int
}

// Key names the deletion.
func (d *Deletion) Key() Key { return DeletionKey(d.UserID) }

// Revision is the number of times that the deletion was written.
func (d *Deletion) Revision() int { return d.Version }

// Stage is a part of the worker's way, in the order of the constants.
type Stage string

// The stages. Each is left when nothing of its kind is there any more, so that
// a worker killed anywhere goes on where it was.
const (
	StageMemberships   Stage = "memberships"
	StageOrganizations Stage = "organizations"
	StageInvitations   Stage = "invitations"
	StageRecords       Stage = "records"
	StageImages        Stage = "images"
	StageData          Stage = "data"
	StagePersonal      Stage = "personal_organization"
	StageMail          Stage = "mail"
	StageUser          Stage = "user"
	StageProvider      Stage = "identity_provider"
)

// Erased counts what a deletion erased.
//
// A certificate's MAC is over its JSON: a count that is added here must be left
// out where it is zero, so that certificates from before stay good.
type Erased struct {
	// Memberships and Organizations are those that there were when the deletion
	// was accepted.
	Memberships int `json:"memberships"`
	// Organizations are teams that went with their only member.
	Organizations int `json:"organizations"`
	// Invitations were sent by the user, or to an address of theirs.
	Invitations int `json:"invitations"`
	// Records are sessions, idempotency records, limits, recovery codes,
	// passkeys' names and exports.
	Records int `json:"records"`
	// Data are items that the personal account owned.
	Data int `json:"data"`
	// Images are pictures of the user, counted before the first one went, up to
	// a thousand.
	Images int `json:"images"`
	// Users and Addresses are the person's own records.
	Users     int `json:"users"`
	Addresses int `json:"addresses"`
}

func (e Erased) plus(more Erased) Erased {
	return Erased{
		Memberships: e.Memberships + more.Memberships, Organizations: e.Organizations + more.Organizations,
		Invitations: e.Invitations + more.Invitations, Records: e.Records + more.Records, Data: e.Data + more.Data,
		Images: e.Images + more.Images, Users: e.Users + more.Users, Addresses: e.Addresses + more.Addresses,
	}
}

// ChangeDeletion notes how far a deletion is; a nil field stays as it is.
type ChangeDeletion struct {
	UserID string
	Status *DeletionStatus
	Stage  *Stage
	// DueAt puts the deletion off in the list of what is due.
	DueAt  *time.Time
	Erased *Erased
}

// Key names the deletion.
func (c ChangeDeletion) Key() Key { return DeletionKey(c.UserID) }

// Apply returns the deletion with the change made.
func (c ChangeDeletion) Apply(r Record) Record {
	old, ok := r.(*Deletion)
	if !ok {
		return r
	}
	d := *old
	set(&d.Status, c.Status)
	set(&d.Stage, c.Stage)
	set(&d.DueAt, c.DueAt)
	set(&d.Erased, c.Erased)
	d.Version++
	return &d
}
