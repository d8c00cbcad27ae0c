package account

import (
	"context"
	"slices"
)

// addressesOf are the addresses under which a user is known, folded, each once.
func addressesOf(u User) []string {
	var all []string
	for _, email := range append([]string{u.Email}, u.FormerEmails...) {
		if folded := FoldAddress(email); folded != "" && !slices.Contains(all, folded) {
			all = append(all, folded)
		}
	}
	return all
}

// ownAddresses are those of a user's addresses that are nobody else's, folded:
// what was sent to them was sent to the user. An address that the user left can
// be somebody else's by now, and who deleted themselves at the identity provider
// can be back as another user by the same one. One that the user has and never
// proved is not theirs to see or to erase by either.
func (s *Service) ownAddresses(ctx context.Context, u User) ([]string, error) {
	all := addressesOf(u)
	if now := FoldAddress(u.Email); !u.EmailVerified {
		all = slices.DeleteFunc(all, func(email string) bool { return email == now })
	}
	held, err := s.heldAddresses(ctx, all)
	return slices.DeleteFunc(all, func(email string) bool {
		address := held.Address(email)
		return address != nil && address.UserID != u.ID
	}), err
}

// heldAddresses reads who has which of some addresses.
func (s *Service) heldAddresses(ctx context.Context, emails []string) (Records, error) {
	keys := make([]Key, len(emails))
	for i, email := range emails {
		keys[i] = AddressKey(email)
	}
	return inBatches(ctx, keys, s.store.Read)
}
