package dynamo_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"hearth/internal/account"
	"hearth/internal/dynamo"
	"hearth/internal/dynamo/dynamotest"
)

// town is several people over one table, each signed in.
type town struct {
	*account.Service
	options account.Options
	// outside is beside the table, where people can be deleted.
	outside *outside
	store   *dynamo.Store
	wire    *dynamotest.Wire
	table   string
	// trial tells the people of one trial from those of the next, who would
	// otherwise meet the limits of what one person may do.
	trial string
}

// n is somebody's name in this trial.
func (w *town) n(name string) string { return name + w.trial }

// tokens is a pool in which an access token is its holder's name.
type tokens struct{}

func (tokens) Person(_ context.Context, token string) (account.Person, error) {
	return account.Person{ID: idOf(token), Username: idOf(token), Email: addressOf(token), EmailVerified: true, Name: token}, nil
}

func (tokens) Rename(context.Context, string, string) error { return nil }

// plainMAC is a MAC that a test can make: what counts here is only that it
// differs with the message.
type plainMAC struct{}

func (plainMAC) Sign(_ context.Context, message []byte) ([]byte, error) {
	return []byte(uuid.NewSHA1(uuid.Nil, message).String()), nil
}

func (m plainMAC) Verify(ctx context.Context, message, mac []byte) (bool, error) {
	want, err := m.Sign(ctx, message)
	return string(want) == string(mac), err
}

func idOf(name string) string      { return uuid.NewSHA1(uuid.NameSpaceDNS, []byte(name)).String() }
func addressOf(name string) string { return name + "@example.com" }

func identity(name, session string) account.Identity {
	return account.Identity{
		UserID: idOf(name), Username: idOf(name), SessionID: name + "-" + session, AuthTime: time.Now().Unix(), AccessToken: name,
	}
}

func newTown(t testing.TB, change ...func(*account.Config)) *town {
	t.Helper()
	config := account.Config{
		AccountMode: account.Hybrid, Languages: []string{"en"}, MaxOrganizationsPerUser: 100,
		WhoMayCreateOrganizations: account.EveryoneCreates, InvitationDays: 7,
	}
	for _, c := range change {
		c(&config)
	}
	wire, table := &dynamotest.Wire{}, dynamotest.Table(t)
	store := dynamo.New(dynamotest.Client(t, wire), table)
	options := account.Options{
		Store: store, Pool: tokens{}, Images: pictures{newOutside()}, MAC: plainMAC{}, Grants: account.CoreGrants(), Now: time.Now,
		NewID: func() string { return uuid.Must(uuid.NewV7()).String() }, SessionValidity: 24 * time.Hour, Config: config,
	}
	return &town{options: options, store: store, wire: wire, table: table, Service: account.NewService(options)}
}

// team makes an organization with members of the given roles; the first is an
// owner.
func (w *town) team(t testing.TB, slug string, members ...string) string {
	t.Helper()
	founder := identity(w.n(members[0]), "1")
	c, err := w.Authorize(t.Context(), founder, account.Target{})
	if err != nil {
		t.Fatal(err)
	}
	made, err := w.CreateOrganization(t.Context(), founder, c, account.NewOrganization{Name: "Team", Slug: slug}, account.Repeat{})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range members[1:] {
		w.invited(t, made.Organization.ID, members[0], name, account.Member)
		w.accept(t, made.Organization.ID, name)
	}
	return made.Organization.ID
}

func (w *town) invited(t testing.TB, organizationID, by, name string, role account.Role) *account.Invitation {
	t.Helper()
	_, invitation, err := w.Invite(t.Context(), identity(w.n(by), "1"), organizationID, addressOf(w.n(name)), role, account.Repeat{})
	if err != nil {
		t.Fatal(err)
	}
	return invitation
}

func (w *town) accept(t testing.TB, organizationID, name string) {
	t.Helper()
	_, offers, _, err := w.MyInvitations(t.Context(), identity(w.n(name), "1"), account.Target{}, "", account.MaxMyInvitations)
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range offers {
		if o.OrganizationID == organizationID {
			if _, err := w.Accept(t.Context(), identity(w.n(name), "1"), o.PublicID()); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func (w *town) promote(t testing.TB, organizationID, by, name string, role account.Role) {
	t.Helper()
	if _, err := w.ChangeMemberRole(t.Context(), identity(w.n(by), "1"), organizationID, idOf(w.n(name)), role); err != nil {
		t.Fatal(err)
	}
}

// check holds what must be true of an organization whatever ran (design,
// section 2: 3, 4 and 5).
func (w *town) check(t testing.TB, organizationID string) *account.Organization {
	t.Helper()
	records, err := w.store.Read(t.Context(), account.OrganizationKey(organizationID))
	if err != nil {
		t.Fatal(err)
	}
	o := records.Organization(organizationID)
	if o == nil || o.Status != account.OrganizationActive {
		return o
	}
	members, _, err := w.store.Members(t.Context(), organizationID, "", "", 100)
	if err != nil {
		t.Fatal(err)
	}
	owners, active := 0, 0
	for _, m := range members {
		if m.Role != account.Owner {
			continue
		}
		owners++
		users, err := w.store.Read(t.Context(), account.UserKey(m.UserID))
		if err != nil {
			t.Fatal(err)
		}
		if u := users.User(m.UserID); u != nil && u.Status == account.UserActive {
			active++
		}
	}
	invitations, _, err := w.store.Invitations(t.Context(), organizationID, "", 100)
	if err != nil {
		t.Fatal(err)
	}
	pending := map[string]int{}
	seats := len(members)
	for _, i := range invitations {
		if i.Status == account.InvitationPending {
			pending[account.FoldAddress(i.Email)]++
			seats++
		}
	}
	if active == 0 || o.OwnerCount != owners || o.MemberCount != len(members) || o.SeatsUsed != seats {
		t.Errorf("counts %d owners, %d members, %d seats; there are %d (%d active), %d, %d",
			o.OwnerCount, o.MemberCount, o.SeatsUsed, owners, active, len(members), seats)
	}
	for address, n := range pending {
		if n > 1 {
			t.Errorf("%d pending invitations to one address", n)
		}
		held, err := w.store.Read(t.Context(), account.InvitedKey(organizationID, address))
		if err != nil || len(held) != 1 {
			t.Errorf("a pending invitation without its address: %v, %v", held, err)
		}
	}
	return o
}

// trials is how often each race is run.
func trials() int {
	if os.Getenv("HEARTH_SOAK") != "" {
		return 200
	}
	return 4
}

// race runs rivals at once, again and again, without and with conflicts that
// the engine itself never reports. Each rival may be told no by a rule, but
// never a fault: no 500, and no 503 while the engine answers.
func race(t *testing.T, change func(*account.Config), setUp func(t *testing.T, w *town, trial int) (organizationID string, rivals []func() error), outcome func(t *testing.T, w *town, o *account.Organization, errs []error)) {
	t.Helper()
	for _, conflicts := range []bool{false, true} {
		t.Run(fmt.Sprintf("conflicts %t", conflicts), func(t *testing.T) {
			t.Parallel()
			w := newTown(t, change)
			for trial := range trials() {
				w.wire.Spoil(nil)
				w.trial = fmt.Sprintf("-%d", trial)
				organizationID, rivals := setUp(t, w, trial)
				if conflicts {
					// Every other transaction meets another one at first.
					w.wire.Spoil(func(call int, operation string) dynamotest.Fault {
						if operation == "TransactWriteItems" && call%2 == 0 {
							return dynamotest.Conflict
						}
						return dynamotest.None
					})
				}
				errs := make([]error, len(rivals))
				var start, group sync.WaitGroup
				start.Add(1)
				for i, rival := range rivals {
					group.Go(func() {
						start.Wait()
						errs[i] = rival()
					})
				}
				start.Done()
				group.Wait()
				w.wire.Spoil(nil)
				for i, err := range errs {
					if errors.Is(err, account.ErrInternal) || errors.Is(err, account.ErrUnavailable) || err != nil && codeOf(err) == "" {
						t.Errorf("trial %d: rival %d met a fault: %v", trial, i, err)
					}
				}
				o := w.check(t, organizationID)
				outcome(t, w, o, errs)
				if t.Failed() {
					t.Fatalf("trial %d: %v", trial, errs)
				}
			}
		})
	}
}

// won counts the rivals that were not refused.
func won(errs []error) int {
	n := 0
	for _, err := range errs {
		if err == nil {
			n++
		}
	}
	return n
}
