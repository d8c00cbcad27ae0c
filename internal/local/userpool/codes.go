package userpool

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"math/big"
	"time"
)

// codePurpose is what a code proves. A user has at most one code for each.
type codePurpose string

const (
	purposeConfirm codePurpose = "confirm"
	purposeReset   codePurpose = "reset"
	purposeVerify  codePurpose = "verify"
)

// code is a code that was sent. Only its hash is kept.
type code struct {
	Salt    []byte    `json:"salt"`
	Hash    []byte    `json:"hash"`
	Expires time.Time `json:"expires"`
}

func hashCode(salt []byte, digits string) []byte {
	h := hmac.New(sha256.New, salt)
	h.Write([]byte(digits))
	return h.Sum(nil)
}

// giveCode makes a new code of six digits, which ends the one before.
func (p *Pool) giveCode(u *user, purpose codePurpose) (string, error) {
	n, err := rand.Int(rand.Reader, big.NewInt(1_000_000))
	if err != nil {
		return "", fmt.Errorf("user pool: code: %w", err)
	}
	digits := fmt.Sprintf("%06d", n)
	validity := p.options.Settings.ConfirmationCodeValidity
	if purpose == purposeReset {
		validity = p.options.Settings.ResetCodeValidity
	}
	salt := randomBytes(16)
	if u.Codes == nil {
		u.Codes = make(map[codePurpose]code)
	}
	u.Codes[purpose] = code{Salt: salt, Hash: hashCode(salt, digits), Expires: p.now().Add(validity)}
	return digits, nil
}

// spendCode takes a code away from the user if it is right, so that it is good
// once. The caller holds p.mu and commits the user.
func (p *Pool) spendCode(u *user, purpose codePurpose, digits string) error {
	sent, found := u.Codes[purpose]
	switch {
	case !found || !p.now().Before(sent.Expires):
		return errCodeExpired
	case !hmac.Equal(hashCode(sent.Salt, digits), sent.Hash):
		return errCodeMismatch
	}
	delete(u.Codes, purpose)
	return nil
}
