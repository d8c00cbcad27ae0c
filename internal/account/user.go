package account

import (
	"time"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// UserStatus is whether a user may act.
type UserStatus string

// The states of a user.
const (
	UserActive   UserStatus = "active"
	UserInactive UserStatus = "inactive"
)

// User is a person; the id is the Cognito sub.
type User struct {
	ID string
	// Username is Cognito's, for calls by an administrator. It is the id but
	// for federated users.
	Username string
	// Email and EmailVerified are copies for display: the pool is the truth.
	Email         string
	EmailVerified bool
	// PendingEmail is the address that waits to be proven; empty without one.
	PendingEmail string
	// FormerEmails are the addresses that the user had before, folded.
	FormerEmails []string
	// PasswordChangedAt is when it was last changed or reset; zero for never.
	PasswordChangedAt time.Time
	MFA               MFA
	// Name is 1 to 64 characters.
	Name string
	// ImageKey is where the image is kept; empty without one.
	ImageKey    string
	Preferences Preferences
	Status      UserStatus
	// SessionsValidFrom ends every session that signed in before it, but for
	// KeptSession. Whole seconds, as in a token.
	SessionsValidFrom time.Time
	KeptSession       string
	// LastActiveAccountID is the team in which the next session starts; empty
	// for the personal organization.
	LastActiveAccountID string
	// TeamCount counts memberships in teams; AccountsVersion counts changes of
	// any membership, so that a decision over all of them can be a condition.
	TeamCount       int
	AccountsVersion int
	// GivenUp are the teams that an operator took from a disabled user: they own
	// them again when enabled.
	GivenUp   []string
	Version   int
	CreatedAt time.Time
	UpdatedAt time.Time
}

// MFA is whether sign-ins ask for a code of the user's device. Enabled is a
// copy: the pool is the truth.
type MFA struct {
	Enabled bool
	// DeviceName is what the person calls the device; it may be empty.
	DeviceName string
	// Pending says that a secret was given out and waits to be proven.
	Pending bool
}

// Preferences are what a user chose for every account.
type Preferences struct {
	// Theme is light, dark or system.
	Theme string
	// Language is one of the configured BCP 47 tags.
	Language string
}

// The themes. ThemeSystem is that of a user who chose none.
const (
	ThemeLight  = "light"
	ThemeDark   = "dark"
	ThemeSystem = "system"
)

// Key names the user.
func (u *User) Key() Key { return UserKey(u.ID) }

// Revision is the number of times that the user was written.
func (u *User) Revision() int { return u.Version }

// ChangeUser changes a user; a nil field stays as it is.
type ChangeUser struct {
	UserID        string
	Status        *UserStatus
	Name          *string
	Email         *string
	EmailVerified *bool
	// PendingEmail "" ends a change of address.
	PendingEmail *string
	// FormerEmails replaces the list.
	FormerEmails      []string
	PasswordChangedAt *time.Time
	MFA               *MFA
	// ImageKey "" takes the image away.
	ImageKey          *string
	Theme             *string
	Language          *string
	SessionsValidFrom *time.Time
	// KeptSession is the one session that goes on; nil leaves it, "" ends it too.
	KeptSession         *string
	LastActiveAccountID *string
	// Teams is added to TeamCount.
	Teams int
	// Accounts counts a change of a membership in AccountsVersion: one given
	// or taken, or ownership.
	Accounts  int
	UpdatedAt time.Time
}

// Key names the user.
func (c ChangeUser) Key() Key { return UserKey(c.UserID) }

// Apply returns the user with the change made.
func (c ChangeUser) Apply(r Record) Record {
	old, ok := r.(*User)
	if !ok {
		return r
	}
	u := *old
	set(&u.Status, c.Status)
	set(&u.Name, c.Name)
	set(&u.Email, c.Email)
	set(&u.EmailVerified, c.EmailVerified)
	set(&u.PendingEmail, c.PendingEmail)
	if c.FormerEmails != nil {
		u.FormerEmails = c.FormerEmails
	}
	set(&u.PasswordChangedAt, c.PasswordChangedAt)
	set(&u.MFA, c.MFA)
	set(&u.ImageKey, c.ImageKey)
	set(&u.Preferences.Theme, c.Theme)
	set(&u.Preferences.Language, c.Language)
	set(&u.SessionsValidFrom, c.SessionsValidFrom)
	set(&u.KeptSession, c.KeptSession)
	set(&u.LastActiveAccountID, c.LastActiveAccountID)
	u.TeamCount += c.Teams
	u.AccountsVersion += c.Accounts
	u.UpdatedAt = c.UpdatedAt
	u.Version++
	return &u
}

func set[T any](field *T, value *T) {
	if value != nil {
		*field = *value
	}
}

// Address leads from an e-mail address to the user who has it. The pool
// decides who that is; this record follows.
type Address struct {
	// Email is folded.
	Email   string
	UserID  string
	Version int
}

// Key names the address.
func (a *Address) Key() Key { return AddressKey(a.Email) }

// Revision is the number of times that the address was written.
func (a *Address) Revision() int { return a.Version }

// FoldAddress returns the form in which two e-mail addresses are compared:
// Unicode NFC, case-folded, as the pool is case-insensitive too.
func FoldAddress(email string) string {
	return norm.NFC.String(cases.Fold().String(norm.NFC.String(email)))
}
