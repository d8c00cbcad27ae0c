package dynamo_test

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"testing"
	"time"

	"hearth/internal/account"
	"hearth/internal/dynamo"
	"hearth/internal/dynamo/dynamotest"
)

// crowd is a pool of many people, who are computed rather than kept: of each it
// knows the number.
type crowd struct{ size int }

const crowdID = "00000000-0000-4000-8000-%012d"

func (c crowd) person(n int) account.Resident {
	id := fmt.Sprintf(crowdID, n)
	return account.Resident{Confirmed: true, Enabled: true, Person: account.Person{
		ID: id, Username: id, Email: fmt.Sprintf("person-%d@example.com", n), EmailVerified: true, Name: fmt.Sprintf("Person %d", n),
	}}
}

func (c crowd) People(_ context.Context, after string) (page []account.Resident, next string, err error) {
	first, _ := strconv.Atoi(after) // "" is the beginning
	last := min(first+account.MaxPeople, c.size)
	for n := first; n < last; n++ {
		page = append(page, c.person(n))
	}
	if last < c.size {
		next = strconv.Itoa(last)
	}
	return page, next, nil
}

func (c crowd) Find(_ context.Context, name string) (account.Resident, error) {
	n, err := strconv.Atoi(name[len(name)-12:])
	if err != nil || n >= c.size {
		return account.Resident{}, account.ErrNotFound
	}
	return c.person(n), nil
}

func (c crowd) FindByID(ctx context.Context, id string) (account.Resident, error) {
	return c.Find(ctx, id)
}

func (crowd) Disable(context.Context, string) error { return account.ErrNotFound }
func (crowd) Enable(context.Context, string) error  { return account.ErrNotFound }
func (crowd) SignOut(context.Context, string) error { return account.ErrNotFound }

// crowdTeam is how many people each team of a crowd has; every tenth of them
// owns one.
const crowdTeam = 5

// settle puts the records of a crowd into a table: a person each, and a team for
// every tenth, with those who follow.
func settle(t *testing.T, store *dynamo.Store, c crowd) {
	t.Helper()
	var records []account.Record
	flush := func() {
		fill(t, store, records)
		records = records[:0]
	}
	for n := range c.size {
		p := c.person(n)
		teams := 0
		if n%10 < crowdTeam {
			teams = 1
		}
		u := &account.User{
			ID: p.ID, Username: p.Username, Email: p.Email, EmailVerified: true, Name: p.Name, Status: account.UserActive,
			Preferences: account.Preferences{Theme: account.ThemeSystem, Language: "en"},
			TeamCount:   teams, AccountsVersion: 1, Version: 1, CreatedAt: longAgo, UpdatedAt: longAgo,
		}
		member := func(organizationID string, role account.Role) *account.Membership {
			return &account.Membership{
				UserID: u.ID, OrganizationID: organizationID, Role: role, UserName: u.Name, UserEmail: u.Email, UserVersion: 1,
				Version: 1, JoinedAt: longAgo,
			}
		}
		organization := func(id, name, slug string, members int) *account.Organization {
			return &account.Organization{
				ID: id, Name: name, Slug: slug, IsPersonal: slug == "", Status: account.OrganizationActive, MemberCount: members, OwnerCount: 1,
				SeatsUsed: members, Version: 1, CreatedBy: u.ID, CreatedAt: longAgo, UpdatedAt: longAgo,
			}
		}
		records = append(records, u, &account.Address{Email: p.Email, UserID: p.ID, Version: 1},
			organization(u.ID, account.PersonalName(u.Name), "", 1), member(u.ID, account.Owner))
		team, role := fmt.Sprintf("team-%d", n/10), account.Member
		if n%10 == 0 {
			role = account.Owner
			records = append(records, organization(team, "Team", team, min(crowdTeam, c.size-n)), &account.Slug{Slug: team, OrganizationID: team, Version: 1})
		}
		if teams > 0 {
			records = append(records, member(team, role))
		}
		if len(records) > 2000 {
			flush()
		}
	}
	flush()
}

// The jobs over many users: few memory, and no more capacity than a few units a
// user, and what is broken among them is found. With HEARTH_SOAK they are
// 100,000.
func TestMaintenanceAtScale(t *testing.T) {
	c := crowd{size: 500}
	if os.Getenv("HEARTH_SOAK") != "" {
		c.size = 100_000
	}
	table := dynamotest.Table(t)
	begun := time.Now()
	settle(t, dynamo.New(dynamotest.Client(t, nil), table), c)
	t.Logf("%d users were made in %.0f s", c.size, time.Since(begun).Seconds())

	meter := dynamo.NewMeter(0, time.Now)
	store := dynamo.New(dynamotest.Client(t, nil, meter.Install), table)
	m := account.NewMaintenance(account.NewService(account.Options{
		Store: store, Pool: tokens{}, Grants: account.CoreGrants(), Now: time.Now, NewID: newRequestID,
		Config: account.Config{AccountMode: account.Hybrid, Languages: []string{"en"}},
	}), store, c, func() (read, write float64) { return meter.Used().Read, meter.Used().Write })

	run := func(what string, name account.JobName, findings, repairs int) {
		t.Helper()
		s := m.Run(t.Context(), account.Job{Name: name}, func(s account.Summary) {
			if s.Pages%100 == 0 {
				t.Logf("%s: page %d after %.0f s", what, s.Pages, s.Seconds)
			}
		})
		t.Logf("%s: %d people and %v in %d pages, %.1f s (%.0f users/s), %.0f read units, %.0f write units, heap at most %.1f MiB", what,
			s.People, s.Items, s.Pages, s.Seconds, float64(c.size)/s.Seconds, s.ReadUnits, s.WriteUnits, float64(s.MemoryBytes)/(1<<20))
		if s.Failure != "" || s.Next != "" || len(s.Findings) != findings || len(s.Repairs) != repairs || s.Items["user"] != c.size {
			t.Errorf("%s: %+v", what, s)
		}
		// Of the test itself the heap holds little, whatever the size.
		if s.MemoryBytes > 48<<20 {
			t.Errorf("%s: the heap held %d MiB", what, s.MemoryBytes>>20)
		}
		if perUser := s.ReadUnits / float64(c.size); perUser > 12 {
			t.Errorf("%s: %.1f read units a user", what, perUser)
		}
	}
	for n := range 5 { // scattered over the whole
		drop(t, store, account.MembershipKey(fmt.Sprintf(crowdID, n*c.size/5+7), fmt.Sprintf(crowdID, n*c.size/5+7)))
	}
	// DynamoDB Local reads on ever more slowly, the further a scan is.
	run("check", account.JobCheck, 5, 0)
	run("ensure", account.JobEnsure, 0, 5)
	run("verify", account.JobVerify, 0, 0)
}
