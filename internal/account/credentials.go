package account

import (
	"context"
	"encoding/json"
	"errors"
	"time"
)

// Credentials is the identity provider's side of the security settings:
// internal/cognito is the real one. What takes an access token is done in its
// holder's own name.
type Credentials struct {
	Passwords Passwords
	Emails    Emails
	TOTP      TOTP
	Passkeys  Passkeys
	Proofs    Proofs
}

// What the provider answers to a wrong proof. Each operation says which of
// them it fails with; beside them all fail with ErrUnauthenticated where the
// access token is refused, ErrRateLimited after too many tries, and
// ErrUnavailable.
var (
	ErrWrongPassword = errors.New("the password is wrong")
	ErrWrongCode     = errors.New("the code is wrong")
	ErrExpiredCode   = errors.New("the code has expired")
	ErrUsedCode      = errors.New("the code was used before")
	ErrNoSecret      = errors.New("no secret waits to be proven")
	ErrAddressTaken  = errors.New("somebody else has the address")
	ErrBadPasskey    = errors.New("the passkey's answer is not right")
	ErrNoPasskey     = errors.New("there is no such passkey")
	ErrTooMany       = errors.New("no more of these are allowed")
)

// WeakPasswordError says what the provider's policy has against a password.
type WeakPasswordError struct {
	// Code is FieldTooShort, FieldTooLong, FieldMalformed or FieldReused.
	Code FieldCode
	// Detail is a sentence that tells the person what to do.
	Detail string
}

// Error is the detail.
func (e *WeakPasswordError) Error() string { return e.Detail }

// Passwords changes passwords.
type Passwords interface {
	// ChangePassword replaces the current password. It ends no session. It
	// fails with ErrWrongPassword and *WeakPasswordError.
	ChangePassword(ctx context.Context, accessToken, current, proposed string) error
}

// Emails changes addresses. The old one stays until the new one is proven.
type Emails interface {
	// ChangeEmail sends a code to the new address, a new one when called
	// again. It fails with ErrAddressTaken.
	ChangeEmail(ctx context.Context, accessToken, email string) error
	// VerifyEmail replaces the address. It fails with ErrWrongCode,
	// ErrExpiredCode and ErrAddressTaken.
	VerifyEmail(ctx context.Context, accessToken, code string) error
}

// TOTP enrols authenticator apps (RFC 6238).
type TOTP interface {
	// AssociateTOTP returns a new secret in base32, of no effect yet.
	AssociateTOTP(ctx context.Context, accessToken string) (secret string, err error)
	// VerifyTOTP proves that the person's device has the secret. It fails with
	// ErrWrongCode, with ErrUsedCode for a code that proved it already, and
	// with ErrNoSecret where nothing is to prove, or not any more.
	VerifyTOTP(ctx context.Context, accessToken, code, deviceName string) error
	// PreferTOTP has sign-ins ask for a code from now on, or no more.
	PreferTOTP(ctx context.Context, accessToken string, on bool) error
}

// Passkey is a WebAuthn credential as the provider knows it.
type Passkey struct {
	ID        string
	Name      string
	CreatedAt time.Time
}

// Passkeys registers WebAuthn credentials.
type Passkeys interface {
	// StartPasskey returns the options for navigator.credentials.create, as
	// the provider made them. It fails with ErrTooMany.
	StartPasskey(ctx context.Context, accessToken string) (options json.RawMessage, err error)
	// CompletePasskey takes what the browser answered. It fails with
	// ErrBadPasskey and ErrTooMany.
	CompletePasskey(ctx context.Context, accessToken string, credential json.RawMessage) error
	// ListPasskeys returns all of a person's passkeys, without names.
	ListPasskeys(ctx context.Context, accessToken string) ([]Passkey, error)
	// DeletePasskey fails with ErrNoPasskey.
	DeletePasskey(ctx context.Context, accessToken, id string) error
}

// Proof is what a password proved.
type Proof struct {
	// Username is the provider's name for the user.
	Username string
	// Challenged says that a code is asked for beside the password. Where it
	// is not, the sign-in that the password gave was ended again.
	Challenged bool
	// Challenge is the provider's handle for the answer.
	Challenge string
}

// Proofs proves passwords and codes without a session, and acts for a person
// who has none, by the server's own rights.
type Proofs interface {
	// ProvePassword fails with ErrWrongPassword, for an unknown address too.
	ProvePassword(ctx context.Context, name, password string) (Proof, error)
	// ProveCode answers a challenge by a code of the person's device; the
	// sign-in that it gives is ended again. It fails with ErrWrongCode and
	// ErrUsedCode.
	ProveCode(ctx context.Context, p Proof, code string) error
	// DropTOTP has sign-ins of the user ask for no code any more.
	DropTOTP(ctx context.Context, username string) error
	// SignOut ends every refresh token of the user.
	SignOut(ctx context.Context, username string) error
	// SignOutSelf does the same in the name of who holds an access token. One
	// that was signed out already is no error.
	SignOutSelf(ctx context.Context, accessToken string) error
}
