package account

import (
	"context"
	"errors"
	"regexp"
	"slices"
	"strings"
	"time"

	"golang.org/x/text/unicode/norm"
)

// NewOrganization is what a client says of a team that it creates.
type NewOrganization struct {
	// Name is 1 to 64 characters after cleaning.
	Name string
	// Slug is 3 to 48 of a-z, 0-9 and hyphens; empty has one made of the name.
	Slug string
}

// The bounds of a slug, in characters.
const (
	MinSlugLength = 3
	MaxSlugLength = 48
)

var slugForm = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)

// reservedSlugs are names that a product's own pages are likely to have.
var reservedSlugs = []string{
	"about", "account", "accounts", "admin", "api", "app", "auth", "billing", "blog", "config", "dashboard", "docs", "help",
	"home", "invitations", "legal", "login", "logout", "me", "new", "organizations", "personal", "pricing", "privacy",
	"profile", "projects", "security", "settings", "sign-in", "sign-up", "signin", "signup", "status", "support", "teams", "terms", "www",
}

// ValidSlug fails with CodeInvalidRequest naming the field unless a slug is of
// the form and not reserved.
func ValidSlug(field, slug string) error {
	switch {
	case len(slug) < MinSlugLength:
		return Invalid(field, FieldTooShort)
	case len(slug) > MaxSlugLength:
		return Invalid(field, FieldTooLong)
	case !slugForm.MatchString(slug):
		return Invalid(field, FieldMalformed)
	case slices.Contains(reservedSlugs, slug):
		return Invalid(field, FieldNotAllowed)
	}
	return nil
}

// slugOf makes a slug of a name: what remains of it in plain letters, and
// something of the id where that is too little or is taken.
func slugOf(name, id string, taken bool) string {
	var b strings.Builder
	for _, r := range norm.NFKD.String(strings.ToLower(name)) {
		switch {
		case 'a' <= r && r <= 'z' || '0' <= r && r <= '9':
			b.WriteRune(r)
		case r < 0x300 || r > 0x36F: // an accent leaves its letter alone
			if s := b.String(); s != "" && !strings.HasSuffix(s, "-") {
				b.WriteByte('-')
			}
		}
	}
	slug := strings.Trim(b.String(), "-")
	if !taken && ValidSlug("", slug) == nil {
		return slug
	}
	// The end of a UUIDv7 is its random part.
	tail := strings.ReplaceAll(id, "-", "")
	tail = tail[max(0, len(tail)-8):]
	slug = strings.TrimRight(slug[:min(len(slug), MaxSlugLength-len(tail)-1)], "-")
	return strings.Trim(slug+"-"+tail, "-")
}

// CreateOrganization makes a team with the caller as its owner. It fails with
// CodeInvalidRequest on /name or /slug, ErrAccountMode, ErrForbidden where
// nobody may create or a policy stands against it, ErrOrganizationLimit, ErrSlugTaken and
// ErrIdempotencyKeyReused.
func (s *Service) CreateOrganization(ctx context.Context, id Identity, c Caller, n NewOrganization, repeat Repeat) (Account, error) {
	name, err := ValidName("/name", n.Name)
	if err == nil && n.Slug != "" {
		err = ValidSlug("/slug", n.Slug)
	}
	switch {
	case err != nil:
		return Account{}, err
	case s.config.AccountMode == PersonalOnly:
		return Account{}, ErrAccountMode
	case s.config.WhoMayCreateOrganizations == NobodyCreates:
		return Account{}, ErrForbidden
	}
	if err := s.permit(ctx, Question{Act: ActCreateOrganization, User: c.User}); err != nil {
		return Account{}, err
	}
	now, organizationID := s.clock(), s.newID()
	o := &Organization{
		ID: organizationID, Name: name, Slug: n.Slug, Status: OrganizationActive, MemberCount: 1, OwnerCount: 1, SeatsUsed: 1,
		SeatLimit: s.config.SeatLimit, Version: 1, CreatedBy: c.User.ID, CreatedAt: now, UpdatedAt: now,
	}
	for taken := false; ; taken = true {
		if n.Slug == "" {
			o.Slug = slugOf(name, organizationID, taken)
		}
		made, err := s.createOnce(ctx, c.User.ID, repeat, organizationID, s.createTeam(o, c.User))
		if errors.Is(err, ErrSlugTaken) && n.Slug == "" && !taken {
			continue
		}
		if err != nil {
			return Account{}, err
		}
		if made != organizationID { // the same request made it before
			again, err := s.Authorize(ctx, id, Target{AccountID: made, InPath: true})
			return again.Account, err
		}
		return Account{Organization: o, Role: Owner, grants: s.grants}, nil
	}
}

// createTeam is the change that makes an organization with its first member.
func (s *Service) createTeam(o *Organization, u User) Change {
	membership := newMembership(&u, o.ID, Owner, o.CreatedAt)
	slug := &Slug{Slug: o.Slug, OrganizationID: o.ID, Version: 1}
	change := Change{
		Premises: []Premise{
			UserIsActive{UserID: u.ID},
			TeamsBelow{UserID: u.ID, Limit: s.config.MaxOrganizationsPerUser},
			IsAbsent{Of: slug.Key(), Else: ErrSlugTaken},
			IsAbsent{Of: o.Key()},
			IsAbsent{Of: membership.Key()},
		},
		Puts:    []Record{o, slug, membership},
		Updates: []Update{ChangeUser{UserID: u.ID, Teams: 1, Accounts: 1, UpdatedAt: o.CreatedAt}},
	}
	s.audit(&change, o.ID, u.ID, OrganizationCreated, o.ID, o.Slug)
	return change
}

// EditOrganization is what a client changes of a team; nil leaves it.
type EditOrganization struct{ Name, Slug *string }

// UpdateOrganization renames a team or gives it another slug. unchanged is the
// client's condition on what it saw. It fails as act does, with
// CodeInvalidRequest on /name or /slug, and with ErrSlugTaken.
func (s *Service) UpdateOrganization(ctx context.Context, id Identity, organizationID string, e EditOrganization, unchanged func(Account) error) (Account, error) {
	if e.Name != nil {
		name, err := ValidName("/name", *e.Name)
		if err != nil {
			return Account{}, err
		}
		e.Name = &name
	}
	if e.Slug != nil {
		if err := ValidSlug("/slug", *e.Slug); err != nil {
			return Account{}, err
		}
	}
	return s.editOrganization(ctx, id, organizationID, unchanged, func(o Organization) ChangeOrganization {
		edit := ChangeOrganization{}
		if e.Name != nil && *e.Name != o.Name {
			edit.Name = e.Name
		}
		if e.Slug != nil && *e.Slug != o.Slug {
			edit.Slug = e.Slug
		}
		return edit
	})
}

// SetOrganizationImage gives a team the image kept under key, or none for "".
func (s *Service) SetOrganizationImage(ctx context.Context, id Identity, organizationID, key string, unchanged func(Account) error) (Account, error) {
	return s.editOrganization(ctx, id, organizationID, unchanged, func(o Organization) ChangeOrganization {
		if o.ImageKey == key {
			return ChangeOrganization{}
		}
		return ChangeOrganization{ImageKey: &key}
	})
}

// errNothing ends a decision that finds nothing to do.
var errNothing = errors.New("nothing to do")

// editOrganization commits what edit wants changed of a team as it was read.
func (s *Service) editOrganization(ctx context.Context, id Identity, organizationID string, unchanged func(Account) error, edit func(Organization) ChangeOrganization) (Account, error) {
	var after *Organization
	d := deed{organizationID: organizationID, permission: UpdateOrganization}
	caller, err := s.act(ctx, id, d, func(c Caller, _ Records, change *Change) error {
		o := c.Organization
		after = o
		if err := unchanged(c.Account); err != nil {
			return err
		}
		wanted := edit(*o)
		if wanted == (ChangeOrganization{}) {
			return errNothing
		}
		wanted.OrganizationID, wanted.UpdatedAt = o.ID, s.clock()
		change.Premises = append(change.Premises, VersionIs{Of: o.Key(), Version: o.Version})
		change.Updates = append(change.Updates, wanted)
		if wanted.Slug != nil {
			slug := &Slug{Slug: *wanted.Slug, OrganizationID: o.ID, Version: 1}
			change.Premises = append(change.Premises, IsAbsent{Of: slug.Key(), Else: ErrSlugTaken}, Exists{Of: SlugKey(o.Slug)})
			change.Puts = append(change.Puts, slug)
			change.Deletes = append(change.Deletes, SlugKey(o.Slug))
		}
		s.audit(change, o.ID, c.User.ID, OrganizationUpdated, o.ID, "")
		after, _ = wanted.Apply(o).(*Organization)
		return nil
	})
	if err != nil && !errors.Is(err, errNothing) {
		return Account{}, err
	}
	return Account{Organization: after, Role: caller.Role, grants: s.grants}, nil
}

// DeleteOrganization ends access to a team at once; what it owns is removed in
// the background. It fails as act does: a personal organization is never
// deleted. Policies that stand against it are ErrDeletionBlocked.
func (s *Service) DeleteOrganization(ctx context.Context, id Identity, organizationID string) error {
	d := deed{organizationID: organizationID, permission: DeleteOrganization, sensitive: true}
	_, err := s.act(ctx, id, d, func(c Caller, _ Records, change *Change) error {
		if err := s.permit(ctx, Question{Act: ActDeleteOrganization, User: c.User, Organization: c.Organization}); err != nil {
			return err
		}
		closing, now := OrganizationClosing, s.clock()
		due := now.Add(purgeRedrive)
		change.Premises = append(change.Premises, NoSubscription{OrganizationID: organizationID})
		change.Updates = append(change.Updates, ChangeOrganization{
			OrganizationID: organizationID, Status: &closing, DueAt: &due, UpdatedAt: now,
		})
		shutGates(change, organizationID)
		s.audit(change, organizationID, c.User.ID, OrganizationDeleted, organizationID, "")
		return nil
	})
	return err
}

// purgeRedrive is how long after its last progress a purge is taken up again by
// the schedule.
const purgeRedrive = 15 * time.Minute
