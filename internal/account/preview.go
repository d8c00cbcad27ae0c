package account

import "context"

// Effect is one thing that a deletion does.
type Effect struct {
	Kind EffectKind `json:"kind"`
	// Count is how many of the kind; of account data at most MaxCounted.
	Count int `json:"count"`
	// Names are those of what is counted, sorted; empty where it has none.
	Names []string `json:"names"`
}

// EffectKind says what a deletion does; clients translate it.
type EffectKind string

// The effects. What counts nothing is not told.
const (
	// EffectOrganizationsDeleted are teams with no other member.
	EffectOrganizationsDeleted EffectKind = "organizations_deleted"
	// EffectOwnershipsGivenUp are teams that have other owners.
	EffectOwnershipsGivenUp EffectKind = "ownerships_given_up"
	// EffectOrganizationsLeft are all teams that go on, with the above.
	EffectOrganizationsLeft EffectKind = "organizations_left"
	// EffectInvitationsDeclined are pending invitations to the user's
	// addresses, named by their organizations.
	EffectInvitationsDeclined EffectKind = "invitations_declined"
	// EffectAccountDataErased are items of the personal account.
	EffectAccountDataErased EffectKind = "account_data_erased"
	// EffectPersonalOrganizationPreserved leaves a record without owner and
	// name; EffectPersonalOrganizationErased leaves none.
	EffectPersonalOrganizationPreserved EffectKind = "personal_organization_preserved"
	EffectPersonalOrganizationErased    EffectKind = "personal_organization_erased"
	// EffectProfileErased is the user: name, addresses, image, preferences,
	// sessions and security settings.
	EffectProfileErased EffectKind = "profile_erased"
)

// MaxCounted is up to how many items of account data are counted.
const MaxCounted = 10_000

// Preview is what deleting an account means now.
type Preview struct {
	// Blockers are the reasons for which it cannot be deleted; none if it can.
	Blockers []Blocker `json:"blockers"`
	Effects  []Effect  `json:"effects"`
	// Digest is over all that the answer depends on. A deletion carries it, so
	// that nothing is done that was not shown.
	Digest string `json:"digest"`
}

// PreviewDeletion tells what deleting the caller's account would do, and what
// stands against it. It fails as Authorize does.
func (s *Service) PreviewDeletion(ctx context.Context, id Identity) (Preview, error) {
	return Preview{}, ErrUnavailable.Because(errUnfinished)
}
