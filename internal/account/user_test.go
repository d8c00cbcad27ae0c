package account_test

import (
	"testing"
	"unicode"
	"unicode/utf8"

	"pgregory.net/rapid"

	"hearth/internal/account"
)

func TestFoldAddress(t *testing.T) {
	t.Parallel()
	same := [][]string{
		{"ada@example.com", "Ada@Example.COM", "ADA@EXAMPLE.COM"},
		{"zoë@example.com", "zoe\u0308@example.com", "ZOË@EXAMPLE.COM", "ZOE\u0308@EXAMPLE.COM"},
		{"σίσυφος@example.com", "ΣΊΣΥΦΟΣ@EXAMPLE.COM", "σίσυφοσ@example.com"},
	}
	for _, group := range same {
		for _, email := range group {
			if got, want := account.FoldAddress(email), account.FoldAddress(group[0]); got != want {
				t.Errorf("%q folds to %q, %q to %q", email, got, group[0], want)
			}
			if account.AddressKey(email) != account.AddressKey(group[0]) {
				t.Errorf("%q and %q have two keys", email, group[0])
			}
		}
	}
	// What a mailbox provider may take for one address is still two.
	for _, pair := range [][2]string{
		{"ada@example.com", "a.da@example.com"},
		{"ada@example.com", "ada+shop@example.com"},
		{"ada@example.com", "ada@example.com "},
		{"ada@example.com", "аda@example.com"}, // a Cyrillic а
		{"ada@example.com", "ada@example.org"},
	} {
		if account.FoldAddress(pair[0]) == account.FoldAddress(pair[1]) {
			t.Errorf("%q and %q are one address", pair[0], pair[1])
		}
	}
	if got := account.FoldAddress("Ada@Example.com"); got != "ada@example.com" {
		t.Errorf("got %q", got)
	}
}

// A key made of a key's own address must be the same key. Cherokee is left out:
// golang.org/x/text folds each of its cases to the other.
func TestFoldAddressIsIdempotent(t *testing.T) {
	t.Parallel()
	character := rapid.Rune().Filter(func(r rune) bool { return !unicode.Is(unicode.Cherokee, r) })
	rapid.Check(t, func(t *rapid.T) {
		email := rapid.StringOf(character).Draw(t, "email")
		once := account.FoldAddress(email)
		if twice := account.FoldAddress(once); twice != once {
			t.Fatalf("%+q folds to %+q, and that to %+q", email, once, twice)
		}
		if utf8.ValidString(email) && !utf8.ValidString(once) {
			t.Fatalf("%+q folds to invalid UTF-8", email)
		}
	})
}
