package account

import (
	"cmp"
	"context"
	"errors"
	"time"
)

// Operation is what support does with one user.
type Operation string

// The operations. Each but OperationShow acts on the pool and on the table, the
// table first where access ends; killed in between and done again, it ends the
// same.
const (
	OperationShow    Operation = "show"
	OperationSignOut Operation = "sign-out"
	OperationDisable Operation = "disable"
	OperationEnable  Operation = "enable"
	OperationRestore Operation = "restore"
	OperationDelete  Operation = "delete"
)

// Operator is the actor of what operators do, in audit logs.
const Operator = "operator"

// The actions of operators, noted in the personal organization of whom they are
// about.
const (
	UserShown     AuditAction = "user.shown"
	UserSignedOut AuditAction = "user.signed_out"
	UserDisabled  AuditAction = "user.disabled"
	UserEnabled   AuditAction = "user.enabled"
	UserRestored  AuditAction = "user.restored"
	UserDeleted   AuditAction = "user.deleted"
)

// Order is what an operator wants done with the user of an address.
type Order struct {
	Do    Operation `json:"do"`
	Email string    `json:"email"`
	// Force disables also who is the only owner of teams with other members, which
	// check names until somebody else owns them, and who has more than MaxGivenUp
	// to give up.
	Force bool `json:"force,omitempty"`
}

// Dossier is a user as operators see them, after what was done.
type Dossier struct {
	ID       string `json:"id"`
	Username string `json:"username"`
	Email    string `json:"email"`
	Name     string `json:"name"`
	// Status is the table's; empty without records.
	Status    UserStatus `json:"status,omitempty"`
	CreatedAt time.Time  `json:"createdAt,omitzero"`
	// InPool, Confirmed, Enabled and EmailVerified are the pool's.
	InPool        bool `json:"inPool"`
	Confirmed     bool `json:"confirmed"`
	Enabled       bool `json:"enabled"`
	EmailVerified bool `json:"emailVerified"`
	// Teams are the first MaxRead that the user is a member of.
	Teams     []DossierTeam    `json:"teams"`
	TeamCount int              `json:"teamCount"`
	Deletion  *DossierDeletion `json:"deletion,omitempty"`
}

// DossierTeam is a team of a user.
type DossierTeam struct {
	OrganizationID string             `json:"organizationId"`
	Name           string             `json:"name"`
	Role           Role               `json:"role"`
	Status         OrganizationStatus `json:"status"`
}

// DossierDeletion is how far the deletion of a user is.
type DossierDeletion struct {
	ID          string         `json:"id"`
	Status      DeletionStatus `json:"status"`
	GraceEndsAt time.Time      `json:"graceEndsAt,omitzero"`
}

// Operate does what an operator orders and returns the user as they are then. It
// fails with CodeInvalidRequest on /do or /email, ErrNotFound where nobody has
// the address, ErrDeletionBlocked and ErrLastOwner with the reasons against
// deleting and disabling, and ErrConflict where the user's deletion forbids it,
// there is none to undo, or others stay in the way.
func (m *Maintenance) Operate(ctx context.Context, order Order) (Dossier, error) {
	do, known := map[Operation]func(context.Context, subject, Order) error{
		OperationShow: m.show, OperationSignOut: m.signOut, OperationDisable: m.disable,
		OperationEnable: m.enable, OperationRestore: m.restore, OperationDelete: m.remove,
	}[order.Do]
	if !known {
		return Dossier{}, Invalid("/do", FieldUnknownValue)
	}
	email, err := ValidAddress("/email", order.Email)
	if err != nil {
		return Dossier{}, err
	}
	who, err := m.locate(ctx, email)
	if err != nil {
		return Dossier{}, err
	}
	if err := do(ctx, who, order); err != nil {
		return Dossier{}, err
	}
	return m.dossier(ctx, who)
}

// subject is whom an operation is about.
type subject struct {
	userID, username, email string
	// inPool is whether the pool knows them.
	inPool bool
}

func subjectOf(p Resident) subject {
	return subject{userID: p.ID, username: p.Username, email: p.Email, inPool: true}
}

// locate finds whose an address is: by the pool, or by the table for whom the
// pool does not find by it, since they changed it there, or came by federation.
// Who is not in the pool any more is in the table alone.
func (m *Maintenance) locate(ctx context.Context, email string) (subject, error) {
	p, err := m.directory.Find(ctx, email)
	if err == nil {
		return subjectOf(p), nil
	}
	if !errors.Is(err, ErrNotFound) {
		return subject{}, err
	}
	records, err := m.store.Read(ctx, AddressKey(email))
	if err != nil {
		return subject{}, err
	}
	address := records.Address(email)
	if address == nil {
		return subject{}, ErrNotFound
	}
	switch p, err = m.findUser(ctx, address.UserID); {
	case err == nil:
		return subjectOf(p), nil
	case errors.Is(err, ErrNotFound):
		return subject{userID: address.UserID, email: email}, nil
	}
	return subject{}, err
}

// findUser asks the pool for somebody by the table's user name, and where that
// is nobody's or somebody else's now, by the id.
func (m *Maintenance) findUser(ctx context.Context, userID string) (Resident, error) {
	records, err := m.store.Read(ctx, UserKey(userID))
	if err != nil {
		return Resident{}, err
	}
	if u := records.User(userID); u != nil {
		p, err := m.directory.Find(ctx, cmp.Or(u.Username, u.ID))
		if err == nil && p.ID == userID || err != nil && !errors.Is(err, ErrNotFound) {
			return p, err
		}
	}
	return m.directory.FindByID(ctx, userID)
}

// atPool does something at the pool, if it knows the user; who went away
// meanwhile is no error.
func (m *Maintenance) atPool(ctx context.Context, who subject, do func(ctx context.Context, username string) error) error {
	if !who.inPool {
		return nil
	}
	if err := do(ctx, who.username); !errors.Is(err, ErrNotFound) {
		return err
	}
	return nil
}

// noteOrder adds to a change that what an operator does is noted in the user's
// personal organization. A user without one is acted on all the same, with no
// log to note it in.
func (s *Service) noteOrder(change *Change, home *Organization, action AuditAction) {
	if home == nil {
		return
	}
	change.Premises = append(change.Premises, Exists{Of: home.Key()})
	s.audit(change, home.ID, Operator, action, home.ID, "")
}

// noted commits an order's note, with the updates that it makes of a user who
// has records. It fails with ErrConflict where others stay in the way.
func (m *Maintenance) noted(ctx context.Context, userID string, action AuditAction, updates ...Update) error {
	for range decideTries {
		records, err := m.store.Read(ctx, UserKey(userID), OrganizationKey(userID))
		if err != nil {
			return err
		}
		var change Change
		if records.User(userID) != nil {
			change.Updates = updates
		}
		m.noteOrder(&change, records.Organization(userID), action)
		if len(change.Updates)+len(change.Puts) == 0 {
			return nil
		}
		var failed *PremiseError
		if err := m.commit(ctx, change); !errors.As(err, &failed) {
			return err
		}
	}
	return ErrConflict
}

func (m *Maintenance) show(ctx context.Context, who subject, _ Order) error {
	return m.noted(ctx, who.userID, UserShown)
}

// signOut ends every session here and every refresh token at the pool.
func (m *Maintenance) signOut(ctx context.Context, who subject, _ Order) error {
	now, none := m.clock(), ""
	from := now.Truncate(time.Second).Add(time.Second) // auth_time has whole seconds
	if err := m.noted(ctx, who.userID, UserSignedOut,
		ChangeUser{UserID: who.userID, SessionsValidFrom: &from, KeptSession: &none, UpdatedAt: now}); err != nil {
		return err
	}
	return m.atPool(ctx, who, m.directory.SignOut)
}

// restore ends a deletion within its grace period.
func (m *Maintenance) restore(ctx context.Context, who subject, _ Order) error {
	d, err := m.FindDeletion(ctx, who.userID)
	switch {
	case errors.Is(err, ErrNotFound):
		records, err := m.store.Read(ctx, UserKey(who.userID))
		if err != nil {
			return err
		}
		if u := records.User(who.userID); u == nil || u.Status != UserActive {
			return ErrConflict.Because(errors.New("there is no deletion to undo"))
		}
		return m.atPool(ctx, who, m.directory.Enable) // it was undone
	case err != nil:
		return err
	}
	if err := m.restoreUser(ctx, who.userID, UserRestored); err != nil || d.Disabled {
		return err
	}
	return m.atPool(ctx, who, m.directory.Enable)
}

// remove begins a deletion under the same policies as the user's own. The records
// are brought up to the pool first, or made: what is erased there goes by them.
func (m *Maintenance) remove(ctx context.Context, who subject, _ Order) error {
	if who.inPool {
		err := m.mend(ctx, who.userID, who.username)
		if err != nil && !errors.Is(err, ErrUserInactive) && !errors.Is(err, ErrNotFound) {
			return err
		}
	}
	if _, err := m.startDeletion(ctx, who.userID, UserDeleted); err != nil {
		return err
	}
	return m.atPool(ctx, who, m.directory.SignOut)
}

// dossier reads what operators see.
func (m *Maintenance) dossier(ctx context.Context, who subject) (Dossier, error) {
	d := Dossier{ID: who.userID, Username: who.username, Email: who.email, Teams: []DossierTeam{}}
	if who.inPool {
		p, err := m.directory.Find(ctx, who.username)
		if err != nil && !errors.Is(err, ErrNotFound) {
			return Dossier{}, err
		}
		d.InPool, d.Confirmed, d.Enabled, d.EmailVerified, d.Name = err == nil, p.Confirmed, p.Enabled, p.EmailVerified, p.Name
	}
	page, _, err := m.store.Memberships(ctx, who.userID, "", MaxRead-2)
	if err != nil {
		return Dossier{}, err
	}
	keys := []Key{UserKey(who.userID), DeletionKey(who.userID)}
	for _, member := range page {
		keys = append(keys, OrganizationKey(member.OrganizationID))
	}
	records, err := m.store.Read(ctx, keys...)
	if err != nil {
		return Dossier{}, err
	}
	if u := records.User(who.userID); u != nil {
		d.Name, d.Status, d.CreatedAt, d.TeamCount = u.Name, u.Status, u.CreatedAt, u.TeamCount
	}
	if deletion := records.Deletion(who.userID); deletion != nil {
		d.Deletion = &DossierDeletion{ID: deletion.ID, Status: deletion.Status, GraceEndsAt: deletion.GraceEndsAt}
	}
	for _, member := range page {
		if o := records.Organization(member.OrganizationID); o != nil && !o.IsPersonal {
			d.Teams = append(d.Teams, DossierTeam{OrganizationID: o.ID, Name: o.Name, Role: member.Role, Status: o.Status})
		}
	}
	return d, nil
}
