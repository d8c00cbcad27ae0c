package userpool

import "testing"

// What the state holds is never altered, so a copy must share nothing.
func TestACopyOfAUserHasPasskeysOfItsOwn(t *testing.T) {
	t.Parallel()
	u := &user{Passkeys: []passkey{{Counter: 1}}}
	u.clone().Passkeys[0].Counter = 2
	if got := u.Passkeys[0].Counter; got != 1 {
		t.Fatalf("the counter of the user became %d", got)
	}
}
