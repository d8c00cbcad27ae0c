package account

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
)

// Effect is one thing that a deletion does.
type Effect struct {
	Kind EffectKind `json:"kind"`
	// Count is how many of the kind; of account data the things that people
	// made, at most MaxCounted.
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
	// EffectInvitationsRevoked are pending invitations that the user sent for
	// teams that go on, named by these.
	EffectInvitationsRevoked EffectKind = "invitations_revoked"
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
	u, err := s.leaver(ctx, id)
	if err != nil {
		return Preview{}, err
	}
	h, err := s.holdings(ctx, u)
	if err != nil {
		return Preview{}, err
	}
	preview, _ := s.preview(ctx, h)
	return preview, nil
}

// holdings are all that a deletion is decided on.
type holdings struct {
	user     User
	personal *Organization
	// owned are the teams that the user owns and nobody deletes yet; left are
	// the others that the user is in.
	owned []*Organization
	left  []*Organization
	// teams counts memberships, those in teams that are being deleted too.
	teams int
	// invitedBy are the names of the teams that wait for the user's answer.
	invitedBy []string
	// invitedTo are the names of the teams where answers to the user are waited
	// for, sent how many.
	invitedTo []string
	sent      int
	data      int
}

// solo reports whether a team goes with its owner.
func solo(o *Organization) bool { return o.MemberCount == 1 }

// holdings reads what a user has, which was read before: whatever membership is
// given or taken meanwhile changes the user's AccountsVersion.
func (s *Service) holdings(ctx context.Context, u User) (holdings, error) {
	h := holdings{user: u}
	for after := ""; ; {
		page, next, err := s.store.Memberships(ctx, u.ID, after, MaxRead)
		if err != nil {
			return holdings{}, err
		}
		if err := s.addTeams(ctx, &h, page); err != nil {
			return holdings{}, err
		}
		if after = next; after == "" {
			break
		}
	}
	var err error
	if h.invitedBy, err = s.invitedBy(ctx, u); err != nil {
		return holdings{}, err
	}
	h.data, err = s.store.CountData(ctx, u.ID, MaxCounted)
	return h, err
}

// addTeams adds a page of memberships.
func (s *Service) addTeams(ctx context.Context, h *holdings, page []*Membership) error {
	records, err := s.organizationsOf(ctx, page)
	if err != nil {
		return err
	}
	for _, m := range page {
		o := records.Organization(m.OrganizationID)
		switch {
		case m.OrganizationID == h.user.ID:
			h.personal = o
			continue
		case o == nil || o.Status == OrganizationClosing:
		case m.Role == Owner:
			h.owned = append(h.owned, o)
		default:
			h.left = append(h.left, o)
		}
		h.teams++
		if o == nil || o.Status != OrganizationActive || solo(o) || !s.grants.Allow(m.Role, InviteMembers) {
			continue
		}
		sent, err := s.pendingSent(ctx, o, h.user.ID)
		if err != nil {
			return err
		}
		sent = slices.DeleteFunc(sent, func(i *Invitation) bool { return i.StatusAt(s.clock()) != InvitationPending })
		if h.sent += len(sent); len(sent) > 0 {
			h.invitedTo = append(h.invitedTo, o.Name)
		}
	}
	return nil
}

// invitedBy names the teams with pending invitations to a user.
func (s *Service) invitedBy(ctx context.Context, u User) (names []string, err error) {
	addresses, err := s.ownAddresses(ctx, u)
	if err != nil {
		return nil, err
	}
	for _, email := range addresses {
		for after := ""; ; {
			page, next, err := s.store.InvitationsTo(ctx, email, after, MaxRead)
			if err != nil {
				return nil, err
			}
			keys := make([]Key, len(page))
			for i, invitation := range page {
				keys[i] = OrganizationKey(invitation.OrganizationID)
			}
			records, err := s.store.Read(ctx, keys...)
			if err != nil {
				return nil, err
			}
			for _, i := range page {
				o := records.Organization(i.OrganizationID)
				if o != nil && o.Status == OrganizationActive && i.StatusAt(s.clock()) == InvitationPending {
					names = append(names, o.Name)
				}
			}
			if after = next; after == "" {
				break
			}
		}
	}
	return names, nil
}

// pendingSent returns the invitations to a team that a user sent and nobody ended
// yet. It looks no further than all that are pending there, which the team counts.
func (s *Service) pendingSent(ctx context.Context, o *Organization, userID string) (sent []*Invitation, err error) {
	for after, left := "", o.SeatsUsed-o.MemberCount; left > 0; {
		page, next, err := s.store.Invitations(ctx, o.ID, after, MaxRead)
		if err != nil {
			return nil, err
		}
		for _, i := range page {
			if i.Status != InvitationPending {
				continue
			}
			if left--; i.InvitedBy == userID {
				sent = append(sent, i)
			}
		}
		if after = next; after == "" {
			break
		}
	}
	return sent, nil
}

// preview tells what stands against a deletion and what it does, and why
// policies failed.
func (s *Service) preview(ctx context.Context, h holdings) (Preview, error) {
	p := Preview{Blockers: []Blocker{}, Effects: s.effects(h)}
	blockers, failures := s.ask(ctx, Question{Act: ActDeleteAccount, User: h.user, Personal: h.personal, Owned: h.owned})
	p.Blockers = append(p.Blockers, blockers...)
	p.Digest = p.digest(h.user)
	return p, failures
}

// digest is over all that was told, and over what it was decided on. A policy
// that could not say is no part of it: by itself nothing changed.
func (p Preview) digest(u User) string {
	told := p
	told.Blockers = slices.DeleteFunc(slices.Clone(p.Blockers), func(b Blocker) bool { return b.Code == PolicyUnavailable })
	told.Digest = ""
	text, _ := json.Marshal(struct { // texts and numbers: it cannot fail
		UserID, Email   string
		AccountsVersion int
		Told            Preview
	}{u.ID, u.Email, u.AccountsVersion, told})
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// effects tells what a deletion does, leaving out what counts nothing.
func (s *Service) effects(h holdings) []Effect {
	var deleted, givenUp, left []string
	for _, o := range h.owned {
		switch {
		case solo(o):
			deleted = append(deleted, o.Name)
		case o.OwnerCount > 1:
			givenUp, left = append(givenUp, o.Name), append(left, o.Name)
		}
	}
	for _, o := range h.left {
		left = append(left, o.Name)
	}
	personal := EffectPersonalOrganizationPreserved
	if s.config.PersonalOrganization == ErasePersonal {
		personal = EffectPersonalOrganizationErased
	}
	var effects []Effect
	for _, e := range []Effect{
		{EffectOrganizationsDeleted, len(deleted), deleted},
		{EffectOwnershipsGivenUp, len(givenUp), givenUp},
		{EffectOrganizationsLeft, len(left), left},
		{EffectInvitationsDeclined, len(h.invitedBy), h.invitedBy},
		{EffectInvitationsRevoked, h.sent, h.invitedTo},
		{EffectAccountDataErased, h.data, nil},
		{personal, 1, []string{PersonalName(h.user.Name)}},
		{EffectProfileErased, 1, []string{cmp.Or(h.user.Email, h.user.Name)}},
	} {
		if e.Count == 0 {
			continue
		}
		slices.Sort(e.Names)
		if e.Names == nil {
			e.Names = []string{}
		}
		effects = append(effects, e)
	}
	return effects
}
