package main

import (
	"net/http"
	"testing"
	"time"

	"hearth/internal/account"
	"hearth/internal/dynamo"
)

// teamAnswer is an organization as the API answers it.
type teamAnswer struct {
	ID          string
	Name, Slug  string
	ImageURL    *string
	IsPersonal  bool
	MemberCount int
	Role        account.Role
}

// teamMember is a member as the API answers it.
type teamMember struct {
	UserID, Name, Email string
	Role                account.Role
}

// teamList is a page of a list of a team's.
type teamList[T any] struct {
	Items      []T
	NextCursor *string
}

// createTeam has a person create a team and returns it.
func (p *person) createTeam(t *testing.T, body any) teamAnswer {
	t.Helper()
	var made teamAnswer
	got := p.call(t, http.MethodPost, "/organizations", body).want(t, http.StatusCreated)
	got.JSON(t, &made)
	if location := got.Header.Get("Location"); location != "/organizations/"+made.ID {
		t.Errorf("location %q", location)
	}
	return made
}

// takeIn makes a person a member of a team, as an accepted invitation does.
func (p *person) takeIn(t *testing.T, h *host, organizationID string, role account.Role) {
	t.Helper()
	store := dynamo.New(dynamoClient(h.Config.DynamoDBEndpoint), h.Config.TableName)
	records, err := store.Read(t.Context(), account.UserKey(p.ID))
	if err != nil {
		t.Fatal(err)
	}
	user, now := records.User(p.ID), time.Now().UTC().Truncate(time.Millisecond)
	membership := &account.Membership{
		UserID: p.ID, OrganizationID: organizationID, Role: role, UserName: user.Name, UserEmail: user.Email,
		UserVersion: user.Version, Version: 1, JoinedAt: now,
	}
	err = store.Commit(t.Context(), account.Change{
		Premises: []account.Premise{account.IsAbsent{Of: membership.Key()}},
		Puts:     []account.Record{membership},
		Updates: []account.Update{
			account.ChangeOrganization{OrganizationID: organizationID, Members: 1, Seats: 1, UpdatedAt: now},
			account.ChangeUser{UserID: p.ID, Teams: 1, Accounts: 1, UpdatedAt: now},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
}

// wantRefusal fails the test unless an answer is the problem of the code.
func (a answer) wantRefusal(t *testing.T, status int, code account.Code) {
	t.Helper()
	var refusal struct{ Code account.Code }
	if a.want(t, status).JSON(t, &refusal); refusal.Code != code {
		t.Errorf("%d %s, want %s", status, refusal.Code, code)
	}
}

func TestATeamFromItsFirstRequestToItsLast(t *testing.T) {
	t.Parallel()
	ada := newPerson(t, shared.host, map[string]string{"name": "Ada Lovelace"})
	team := ada.createTeam(t, map[string]string{"name": "Analytical  Engines"})
	if team.Name != "Analytical Engines" || team.IsPersonal || team.Role != account.Owner || team.MemberCount != 1 || team.Slug == "" {
		t.Errorf("created %+v", team)
	}
	path := "/organizations/" + team.ID

	// The session acts for it from now on.
	ada.call(t, http.MethodPut, "/me/active-account", map[string]string{"accountId": team.ID}).want(t, http.StatusOK)
	if me := ada.me(t); me.Account.ID != team.ID || me.ActiveOrganizationID == nil || *me.ActiveOrganizationID != team.ID {
		t.Errorf("after the switch %+v", me)
	}
	read := ada.call(t, http.MethodGet, path, nil).want(t, http.StatusOK)
	renamed := ada.call(t, http.MethodPatch, path, map[string]string{"name": "Engines"}, "If-Match", read.Header.Get("Etag")).
		want(t, http.StatusOK)
	if renamed.JSON(t, &team); team.Name != "Engines" || renamed.Header.Get("X-Account-Id") != team.ID {
		t.Errorf("renamed %+v for %q", team, renamed.Header.Get("X-Account-Id"))
	}
	ada.call(t, http.MethodPatch, path, map[string]string{"name": "Late"}, "If-Match", read.Header.Get("Etag")).
		wantRefusal(t, http.StatusPreconditionFailed, account.CodePreconditionFailed)

	var members teamList[teamMember]
	ada.call(t, http.MethodGet, path+"/members?q=ada", nil).want(t, http.StatusOK).JSON(t, &members)
	if len(members.Items) != 1 || members.Items[0] != (teamMember{ada.ID, "Ada Lovelace", ada.Email, account.Owner}) || members.NextCursor != nil {
		t.Errorf("members %+v", members)
	}
	ada.call(t, http.MethodPost, path+"/leave", nil).wantRefusal(t, http.StatusConflict, account.CodeLastOwner)
	var log teamList[struct{ Action account.AuditAction }]
	ada.call(t, http.MethodGet, "/audit-log", nil).want(t, http.StatusOK).JSON(t, &log)
	if len(log.Items) != 2 || log.Items[0].Action != account.OrganizationUpdated || log.Items[1].Action != account.OrganizationCreated {
		t.Errorf("audit log %+v", log)
	}

	// The very next request is for the personal account again.
	deleted := ada.call(t, http.MethodDelete, path, nil).want(t, http.StatusNoContent)
	if len(deleted.Body) != 0 || deleted.Header.Get("X-Account-Id") != team.ID {
		t.Errorf("deleted for %q: %s", deleted.Header.Get("X-Account-Id"), deleted.Body)
	}
	if me := ada.me(t); me.Account.ID != ada.ID || me.ActiveOrganizationID != nil {
		t.Errorf("after the end %+v", me)
	}
	ada.call(t, http.MethodGet, path, nil).wantRefusal(t, http.StatusNotFound, account.CodeNotFound)
}

func TestRolesChangeAndMembersComeAndGo(t *testing.T) {
	t.Parallel()
	ada := newPerson(t, shared.host, map[string]string{"name": "Ada"})
	grace := newPerson(t, shared.host, map[string]string{"name": "Grace"})
	alan := newPerson(t, shared.host, map[string]string{"name": "Alan"})
	team := ada.createTeam(t, map[string]string{"name": "Team"})
	path := "/organizations/" + team.ID
	for _, p := range []*person{grace, alan} {
		p.call(t, http.MethodGet, path, nil).wantRefusal(t, http.StatusNotFound, account.CodeNotFound)
		p.takeIn(t, shared.host, team.ID, account.Member)
		p.call(t, http.MethodPut, "/me/active-account", map[string]string{"accountId": team.ID}).want(t, http.StatusOK)
	}
	grace.call(t, http.MethodDelete, path+"/members/"+alan.ID, nil).wantRefusal(t, http.StatusForbidden, account.CodeForbidden)
	var promoted teamMember
	ada.call(t, http.MethodPatch, path+"/members/"+grace.ID, map[string]string{"role": "ORG_ADMIN"}).want(t, http.StatusOK).JSON(t, &promoted)
	if promoted != (teamMember{grace.ID, "Grace", grace.Email, account.Admin}) {
		t.Errorf("promoted %+v", promoted)
	}
	grace.call(t, http.MethodDelete, path+"/members/"+alan.ID, nil).want(t, http.StatusNoContent)
	if me := alan.me(t); me.Account.ID != alan.ID {
		t.Errorf("who was removed still acts for %s", me.Account.ID)
	}
	var names []string
	for query := "?limit=1"; query != ""; {
		var page teamList[teamMember]
		ada.call(t, http.MethodGet, path+"/members"+query, nil).want(t, http.StatusOK).JSON(t, &page)
		for _, m := range page.Items {
			names = append(names, m.Name)
		}
		if query = ""; page.NextCursor != nil {
			query = "?limit=1&cursor=" + *page.NextCursor
		}
	}
	if len(names) != 2 || names[0] != "Ada" || names[1] != "Grace" {
		t.Errorf("members %v", names)
	}
	ada.call(t, http.MethodPost, path+"/transfer-ownership", map[string]string{"userId": grace.ID}).want(t, http.StatusOK).JSON(t, &team)
	if team.Role != account.Admin {
		t.Errorf("after the transfer %+v", team)
	}
	ada.call(t, http.MethodPost, path+"/leave", nil).want(t, http.StatusNoContent)
	ada.call(t, http.MethodGet, path, nil).wantRefusal(t, http.StatusNotFound, account.CodeNotFound)
	var log teamList[struct {
		Action account.AuditAction
		Actor  struct{ UserID, Name string }
		Detail *string
	}]
	grace.call(t, http.MethodGet, path+"/audit-log", nil).want(t, http.StatusOK).JSON(t, &log)
	if len(log.Items) != 5 || log.Items[0].Action != account.MemberLeft || log.Items[0].Actor.Name != "Ada" || log.Items[0].Actor.UserID != ada.ID {
		t.Errorf("audit log %+v", log)
	}
}

func TestATeamHasAnImage(t *testing.T) {
	t.Parallel()
	p := newPerson(t, shared.host, nil)
	team := p.createTeam(t, map[string]string{"name": "Team"})
	path := "/organizations/" + team.ID + "/image"
	var g grant
	p.call(t, http.MethodPost, path, map[string]any{"contentType": "image/png", "size": 100}).want(t, http.StatusCreated).JSON(t, &g)
	p.call(t, http.MethodPut, path, map[string]string{"key": g.Key}).
		wantRefusal(t, http.StatusUnprocessableEntity, account.CodeInvalidRequest) // not uploaded yet
	if status := p.upload(t, g, png(100)); status != http.StatusNoContent {
		t.Fatalf("upload: %d", status)
	}
	// It is the team's, not that of the person who uploaded it.
	p.attach(t, g.Key).wantRefusal(t, http.StatusUnprocessableEntity, account.CodeInvalidRequest)
	p.call(t, http.MethodPut, path, map[string]string{"key": g.Key}).want(t, http.StatusOK).JSON(t, &team)
	if team.ImageURL == nil {
		t.Fatal("no image")
	}
	if status, _, content := p.read(t, *team.ImageURL); status != http.StatusOK || len(content) != 100 {
		t.Errorf("image: %d, %d bytes", status, len(content))
	}
	p.call(t, http.MethodDelete, path, nil).want(t, http.StatusNoContent)
	p.call(t, http.MethodGet, "/organizations/"+team.ID, nil).want(t, http.StatusOK).JSON(t, &team)
	if team.ImageURL != nil {
		t.Errorf("image %s after its end", *team.ImageURL)
	}
}
