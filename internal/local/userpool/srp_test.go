package userpool

import (
	"encoding/base64"
	"testing"
	"time"

	"github.com/alexrudd/cognito-srp/v4"
	"pgregory.net/rapid"
)

// Another implementation's proof is right for the password, whatever it is and
// whatever the random numbers are, and for that password only.
func TestSRPAgreesWithAnotherImplementation(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		password := rapid.StringN(1, 64, 256).Draw(t, "password")
		typed := password
		if rapid.Bool().Draw(t, "wrong") {
			typed += "x"
		}
		const pool, user = "TestPool1", "4fb6ae51-8ee0-4ea7-9e43-b2c31f5e0a11"
		v := newVerifier(pool, user, password)
		if v.matches(pool, user, typed) != (typed == password) {
			t.Fatalf("matches is wrong for %q and %q", password, typed)
		}
		client, err := cognitosrp.NewCognitoSRP("ada@example.com", typed, "eu-central-1_"+pool, "client", nil)
		if err != nil {
			t.Fatal(err)
		}
		server, err := newExchange(v, client.GetAuthParams()["SRP_A"])
		if err != nil {
			t.Fatal(err)
		}
		block := randomBytes(32)
		proof, err := client.PasswordVerifierChallenge(map[string]string{
			"USERNAME": user, "USER_ID_FOR_SRP": user, "SALT": v.saltHex(), "SRP_B": server.public.Text(16),
			"SECRET_BLOCK": base64.StdEncoding.EncodeToString(block),
		}, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		expected, err := server.signature(pool, user, block, proof["TIMESTAMP"])
		if err != nil {
			t.Fatal(err)
		}
		if got := base64.StdEncoding.EncodeToString(expected) == proof["PASSWORD_CLAIM_SIGNATURE"]; got != (typed == password) {
			t.Fatalf("proof of %q for %q: accepted %v", typed, password, got)
		}
	})
}
