package account_test

import (
	"bytes"
	"context"
	"crypto/sha1"
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"

	"hearth/internal/account"
)

// What is refused names the field, and changes nothing.
func TestWhatSecurityRefuses(t *testing.T) {
	t.Parallel()
	password := func(current, proposed string) func(context.Context, *world, account.Caller) error {
		return func(ctx context.Context, w *world, c account.Caller) error {
			return w.ChangePassword(ctx, c, current, proposed)
		}
	}
	email := func(address string) func(context.Context, *world, account.Caller) error {
		return func(ctx context.Context, w *world, c account.Caller) error {
			_, err := w.ChangeEmail(ctx, c, address)
			return err
		}
	}
	verify := func(code string) func(context.Context, *world, account.Caller) error {
		return func(ctx context.Context, w *world, c account.Caller) error {
			_, err := w.VerifyEmail(ctx, c, code)
			return err
		}
	}
	enable := func(code, device string) func(context.Context, *world, account.Caller) error {
		return func(ctx context.Context, w *world, c account.Caller) error {
			_, err := w.EnableMFA(ctx, c, code, device)
			return err
		}
	}
	disable := func(password, code string) func(context.Context, *world, account.Caller) error {
		return func(ctx context.Context, w *world, c account.Caller) error {
			_, err := w.DisableMFA(ctx, c, password, code)
			return err
		}
	}
	add := func(credential, name string) func(context.Context, *world, account.Caller) error {
		return func(ctx context.Context, w *world, c account.Caller) error {
			_, err := w.AddPasskey(ctx, c, json.RawMessage(credential), name, account.Repeat{})
			return err
		}
	}
	for name, c := range map[string]struct {
		before func(*testing.T, *world, *provider)
		do     func(context.Context, *world, account.Caller) error
		field  string
		code   account.FieldCode
		is     *account.Error
	}{
		"no current password":        {nil, password("", longPassword), "/currentPassword", account.FieldRequired, nil},
		"no new password":            {nil, password(firstPassword, ""), "/newPassword", account.FieldRequired, nil},
		"a wrong password":           {nil, password("wrong", longPassword), "/currentPassword", account.FieldIncorrect, nil},
		"a short password":           {nil, password(firstPassword, "short"), "/newPassword", account.FieldTooShort, nil},
		"a password of 257":          {nil, password(firstPassword, strings.Repeat("ä", 257)), "/newPassword", account.FieldTooLong, nil},
		"a current password of 257":  {nil, password(strings.Repeat("ä", 257), longPassword), "/currentPassword", account.FieldTooLong, nil},
		"the same password":          {nil, password(firstPassword, firstPassword), "/newPassword", account.FieldReused, nil},
		"no address":                 {nil, email(" "), "/email", account.FieldRequired, nil},
		"no good address":            {nil, email("ada@"), "/email", account.FieldMalformed, nil},
		"one's own address":          {nil, email("ADA@example.com"), "/email", account.FieldNotAllowed, nil},
		"a code for nothing":         {nil, verify(emailCode), "", "", account.ErrNotFound},
		"no code":                    {withPendingEmail, verify(""), "/code", account.FieldRequired, nil},
		"a wrong code":               {withPendingEmail, verify("000000"), "/code", account.FieldIncorrect, nil},
		"an expired code":            {expiredCode, verify(emailCode), "/code", account.FieldExpired, nil},
		"a code for a taken address": {takenMeanwhile, verify(emailCode), "", "", account.ErrEmailTaken},
		"no TOTP":                    {nil, enable("", ""), "/code", account.FieldRequired, nil},
		"a TOTP for nothing":         {nil, enable("123456", ""), "/code", account.FieldIncorrect, nil},
		"a TOTP of an old secret":    {withMFAOff, enable("123456", ""), "/code", account.FieldIncorrect, nil},
		"a device's long name":       {nil, enable(totpCode, strings.Repeat("x", 65)), "/deviceName", account.FieldTooLong, nil},
		"MFA twice":                  {withMFA, enable(totpCode, ""), "", "", account.ErrMFAAlreadyEnabled},
		"MFA off twice":              {nil, disable(firstPassword, totpCode), "", "", account.ErrMFANotEnabled},
		"MFA off without password":   {withMFA, disable("", totpCode), "/password", account.FieldRequired, nil},
		"MFA off by a long password": {withMFA, disable(strings.Repeat("x", 257), totpCode), "/password", account.FieldTooLong, nil},
		"MFA off by a wrong one":     {withMFA, disable("wrong", totpCode), "/password", account.FieldIncorrect, nil},
		"MFA off without code":       {withMFA, disable(firstPassword, ""), "/code", account.FieldRequired, nil},
		"MFA off by a wrong code":    {withMFA, disable(firstPassword, "000000"), "/code", account.FieldIncorrect, nil},
		"MFA off by a used code":     {withUsedCode, disable(firstPassword, totpCode), "/code", account.FieldReused, nil},
		"a passkey of no form":       {nil, add(`"x"`, ""), "/credential", account.FieldMalformed, nil},
		"a passkey without id":       {nil, add(`{"id":""}`, ""), "/credential", account.FieldMalformed, nil},
		"a passkey of a long id":     {nil, add(`{"id":"`+strings.Repeat("x", 513)+`"}`, ""), "/credential", account.FieldMalformed, nil},
		"a passkey nobody asked for": {nil, add(`{"id":"key-2"}`, ""), "/credential", account.FieldMalformed, nil},
		"an old passkey again":       {withPasskey, add(`{"id":"key-1"}`, "Other"), "/credential", account.FieldMalformed, nil},
		"a passkey's long name":      {nil, add(`{"id":"key-1"}`, strings.Repeat("x", 65)), "/name", account.FieldTooLong, nil},
		"recovery codes without MFA": {nil, func(ctx context.Context, w *world, c account.Caller) error {
			_, err := w.MakeRecoveryCodes(ctx, c)
			return err
		}, "", "", account.ErrMFANotEnabled},
		"another passkey": {withPasskey, func(ctx context.Context, w *world, c account.Caller) error {
			return w.RemovePasskey(ctx, c, "key-2")
		}, "", "", account.ErrNotFound},
		"no change to cancel": {nil, func(ctx context.Context, w *world, c account.Caller) error {
			return w.CancelEmailChange(ctx, c)
		}, "", "", account.ErrNotFound},
		"no code to send again": {nil, func(ctx context.Context, w *world, c account.Caller) error {
			return w.ResendEmailCode(ctx, c)
		}, "", "", account.ErrNotFound},
		"another's session": {nil, func(ctx context.Context, w *world, c account.Caller) error {
			return w.RevokeSession(ctx, c, "5c1d4b1e-6f0e-4a38-9d42-0000000000dd")
		}, "", "", account.ErrNotFound},
		"a session of no form": {nil, func(ctx context.Context, w *world, c account.Caller) error {
			return w.RevokeSession(ctx, c, "a#b")
		}, "", "", account.ErrNotFound},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, p := secured(t)
			if c.before != nil {
				c.before(t, w, p)
			}
			before := state(w, p)
			err := c.do(t.Context(), w, w.caller(t))
			if c.is != nil && !errors.Is(err, c.is) {
				t.Errorf("got %v, want %v", err, c.is)
			} else if c.is == nil {
				expectField(t, err, c.field, c.code)
			}
			if after := state(w, p); !reflect.DeepEqual(before, after) {
				t.Errorf("something changed:\n%+v\n%+v", before, after)
			}
		})
	}
}

func expiredCode(t *testing.T, w *world, p *provider) {
	t.Helper()
	withPendingEmail(t, w, p)
	p.emailCode = ""
}

func takenMeanwhile(t *testing.T, w *world, p *provider) {
	t.Helper()
	withPendingEmail(t, w, p)
	p.taken = "ada@new.example"
}

// withMFAOff leaves a proven secret at the provider.
func withMFAOff(t *testing.T, w *world, p *provider) {
	t.Helper()
	withMFA(t, w, p)
	if _, err := w.DisableMFA(t.Context(), w.caller(t), firstPassword, totpCode); err != nil {
		t.Fatal(err)
	}
}

func withUsedCode(t *testing.T, w *world, p *provider) {
	t.Helper()
	withMFA(t, w, p)
	p.usedCodes = []string{totpCode}
}

// Whoever asks for an address that somebody has hears what they would hear of
// any other.
func TestATakenAddressIsNotTold(t *testing.T) {
	t.Parallel()
	w, p := secured(t)
	p.taken = "grace@example.com"
	u, err := w.ChangeEmail(t.Context(), w.caller(t), "grace@example.com")
	if err != nil || u.PendingEmail != "grace@example.com" {
		t.Errorf("got %q, %v", u.PendingEmail, err)
	}
}

func TestChangesOfAddressAreBounded(t *testing.T) {
	t.Parallel()
	w, _ := secured(t)
	for n := range account.EmailRate.Max {
		var err error
		if n%2 == 0 {
			_, err = w.ChangeEmail(t.Context(), w.caller(t), "ada@new.example")
		} else {
			err = w.ResendEmailCode(t.Context(), w.caller(t))
		}
		if err != nil {
			t.Fatalf("%d: %v", n, err)
		}
	}
	if _, err := w.ChangeEmail(t.Context(), w.caller(t), "ada@new.example"); !errors.Is(err, account.ErrRateLimited) {
		t.Errorf("got %v", err)
	}
	if err := w.ResendEmailCode(t.Context(), w.caller(t)); !errors.Is(err, account.ErrRateLimited) {
		t.Errorf("again: %v", err)
	}
}

// An address goes from one user to another in the transaction that gives it,
// whoever the table thought had it; the former ones are remembered once each.
func TestTheAddressMovesWithTheUser(t *testing.T) {
	t.Parallel()
	w, _ := secured(t)
	w.put(t, &account.Address{Email: "ada@new.example", UserID: bob, Version: 3})
	for _, to := range []string{"Ada@New.example", "ada@third.example", "ada@example.com", "ada@new.example"} {
		if _, err := w.ChangeEmail(t.Context(), w.caller(t), to); err != nil {
			t.Fatal(err)
		}
		u, err := w.VerifyEmail(t.Context(), w.caller(t), emailCode)
		if err != nil || u.Email != to || u.PendingEmail != "" {
			t.Fatalf("%s: %q, %q, %v", to, u.Email, u.PendingEmail, err)
		}
		var addresses []string
		for _, r := range w.store.All() {
			if a, ok := r.(*account.Address); ok {
				addresses = append(addresses, a.Email+" "+a.UserID)
			}
		}
		if want := []string{account.FoldAddress(to) + " " + ada}; !slices.Equal(addresses, want) {
			t.Errorf("addresses %v, want %v", addresses, want)
		}
	}
	if former, want := w.user(t).FormerEmails, []string{"ada@third.example", "ada@example.com"}; !slices.Equal(former, want) {
		t.Errorf("former addresses %v, want %v", former, want)
	}
}

func TestACancelledChangeOfAddressIsNoMore(t *testing.T) {
	t.Parallel()
	w, p := secured(t)
	withPendingEmail(t, w, p)
	if err := w.CancelEmailChange(t.Context(), w.caller(t)); err != nil {
		t.Fatal(err)
	}
	if _, err := w.VerifyEmail(t.Context(), w.caller(t), emailCode); !errors.Is(err, account.ErrNotFound) {
		t.Errorf("got %v", err)
	}
	if w.user(t).Email != "Ada@Example.com" {
		t.Error("the address changed")
	}
}

func TestBreachedPasswordsAreRefused(t *testing.T) {
	t.Parallel()
	var list []byte
	var hashes [][]byte
	for _, password := range []string{"password1234", "qwertyuiop123", "letmeinletmein"} {
		sum := sha1.Sum([]byte(password))
		hashes = append(hashes, sum[:6])
	}
	slices.SortFunc(hashes, bytes.Compare)
	list = slices.Concat(hashes...)
	breached, err := account.NewBreachedPasswords(bytes.NewReader(list), int64(len(list)), 6)
	if err != nil {
		t.Fatal(err)
	}
	w, p := secured(t)
	s := account.NewService(account.Options{
		Store: w.store, Pool: w.pool, Config: goodConfig(), Grants: account.CoreGrants(), SessionValidity: validity,
		Now: w.clock, NewID: w.newID, Credentials: account.Credentials{Passwords: p}, Breached: breached,
	})
	expectField(t, s.ChangePassword(t.Context(), w.caller(t), firstPassword, "qwertyuiop123"), "/newPassword", account.FieldBreached)
	if err := s.ChangePassword(t.Context(), w.caller(t), firstPassword, "qwertyuiop124"); err != nil {
		t.Error(err)
	}
}

func TestWhatTheAuthenticatorAppGets(t *testing.T) {
	t.Parallel()
	w, _ := secured(t)
	setup, err := w.StartTOTP(t.Context(), w.caller(t))
	want := "otpauth://totp/app.example.com:Ada@Example.com?issuer=app.example.com&secret=" + setup.Secret
	if err != nil || setup.URI != want {
		t.Errorf("got %q, %v, want %q", setup.URI, err, want)
	}
}
