package main

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/aws/aws-lambda-go/lambda"

	"hearth/internal/account"
)

// killedRecovery is one that is killed at a call, before or after the call did
// its work.
type killedRecovery struct {
	*person
	code       string
	call       int // from 1
	operation  string
	afterwards bool
	// answered is what the same code was told the second time.
	answered answer
}

func (k killedRecovery) String() string {
	return fmt.Sprintf("killed at call %d, %s (after its work: %t)", k.call, k.operation, k.afterwards)
}

// ip is an address of its own: tries are counted by it.
func (k killedRecovery) ip() string { return fmt.Sprintf("192.0.2.%d", k.call) }

func (k killedRecovery) recover(t *testing.T, function lambda.Handler) answer {
	t.Helper()
	return recoverBy(t, function, k.ip(), k.Email, k.Password, k.code)
}

// newRecovery makes a person who has a device and a recovery code.
func newRecovery(t *testing.T, h *host) killedRecovery {
	t.Helper()
	p := newPerson(t, h, nil)
	p.enroll(t)
	return killedRecovery{person: p, code: p.recoveryCodes(t)[0]}
}

// A recovery that is killed at any of its calls goes on by the same code, and
// leaves what one leaves that ran through.
func TestARecoveryThatWasKilledGoesOn(t *testing.T) {
	t.Parallel()
	h := newHost(t, nil)
	function, cable := securityOver(t, h)
	whole := newRecovery(t, h)
	whole.recover(t, function).want(t, http.StatusNoContent)
	_, calls := cable.mend()
	if len(calls) < 8 {
		t.Fatalf("a recovery calls %q", calls)
	}
	var all []*killedRecovery
	for i, operation := range calls {
		for _, afterwards := range []bool{false, true} {
			k := newRecovery(t, h)
			k.call, k.operation, k.afterwards = i+1, operation, afterwards
			all = append(all, &k)
		}
	}
	nextSecond()
	for _, k := range all {
		cable.cutIn(k.call, k.afterwards)
		killed := k.recover(t, function)
		if cut, _ := cable.mend(); !cut {
			t.Fatalf("%s: was not", k)
		}
		killed.refused(t, http.StatusServiceUnavailable, account.CodeUnavailable)
		k.answered = k.recover(t, function)
		k.ended(t)
		if _, err := k.refresh(t); err == nil {
			t.Errorf("%s: a refresh token lives on", k)
		}
	}
	nextSecond()
	for _, k := range all {
		// All was done but the answer: the code is used, and says so.
		want := http.StatusNoContent
		if k.call == len(calls) && k.afterwards {
			want = http.StatusUnauthorized
		}
		if k.answered.Status != want {
			t.Errorf("%s: the same code answers %d, want %d: %s", k, k.answered.Status, want, k.answered.Body)
		}
		k.signInAgain(t)
		if s := k.security(t); s.MFA != (mfa{}) || s.RecoveryCodesLeft != account.RecoveryCodes-1 {
			t.Errorf("%s: %+v", k, s)
		}
		if got := k.noted(t, account.RecoveryCodeUsed); got != 1 {
			t.Errorf("%s: noted %d times", k, got)
		}
		k.recover(t, function).refused(t, http.StatusUnauthorized, account.CodeUnauthenticated)
	}
}
