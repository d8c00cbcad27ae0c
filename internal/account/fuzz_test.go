package account

import (
	"bytes"
	"errors"
	"net/mail"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// refusedOn fails the test unless an error is the refusal of a field.
func refusedOn(t *testing.T, err error, field string) {
	t.Helper()
	var refusal *Error
	if !errors.As(err, &refusal) || refusal.Code != CodeInvalidRequest || len(refusal.Fields) != 1 || refusal.Fields[0].Field != field {
		t.Errorf("refused with %v", err)
	}
}

// A name that is taken is kept as it is: taken again it is the same.
func FuzzName(f *testing.F) {
	for _, seed := range []string{"", "Ada", " A  B ", "\xff", "\u202Eada", "a\u0301", strings.Repeat("é", 65), "\u200B", "\x00"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, in string) {
		name, err := ValidName("/name", in)
		if err != nil {
			refusedOn(t, err, "/name")
			return
		}
		if n := utf8.RuneCountInString(name); n < 1 || n > MaxNameLength || !utf8.ValidString(name) {
			t.Errorf("%+q is taken as %+q", in, name)
		}
		if again, err := ValidName("/name", name); err != nil || again != name {
			t.Errorf("%+q becomes %+q, %v the second time", name, again, err)
		}
	})
}

func FuzzSlug(f *testing.F) {
	for _, seed := range []string{"", "abc", "a-b-c", "-abc", "a--b", strings.Repeat("a", 38) + " b", "ABC", "admin", strings.Repeat("a", 49), "é", "a\nb"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, in string) {
		if err := ValidSlug("/slug", in); err != nil {
			refusedOn(t, err, "/slug")
		} else if len(in) < MinSlugLength || len(in) > MaxSlugLength || strings.Trim(in, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
			t.Errorf("%q is taken", in)
		}
		// What Hearth makes of a name by itself is one that it would take.
		for _, taken := range []bool{false, true} {
			made := slugOf(in, "018f4e2a-0000-7000-8000-00000000000a", taken)
			if err := ValidSlug("/slug", made); err != nil {
				t.Errorf("of %+q is made %q: %v", in, made, err)
			}
		}
	})
}

// An address that is taken is one, and folds to one key whatever its case.
func FuzzAddress(f *testing.F) {
	for _, seed := range []string{
		"", "ada@example.com", " Ada@Example.com ", "a@b", "a@b.", "Ada <ada@example.com>", `"a b"@example.com`, "a#b@example.com", "ä@exämple.com",
		strings.Repeat("a", 250) + "@example.com", "a@[127.0.0.1]", "a@b.c\n", "\xff@example.com", "a@@example.com",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, in string) {
		address, err := ValidAddress("/email", in)
		folded := FoldAddress(in)
		if FoldAddress(folded) != folded {
			t.Errorf("%+q folds to %+q and that to %+q", in, folded, FoldAddress(folded))
		}
		if err != nil {
			refusedOn(t, err, "/email")
			return
		}
		parsed, err := mail.ParseAddress(address)
		if err != nil || parsed.Name != "" || parsed.Address != address || len(address) > MaxAddressLength || !utf8.ValidString(address) ||
			strings.ContainsAny(address, "\r\n \x00#") {
			t.Errorf("%+q is taken as %+q", in, address)
		}
		if again, err := ValidAddress("/email", address); err != nil || again != address {
			t.Errorf("%+q becomes %+q, %v the second time", address, again, err)
		}
	})
}

// What is taken for the id or token of an invitation is written in one way only.
func FuzzInvitation(f *testing.F) {
	for _, seed := range []string{"", ".", "..", "a.b", "a.b.AAAA", "a.b.AAA=", "a.b.AAB", "a.b.c.d", "a#b.c", "a.b." + strings.Repeat("A", 100)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, in string) {
		organizationID, id, mac, ok := parseInvitation(in)
		if IsInvitationToken(in) && IsInvitationID(in) {
			t.Errorf("%q is both", in)
		}
		if !ok {
			if IsInvitationToken(in) || IsInvitationID(in) {
				t.Errorf("%q is none, and yet one", in)
			}
			return
		}
		public := (&Invitation{OrganizationID: organizationID, ID: id}).PublicID()
		if !wellFormedID(organizationID) || !wellFormedID(id) || !strings.HasPrefix(in, public) || len(mac) > 64 || (mac == nil) != (in == public) {
			t.Errorf("%q is %q, %q, %d bytes", in, organizationID, id, len(mac))
		}
	})
}

// A language that is taken is one of the product's, however it is written.
func FuzzLanguage(f *testing.F) {
	s := &Service{config: Config{Languages: []string{"en", "de", "pt-BR"}}}
	for _, seed := range []string{"", "en", "EN", "en-US", "pt_br", "x-y", "i-klingon", "und", "\xff", "en-u-co-phonebk", strings.Repeat("a-", 40)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, in string) {
		tag, err := s.chosenLanguage(in)
		switch {
		case err != nil:
			refusedOn(t, err, "/language")
		case !slices.Contains(s.config.Languages, tag):
			t.Errorf("%q is taken as %q", in, tag)
		}
		// At sign-up nobody can be asked again.
		if own := s.language(in); !slices.Contains(s.config.Languages, own) {
			t.Errorf("at sign-up %q is %q", in, own)
		}
	})
}

// A recovery code counts however it was typed, and as no other.
func FuzzRecoveryCode(f *testing.F) {
	for _, seed := range []string{"", newRecoveryCode(), "aaaaaa-bbbbbb", "\x00", "é", "- -"} {
		f.Add(seed, "AAAAAA-AAAAAA-AAAAAA-AAAAAA")
	}
	f.Fuzz(func(t *testing.T, typed, other string) {
		const user = "5c1d4b1e-6f0e-4a38-9d42-000000000001"
		hash := hashRecoveryCode(user, typed)
		codes := &Recovery{UserID: user, Codes: []RecoveryCode{{Hash: hash, State: RecoveryUnused}}}
		for _, again := range []string{typed, " " + typed + "-", strings.ToUpper(typed)} {
			if codes.find(again) != 0 {
				t.Errorf("%q is not found as %q", typed, again)
			}
		}
		plain := func(s string) string { return strings.ToUpper(strings.NewReplacer("-", "", " ", "").Replace(s)) }
		if codes.find(other) == 0 != (plain(other) == plain(typed)) && utf8.ValidString(typed+other) {
			t.Errorf("%q and %q: %t", typed, other, codes.find(other) == 0)
		}
	})
}

// The setting of an origin leaves no room for a path, a user or another scheme.
func FuzzOrigin(f *testing.F) {
	for _, seed := range []string{"", "https://app.example.com", "http://localhost:5173", "https://a/", "https://u@a", "javascript:x", "https://a:", "https://[::1]:1"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, in string) {
		if !isOrigin(in) {
			return
		}
		_, host, _ := strings.Cut(in, "://")
		if host == "" || strings.ContainsAny(host, "/?#@ \\") || !strings.HasPrefix(in, "http") {
			t.Errorf("%q is taken", in)
		}
	})
}

// A list of breached passwords may be any file of the right size.
func FuzzBreachedPasswords(f *testing.F) {
	f.Add([]byte("aaaabbbbcccc"), "password", 4)
	f.Add([]byte{}, "", 20)
	f.Add([]byte("x"), "p", 0)
	f.Fuzz(func(t *testing.T, list []byte, password string, width int) {
		b, err := NewBreachedPasswords(bytes.NewReader(list), int64(len(list)), width)
		if err != nil {
			return
		}
		if found, err := b.Contains(password); err != nil || found && len(list) == 0 {
			t.Errorf("%t, %v", found, err)
		}
	})
}
