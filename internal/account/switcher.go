package account

import (
	"context"
	"errors"
)

// MaxAccounts is the largest page of accounts: with the user, the session and
// what the request may name besides, it fits one batch.
const MaxAccounts = 90

// firstTeam is a position before every id: the page behind the personal account.
const firstTeam = "-"

// SwitcherPage is a page of the accounts that a user can enter.
type SwitcherPage struct {
	// Caller is who asked; the account is the one that the request names, else
	// the session's if it is on the page, else none.
	Caller   Caller
	Accounts []Account
	// Next is the position behind the page, "" at the end.
	Next string
}

// Accounts lists the accounts that a user can enter: the personal one first,
// then the teams by id. It takes the position and the size of the page, and
// authorizes as Authorize does: the memberships first, then one read with the
// user, the session and the organizations.
func (s *Service) Accounts(ctx context.Context, id Identity, target Target, after string, limit int) (SwitcherPage, error) {
	return enough(id, func(id Identity) (SwitcherPage, error) { return s.accounts(ctx, id, target, after, limit) })
}

func (s *Service) accounts(ctx context.Context, id Identity, target Target, after string, limit int) (SwitcherPage, error) {
	first := after == ""
	memberships, next, err := s.store.Memberships(ctx, id.UserID, after, limit)
	if err != nil {
		return SwitcherPage{}, err
	}
	memberships, next = teams(memberships, next, id.UserID, first, limit)
	keys := []Key{
		UserKey(id.UserID), SessionKey(id.UserID, id.SessionID),
		MembershipKey(id.UserID, id.UserID), OrganizationKey(id.UserID),
	}
	if wellFormedID(target.AccountID) {
		keys = append(keys, MembershipKey(id.UserID, target.AccountID), OrganizationKey(target.AccountID))
	}
	for _, m := range memberships {
		keys = append(keys, OrganizationKey(m.OrganizationID))
	}
	records, err := s.store.Read(ctx, keys...)
	if err != nil {
		return SwitcherPage{}, err
	}
	caller, err := s.admit(ctx, id, records)
	if err != nil {
		return SwitcherPage{}, err
	}
	if personal := records.Membership(id.UserID, id.UserID); first && personal != nil {
		memberships = append([]*Membership{personal}, memberships...)
	}
	page := SwitcherPage{Caller: caller, Next: next, Accounts: []Account{}}
	for _, m := range memberships {
		o := records.Organization(m.OrganizationID)
		if o == nil || o.Status != OrganizationActive || !s.offers(o) {
			continue
		}
		entry := Account{Organization: o, Role: m.Role, grants: s.grants}
		page.Accounts = append(page.Accounts, entry)
		current := caller.Session.ActiveOrganizationID
		if current == "" {
			current = id.UserID
		}
		if target.AccountID == "" && o.ID == current {
			page.Caller.Account = entry
		}
	}
	if target.AccountID != "" {
		if err := s.enterNamed(&page.Caller, records, target); err != nil {
			return SwitcherPage{}, err
		}
	}
	s.touch(ctx, &page.Caller.Session)
	return page, nil
}

// teams leaves the personal membership out, which is listed first wherever its
// id would stand, and keeps the first page as long as the others.
func teams(page []*Membership, next, userID string, first bool, limit int) ([]*Membership, string) {
	var kept []*Membership
	for _, m := range page {
		if m.OrganizationID != userID {
			kept = append(kept, m)
		}
	}
	if !first || len(kept) < limit {
		return kept, next
	}
	kept = kept[:limit-1]
	if len(kept) == 0 {
		return kept, firstTeam
	}
	return kept, kept[len(kept)-1].OrganizationID
}

// Choose has the session act for an account from now on, and the next session
// start there; nil is the personal one. It authorizes for that account by
// itself, so that it takes one read and one write. It fails as Authorize does,
// and with CodeInvalidRequest on /accountId for what cannot be an id.
func (s *Service) Choose(ctx context.Context, id Identity, accountID *string) (Caller, error) {
	target := Target{AccountID: id.UserID}
	if accountID != nil {
		if *accountID == "" || !wellFormedID(*accountID) {
			return Caller{}, Invalid("/accountId", FieldMalformed)
		}
		target.AccountID = *accountID
	}
	caller, err := s.Authorize(ctx, id, target)
	if errors.Is(err, ErrAccountNotFound) {
		return Caller{}, &Error{Code: CodeAccountNotFound, Detail: "accountId names no account of yours."}
	}
	if err != nil {
		return Caller{}, err
	}
	team := caller.ActiveOrganizationID() // the personal id is stored as none
	if caller.Session.ActiveOrganizationID == team && caller.User.LastActiveAccountID == team {
		return caller, nil
	}
	change := Change{
		Premises: []Premise{
			UserIsActive{UserID: id.UserID},
			UserIsMember{UserID: id.UserID, OrganizationID: target.AccountID},
			OrganizationIsActive{OrganizationID: target.AccountID},
		},
		Updates: []Update{
			ChangeSession{UserID: id.UserID, SessionID: id.SessionID, ActiveOrganizationID: &team},
			ChangeUser{UserID: id.UserID, LastActiveAccountID: &team, UpdatedAt: s.clock()},
		},
	}
	if err := s.commit(ctx, change); err != nil {
		return Caller{}, err
	}
	caller.Session.ActiveOrganizationID, caller.User.LastActiveAccountID = team, team
	return caller, nil
}
