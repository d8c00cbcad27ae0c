package userpool

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
)

type listPasskeysInput struct {
	AccessToken string
	MaxResults  *int
	NextToken   string
}

type passkeyDescription struct {
	CredentialId            string //nolint:revive // Cognito's own spelling.
	FriendlyCredentialName  string
	RelyingPartyId          string //nolint:revive // Cognito's own spelling.
	AuthenticatorAttachment string `json:",omitempty"`
	AuthenticatorTransports []string
	CreatedAt               float64
}

type listPasskeysOutput struct {
	Credentials []passkeyDescription
	NextToken   string `json:",omitempty"`
}

// listWebAuthnCredentials lists a user's passkeys, the oldest first.
func (p *Pool) listWebAuthnCredentials(_ context.Context, in listPasskeysInput) (listPasskeysOutput, error) {
	u, _, err := p.caller(in.AccessToken)
	if err != nil {
		return listPasskeysOutput{}, err
	}
	limit := maxPasskeys
	if in.MaxResults != nil {
		if *in.MaxResults < 0 || *in.MaxResults > maxPasskeys {
			return listPasskeysOutput{}, invalidParameter(fmt.Sprintf(
				"1 validation error detected: Value at 'maxResults' failed to satisfy constraint: Member must have value less than or equal to %d", maxPasskeys))
		}
		// Zero means the default.
		if *in.MaxResults > 0 {
			limit = *in.MaxResults
		}
	}
	request := "passkeys " + u.Sub
	after, err := p.openPage(request, in.NextToken)
	if err != nil {
		return listPasskeysOutput{}, err
	}
	out := listPasskeysOutput{Credentials: []passkeyDescription{}}
	for _, k := range slices.SortedFunc(slices.Values(u.Passkeys), comparePasskeys) {
		if !after.before(k.Created, k.id()) {
			continue
		}
		if len(out.Credentials) == limit {
			out.NextToken, err = p.sealPage(request, after)
			return out, err
		}
		out.Credentials = append(out.Credentials, passkeyDescription{
			CredentialId: k.id(), FriendlyCredentialName: k.name(), RelyingPartyId: k.RelyingPartyID,
			AuthenticatorAttachment: k.Attachment, AuthenticatorTransports: append([]string{}, k.Transports...),
			CreatedAt: seconds(k.Created),
		})
		after = position{Created: k.Created, ID: k.id()}
	}
	return out, nil
}

func comparePasskeys(a, b passkey) int {
	return cmp.Or(a.Created.Compare(b.Created), strings.Compare(a.id(), b.id()))
}

type deletePasskeyInput struct {
	AccessToken  string
	CredentialId string //nolint:revive // Cognito's own spelling, which decoding goes by.
}

// deleteWebAuthnCredential makes a passkey useless at once, also to a sign-in
// by it that has begun.
func (p *Pool) deleteWebAuthnCredential(_ context.Context, in deletePasskeyInput) (none, error) {
	u, _, err := p.caller(in.AccessToken)
	if err != nil {
		return none{}, err
	}
	if err := member("credentialId", in.CredentialId, 1, maxBody, nil); err != nil {
		return none{}, err
	}
	_, err = p.edit(u.Sub, func(u *user) error {
		kept := slices.DeleteFunc(slices.Clone(u.Passkeys), func(k passkey) bool { return k.id() == in.CredentialId })
		if len(kept) == len(u.Passkeys) {
			return errPasskeyNotFound
		}
		u.Passkeys = kept
		return nil
	})
	return none{}, err
}
