package main

import (
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"hearth/internal/account"
)

// addressAnswer is the answer of what changes an address.
type addressAnswer struct {
	Email         string  `json:"email"`
	EmailVerified bool    `json:"emailVerified"`
	PendingEmail  *string `json:"pendingEmail"`
}

// askEmail asks for another address.
func (p *person) askEmail(t *testing.T, email string) addressAnswer {
	t.Helper()
	var a addressAnswer
	p.call(t, http.MethodPost, "/me/security/email", map[string]string{"email": email}).want(t, http.StatusOK).JSON(t, &a)
	return a
}

// proveEmail gives a code back.
func (p *person) proveEmail(t *testing.T, code string) answer {
	t.Helper()
	return p.call(t, http.MethodPost, "/me/security/email/verify", map[string]string{"code": code})
}

// wantEmail fails the test unless this is the person's address, and pending the
// one that waits to be proven.
func (p *person) wantEmail(t *testing.T, email, pending string) {
	t.Helper()
	a := p.security(t)
	if a.Email != email || !a.EmailVerified || (a.PendingEmail == nil) != (pending == "") || a.PendingEmail != nil && *a.PendingEmail != pending {
		t.Errorf("%+v, want %s, %q", a, email, pending)
	}
	if me := p.me(t); me.User.Email != email || !me.User.EmailVerified {
		t.Errorf("GET /me says %+v, want %s", me.User, email)
	}
}

// signsInBy reports whether an address and the person's password are a sign-in.
func (p *person) signsInBy(t *testing.T, email string) bool {
	t.Helper()
	_, err := p.signIn(t.Context(), email, p.Password)
	return err == nil
}

func wrongCode(code string) string {
	if code[0] == '1' {
		return "2" + code[1:]
	}
	return "1" + code[1:]
}

func TestAnAddressIsProvenBeforeItReplacesTheOld(t *testing.T) {
	t.Parallel()
	laptop := newPerson(t, shared.host, nil)
	phone := laptop.another(t)
	phone.me(t)
	old, next := laptop.Email, newAddress()
	if a := laptop.askEmail(t, next); a.Email != old || !a.EmailVerified || a.PendingEmail == nil || *a.PendingEmail != next {
		t.Errorf("asked: %+v", a)
	}
	laptop.reading(old).mailed(t, "Your address is about to be changed")
	code := laptop.mailedCode(t, next, 0)
	laptop.wantEmail(t, old, next)
	if !laptop.signsInBy(t, old) || laptop.signsInBy(t, next) {
		t.Error("until it is proven, the old one signs in and the new one does not")
	}
	laptop.proveEmail(t, wrongCode(code)).refused(t, http.StatusUnprocessableEntity, account.CodeInvalidRequest, "/code incorrect")
	laptop.proveEmail(t, "no code").refused(t, http.StatusUnprocessableEntity, account.CodeInvalidRequest, "/code incorrect")
	laptop.wantEmail(t, old, next)
	phone.me(t)

	var proven addressAnswer
	laptop.proveEmail(t, code).want(t, http.StatusOK).JSON(t, &proven)
	if proven.Email != next || !proven.EmailVerified || proven.PendingEmail != nil {
		t.Errorf("proven: %+v", proven)
	}
	phone.ended(t)
	laptop.wantEmail(t, next, "")
	if laptop.signsInBy(t, old) || !laptop.signsInBy(t, next) {
		t.Error("now the new one signs in and the old one does not")
	}
	laptop.reading(old).mailed(t, "Your address was changed")
	laptop.proveEmail(t, code).refused(t, http.StatusNotFound, account.CodeNotFound)

	// The old one is free for somebody else.
	other := newPerson(t, shared.host, nil)
	mails := len(laptop.mails(t))
	other.askEmail(t, old)
	other.proveEmail(t, other.mailedCode(t, old, mails)).want(t, http.StatusOK)
	other.wantEmail(t, old, "")
	laptop.wantEmail(t, next, "")
}

func TestACodeIsSentAgain(t *testing.T) {
	t.Parallel()
	p := newPerson(t, shared.host, nil)
	p.call(t, http.MethodPost, "/me/security/email/resend", nil).refused(t, http.StatusNotFound, account.CodeNotFound)
	next := newAddress()
	p.askEmail(t, next)
	first := p.mailedCode(t, next, 0)
	p.call(t, http.MethodPost, "/me/security/email/resend", nil).want(t, http.StatusNoContent)
	second := p.mailedCode(t, next, 1)
	if first != second {
		p.proveEmail(t, first).refused(t, http.StatusUnprocessableEntity, account.CodeInvalidRequest, "/code incorrect")
	}
	p.proveEmail(t, second).want(t, http.StatusOK)
	p.wantEmail(t, next, "")
}

func TestAChangeOfAddressIsCancelled(t *testing.T) {
	t.Parallel()
	p := newPerson(t, shared.host, nil)
	p.call(t, http.MethodDelete, "/me/security/email", nil).refused(t, http.StatusNotFound, account.CodeNotFound)
	next := newAddress()
	p.askEmail(t, next)
	code := p.mailedCode(t, next, 0)
	p.call(t, http.MethodDelete, "/me/security/email", nil).want(t, http.StatusNoContent)
	p.proveEmail(t, code).refused(t, http.StatusNotFound, account.CodeNotFound)
	p.wantEmail(t, p.Email, "")
	p.me(t)
	if !p.signsInBy(t, p.Email) {
		t.Error("the address signs in no more")
	}
	// Another one, by its own code alone.
	last := newAddress()
	p.askEmail(t, last)
	fresh := p.mailedCode(t, last, 0)
	if fresh != code {
		p.proveEmail(t, code).refused(t, http.StatusUnprocessableEntity, account.CodeInvalidRequest, "/code incorrect")
	}
	p.proveEmail(t, fresh).want(t, http.StatusOK)
	p.wantEmail(t, last, "")
}

// Whether somebody has an address is told only to who proved to have it too.
func TestAnAddressThatSomebodyElseHas(t *testing.T) {
	t.Parallel()
	p, other := newPerson(t, shared.host, nil), newPerson(t, shared.host, nil)
	if a := p.askEmail(t, other.Email); a.PendingEmail == nil || *a.PendingEmail != other.Email {
		t.Errorf("taken, and it shows: %+v", a)
	}
	p.proveEmail(t, "123456").refused(t, http.StatusUnprocessableEntity, account.CodeInvalidRequest, "/code expired")

	next := newAddress()
	p.askEmail(t, next)
	mine := p.mailedCode(t, next, 0)
	other.askEmail(t, next) // meanwhile
	other.proveEmail(t, other.mailedCode(t, next, 1)).want(t, http.StatusOK)
	p.proveEmail(t, mine).refused(t, http.StatusConflict, account.CodeEmailTaken)
	other.wantEmail(t, next, "")
	p.wantEmail(t, p.Email, next)
	if !p.signsInBy(t, p.Email) {
		t.Error("the old address signs in no more")
	}
}

func TestACodeExpires(t *testing.T) {
	t.Parallel()
	var ahead atomic.Int64
	h := newHost(t, func(o *options) { o.Now = func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) } })
	p := newPerson(t, h, nil)
	next := newAddress()
	p.askEmail(t, next)
	code := p.mailedCode(t, next, 0)
	ahead.Store(int64(24*time.Hour + time.Second))
	p.signInAgain(t)
	p.proveEmail(t, code).refused(t, http.StatusUnprocessableEntity, account.CodeInvalidRequest, "/code expired")
	p.wantEmail(t, p.Email, next)
	p.call(t, http.MethodPost, "/me/security/email/resend", nil).want(t, http.StatusNoContent)
	p.proveEmail(t, p.mailedCode(t, next, 1)).want(t, http.StatusOK)
	p.wantEmail(t, next, "")
}

// With the same token anybody can ask Cognito itself; what it says then is so.
func TestAnAddressChangedAroundHearthIsRepaired(t *testing.T) {
	t.Parallel()
	p := newPerson(t, shared.host, nil)
	p.me(t) // a session's first request looks, too
	next := newAddress()
	_, err := p.cognito.UpdateUserAttributes(t.Context(), &cognitoidentityprovider.UpdateUserAttributesInput{
		AccessToken: aws.String(p.AccessToken), UserAttributes: []types.AttributeType{{Name: aws.String("email"), Value: aws.String(next)}},
	})
	if err != nil {
		t.Fatal(err)
	}
	_, err = p.cognito.VerifyUserAttribute(t.Context(), &cognitoidentityprovider.VerifyUserAttributeInput{
		AccessToken: aws.String(p.AccessToken), AttributeName: aws.String("email"), Code: aws.String(p.mailedCode(t, next, 0)),
	})
	if err != nil {
		t.Fatal(err)
	}
	if me := p.me(t); me.User.Email != p.Email {
		t.Errorf("nobody looked, and GET /me says %s", me.User.Email)
	}
	p.wantEmail(t, next, "")
}
