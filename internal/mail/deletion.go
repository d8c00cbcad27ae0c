package mail

import "time"

// DeletionAccepted tells someone that the deletion of their account has begun,
// which they may not have wanted. It is written in their own language.
type DeletionAccepted struct {
	// DeletionID is what to name when asking about it.
	DeletionID string
	// GraceEndsAt is until when the account can be restored; zero if it cannot.
	GraceEndsAt time.Time
	// Link leads to the product.
	Link string
}

func (m DeletionAccepted) kind() Kind {
	if m.GraceEndsAt.IsZero() {
		return KindDeletionAccepted
	}
	return KindDeletionPending
}

func (m DeletionAccepted) link() string { return m.Link }

// actor is the reader: there is no variant without a name.
func (m DeletionAccepted) actor() string { return m.DeletionID }

func (m DeletionAccepted) values(d dictionary) map[string]string {
	values := map[string]string{"DeletionID": printable(m.DeletionID)}
	if !m.GraceEndsAt.IsZero() {
		values["GraceEndsAt"] = d.date(m.GraceEndsAt)
	}
	return values
}

// DeletionCompleted tells someone that their account is gone.
type DeletionCompleted struct {
	// DeletionID is what to name when asking about it.
	DeletionID string
	// Link leads to the product.
	Link string
}

func (DeletionCompleted) kind() Kind { return KindDeletionCompleted }

func (m DeletionCompleted) link() string { return m.Link }

func (m DeletionCompleted) actor() string { return m.DeletionID }

func (m DeletionCompleted) values(dictionary) map[string]string {
	return map[string]string{"DeletionID": printable(m.DeletionID)}
}
