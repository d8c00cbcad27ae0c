package userpool

import (
	"crypto/rand"
	"math/big"
	"strings"
	"unicode/utf8"

	"hearth/internal/cognito"
)

// symbols are the characters that count as symbols in a password; the space
// counts too, as it can only stand inside.
// https://docs.aws.amazon.com/cognito/latest/developerguide/managing-users-passwords.html
const symbols = "^$*.[]{}()?\"!@#%&/\\,><':;|_~`=+- "

// checkPolicy enforces the pool's password policy.
func checkPolicy(policy cognito.PasswordPolicy, password string) error {
	has := func(set string) bool { return strings.ContainsAny(password, set) }
	const refused = "Password did not conform with policy: "
	switch {
	case utf8.RuneCountInString(password) < policy.MinimumLength:
		return fail(codeInvalidPassword, refused+"Password not long enough")
	case policy.RequireUppercase && !has("ABCDEFGHIJKLMNOPQRSTUVWXYZ"):
		return fail(codeInvalidPassword, refused+"Password must have uppercase characters")
	case policy.RequireLowercase && !has("abcdefghijklmnopqrstuvwxyz"):
		return fail(codeInvalidPassword, refused+"Password must have lowercase characters")
	case policy.RequireNumbers && !has("0123456789"):
		return fail(codeInvalidPassword, refused+"Password must have numeric characters")
	case policy.RequireSymbols && !has(symbols):
		return fail(codeInvalidPassword, refused+"Password must have symbol characters")
	}
	return nil
}

// temporaryPassword makes a password that every policy allows.
func temporaryPassword(policy cognito.PasswordPolicy) (string, error) {
	sets := []string{"ABCDEFGHJKLMNPQRSTUVWXYZ", "abcdefghijkmnopqrstuvwxyz", "23456789", "!#%+-=?"}
	length := max(policy.MinimumLength, 16)
	var password strings.Builder
	for i := range length {
		set := sets[i%len(sets)]
		n, err := rand.Int(rand.Reader, big.NewInt(int64(len(set))))
		if err != nil {
			return "", err //nolint:wrapcheck // crypto/rand does not fail.
		}
		password.WriteByte(set[n.Int64()])
	}
	return password.String(), nil
}

// poolName is the part of the pool's id that takes part in SRP.
func (p *Pool) poolName() string {
	_, name, _ := strings.Cut(p.options.PoolID, "_")
	return name
}

// newPassword returns the verifier of a password that the API and the policy
// allow.
func (p *Pool) newPassword(sub, password string) (*verifier, error) {
	if err := firstError(validPassword(password), checkPolicy(p.options.Settings.PasswordPolicy, password)); err != nil {
		return nil, err
	}
	return newVerifier(p.poolName(), sub, password), nil
}

// subject is who a sign-in is for: a user, or somebody made up in place of one
// who does not exist.
type subject struct {
	sub string
	// who names the subject in counts of attempts.
	who      string
	verifier *verifier
	exists   bool
}

// subjectOf returns the subject of a name. Users without a password get a
// made-up verifier too, which no password fits.
func (p *Pool) subjectOf(name string) subject {
	key := p.state.secrets.Simulation
	if u := p.lookUp(name); u != nil {
		s := subject{sub: u.Sub, who: u.Sub, verifier: u.Password, exists: true}
		if s.verifier == nil {
			s.verifier = simulatedVerifier(key, u.Sub)
		}
		return s
	}
	folded := fold(name)
	return subject{sub: simulatedSub(key, folded), who: folded, verifier: simulatedVerifier(key, folded)}
}
