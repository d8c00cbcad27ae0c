package userpool

import (
	"encoding/base32"
	"errors"
	"testing"
	"time"
)

// The times and codes are those of RFC 6238, appendix B, cut to six digits.
func TestCodesAreThoseOfRFC6238(t *testing.T) {
	t.Parallel()
	secret := base32.StdEncoding.EncodeToString([]byte("12345678901234567890"))
	for at, code := range map[int64]string{
		59: "287082", 1111111109: "081804", 1111111111: "050471", 1234567890: "005924", 2000000000: "279037", 20000000000: "353130",
	} {
		for _, c := range []struct {
			off  int64
			want error
		}{{0, nil}, {30, nil}, {-30, nil}, {60, errTokenMismatch}, {-60, errTokenMismatch}} {
			if at+c.off < 0 {
				continue
			}
			token := softwareToken{Secret: secret}
			if err := token.spend(code, time.Unix(at+c.off, 0)); !errors.Is(err, c.want) {
				t.Errorf("the code of %d tried %+d seconds later: got %v, want %v", at, c.off, err, c.want)
			}
		}
	}
}

func TestNeitherACodeNorAnOlderOneIsGoodAgain(t *testing.T) {
	t.Parallel()
	secret := base32.StdEncoding.EncodeToString([]byte("12345678901234567890"))
	token := softwareToken{Secret: secret}
	older, newer, now := "081804", "050471", time.Unix(1111111111, 0)
	if err := token.spend(newer, now); err != nil {
		t.Fatal(err)
	}
	for _, code := range []string{newer, older} {
		if err := token.spend(code, now); !errors.Is(err, errTokenUsed) {
			t.Errorf("%s: got %v, want %v", code, err, errTokenUsed)
		}
	}
}
