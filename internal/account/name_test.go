package account

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

const (
	family    = "👨‍👩‍👧‍👦"
	astronaut = "👩🏽‍🚀"
	germany   = "🇩🇪"
	scotland  = "🏴\U000E0067\U000E0062\U000E0073\U000E0063\U000E0074\U000E007F"
	keycap    = "1\uFE0F\u20E3"
	heart     = "❤\uFE0F"
)

func TestCleanName(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ rule, in, want string }{
		{"a plain name stays", "Ada Lovelace", "Ada Lovelace"},
		{"scripts stay", "Åsa Ωmega Жанна 山田太郎 محمد नमस्ते", "Åsa Ωmega Жанна 山田太郎 محمد नमस्ते"},
		{"it is composed", "Zoe\u0308", "Zoë"},
		{"punctuation stays", "Anne-Marie O'Neill, Jr. (née Smith) & <Co>", "Anne-Marie O'Neill, Jr. (née Smith) & <Co>"},
		{"it is trimmed", "  Ada  ", "Ada"},
		{"white space is one space", "Ada \t\r\n  Lovelace", "Ada Lovelace"},
		{"exotic spaces too", "Ada\u00A0\u1680\u2003\u2009\u202F\u205F\u3000Lovelace", "Ada Lovelace"},
		{"and line separators", "Ada\u2028\u2029\u0085Lovelace", "Ada Lovelace"},
		{"controls go", "A\x00d\x1Ba\x7F\u009B", "Ada"},
		{"an escape sequence is harmless text", "\x1B[31mAda", "[31mAda"},
		{"marks of direction go", "\u200EAda\u200F\u061C", "Ada"},
		{"overrides and isolates go", "\u202AA\u202Bd\u202Da\u202E\u202C\u2066\u2067\u2068\u2069", "Ada"},
		{"zero-width spaces go", "A\u200Bd\u2060a\uFEFF", "Ada"},
		{"soft hyphens go", "Love\u00ADlace", "Lovelace"},
		{"private use goes", "Ada\uE000\U000F0000", "Ada"},
		{"interlinear marks go", "A\uFFF9d\uFFFAa\uFFFB", "Ada"},
		{"invalid UTF-8 goes", "A\xFFd\xC0a\xE2\x82", "Ada"},
		{"encoded surrogates go", "Ada\xED\xA0\x80", "Ada"},
		{"replacement characters go", "Ada\uFFFD", "Ada"},
		{"emoji stay whole", family + astronaut + germany + scotland + keycap + heart, family + astronaut + germany + scotland + keycap + heart},
		{"joiners that scripts need stay", "می\u200Cخواهم क्\u200Dष", "می\u200Cخواهم क्\u200Dष"},
		{"nothing", "", ""},
		{"spaces alone are nothing", " \t\u3000 ", ""},
		{"zero-width alone is nothing", "\u200B\u2060\uFEFF\u200E", ""},
		{"joiners alone are nothing", "\u200D\u200C\u200D", ""},
		{"tags alone are nothing", "\U000E0067\U000E007F", ""},
		{"controls alone are nothing", "\x00\x01\x1F", ""},
		{"rubbish alone is nothing", "\xFF\xFE", ""},
		{"what was hidden between is composed too", "Zoe\u200B\u0308", "Zoë"},
		{"variation selectors alone are nothing", "\uFE0F\uFE0E", ""},
		{"letters without a shape alone are nothing", "\u3164\u115F\u1160\uFFA0\u034F", ""},
		{"combining marks alone are nothing", "\u0301\u0308", ""},
	} {
		if got := CleanName(c.in); got != c.want {
			t.Errorf("%s: %+q became %+q, want %+q", c.rule, c.in, got, c.want)
		}
	}
}

func TestTruncateKeepsWhatAReaderSeesAsOne(t *testing.T) {
	t.Parallel()
	for _, cluster := range []string{
		"e\u0323\u0302", // ệ, which has no composed form of all three
		family, astronaut, "👍🏿", germany, scotland, keycap, heart, "🏳\uFE0F\u200D🌈", "नि", "क्\u200Dष",
	} {
		size := utf8.RuneCountInString(cluster)
		// The cluster straddles the limit in every way that it can.
		for before := MaxNameLength - size; before <= MaxNameLength; before++ {
			text := strings.Repeat("a", before) + cluster + "z"
			want := text
			if before+size+1 > MaxNameLength {
				want = strings.Repeat("a", before)
				if before+size <= MaxNameLength {
					want += cluster
				}
			}
			if got := Truncate(text, MaxNameLength); got != want {
				t.Errorf("%s behind %d letters: got %+q", cluster, before, got)
			}
		}
	}
}

func TestTruncate(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		rule, in string
		limit    int
		want     string
	}{
		{"what fits stays", "Ada", 3, "Ada"},
		{"what is too long is cut", "Ada", 2, "Ad"},
		{"characters are counted, not bytes", "ÄÖÜ", 2, "ÄÖ"},
		{"no space is left at the end", "Ada Lovelace", 4, "Ada"},
		{"flags are pairs", germany + germany + germany, 3, germany},
		{"a lone letter of a flag stands alone", "\U0001F1E9" + "ab", 2, "\U0001F1E9a"},
		{"the second flag behind text is whole", "a" + germany + germany, 4, "a" + germany},
		{"an endless cluster is cut all the same", "a" + strings.Repeat("\u0323", 9), 4, "a" + strings.Repeat("\u0323", 3)},
		{"nothing stays nothing", "", 4, ""},
		{"no room for anything", "Ada", 0, ""},
	} {
		if got := Truncate(c.in, c.limit); got != c.want {
			t.Errorf("%s: got %+q, want %+q", c.rule, got, c.want)
		}
	}
}

func TestSignUpName(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", MaxNameLength+1)
	for _, c := range []struct {
		rule   string
		person Person
		want   string
	}{
		{"the name", Person{Name: " Ada ", GivenName: "A", FamilyName: "L", Email: "a@example.com"}, "Ada"},
		{"else given and family name", Person{GivenName: "Ada", FamilyName: "Lovelace", Email: "a@example.com"}, "Ada Lovelace"},
		{"given name alone", Person{GivenName: "Ada", Email: "a@example.com"}, "Ada"},
		{"family name alone", Person{FamilyName: "Lovelace", Email: "a@example.com"}, "Lovelace"},
		{"else the address before its @", Person{Email: "ada.l+x@example.com"}, "ada.l+x"},
		{"a name of nothing visible is none", Person{Name: "\u200B\x00 \u202E", Email: "ada@example.com"}, "ada"},
		{"and so are given and family name", Person{GivenName: "\u200D", FamilyName: "\t", Email: "ada@example.com"}, "ada"},
		{"joiners before the only letter are no name of 64", Person{Name: strings.Repeat("\u200D", 64) + "A", Email: "ada@example.com"}, "ada"},
		{"the address before the first @", Person{Email: `ada@home@example.com`}, "ada"},
		{"an address that is none", Person{Email: "ada"}, "ada"},
		{"nothing at all", Person{}, "User"},
		{"an address without a local part", Person{Email: "@example.com"}, "User"},
		{"too long is cut", Person{Name: long}, long[:MaxNameLength]},
		{"a name of the greatest length stays", Person{Name: long[1:]}, long[1:]},
		{"cut before an emoji that does not fit", Person{Name: strings.Repeat("x", 60) + family}, strings.Repeat("x", 60)},
		{"markup is text", Person{Name: `<b>"Ada"</b>`}, `<b>"Ada"</b>`},
	} {
		if got := signUpName(c.person); got != c.want {
			t.Errorf("%s: got %+q, want %+q", c.rule, got, c.want)
		}
	}
}

func TestPersonalName(t *testing.T) {
	t.Parallel()
	if got := PersonalName("Ada"); got != "Ada's Organization" {
		t.Errorf("got %q", got)
	}
}

// A name that Hearth gave itself must be one that Hearth would take.
func FuzzSignUpName(f *testing.F) {
	for _, seed := range []string{
		"", "Ada", "  Ada  ", "Zoe\u200B\u0308", "\xff\xfe", "\u202Eada\u2066", family + astronaut + germany + scotland + keycap,
		strings.Repeat(germany, 40), strings.Repeat(family, 12), "a" + strings.Repeat("\u0301", 100), strings.Repeat("\u200D", 70) + "A",
		strings.Repeat("a ", 40), "\u1100\u200B\u1161", "\u0344\u0F73", "a\u0345\u200B\u0300", strings.Repeat("\u3164", 80),
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, in string) {
		name := signUpName(Person{Name: in})
		switch length := utf8.RuneCountInString(name); {
		case !utf8.ValidString(name):
			t.Errorf("%+q: invalid UTF-8 %+q", in, name)
		case length < 1 || length > MaxNameLength:
			t.Errorf("%+q: %d characters in %+q", in, length, name)
		case strings.TrimSpace(name) != name:
			t.Errorf("%+q: not trimmed: %+q", in, name)
		case strings.ContainsFunc(name, func(r rune) bool {
			return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r != ' ' && unicode.IsSpace(r)
		}):
			t.Errorf("%+q: a control character or mark of direction in %+q", in, name)
		}
		if again := signUpName(Person{Name: name}); again != name {
			t.Errorf("%+q: %+q becomes %+q the second time", in, name, again)
		}
	})
}
