package main

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"hearth/internal/account"
	"hearth/internal/local/userpool"
)

// projectAnswer is a project as the API answers it.
type projectAnswer struct {
	ID, Name, Description, CreatedBy string
	CreatedAt, UpdatedAt             time.Time
}

// in returns the person acting for an account, by the header.
func (p *person) in(accountID string) *person {
	other := *p
	other.accountID = accountID
	return &other
}

func (p *person) createProject(t *testing.T, name string, header ...string) projectAnswer {
	t.Helper()
	var made projectAnswer
	p.call(t, http.MethodPost, "/projects", map[string]string{"name": name}, header...).want(t, http.StatusCreated).JSON(t, &made)
	return made
}

// projects are the names in a list of pages, in order.
func (p *person) projects(t *testing.T, limit int) (names []string) {
	t.Helper()
	for cursor := ""; ; {
		var page teamList[projectAnswer]
		p.call(t, http.MethodGet, fmt.Sprintf("/projects?limit=%d&cursor=%s", limit, url.QueryEscape(cursor)), nil).
			want(t, http.StatusOK).JSON(t, &page)
		if len(page.Items) > limit {
			t.Errorf("%d on a page of %d", len(page.Items), limit)
		}
		for _, one := range page.Items {
			names = append(names, one.Name)
		}
		if page.NextCursor == nil {
			return names
		}
		cursor = *page.NextCursor
	}
}

func (p *person) wantProjects(t *testing.T, want ...string) {
	t.Helper()
	for _, limit := range []int{100, 2} {
		if got := p.projects(t, limit); !slices.Equal(got, want) {
			t.Errorf("projects by %d: %v, want %v", limit, got, want)
		}
	}
}

func TestProjectsAreCreatedListedChangedAndDeleted(t *testing.T) {
	t.Parallel()
	p := newPerson(t, shared.host, nil)
	team := p.createTeam(t, map[string]string{"name": "Team"}).ID
	for name, p := range map[string]*person{"at home": p.in(p.ID), "in a team": p.in(team)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p.wantProjects(t)
			body := map[string]string{"name": "  Difference \u200b Engine ", "description": " one\r\n\r\ntwo\u0000  three \n"}
			answered := p.call(t, http.MethodPost, "/projects", body).want(t, http.StatusCreated)
			var made projectAnswer
			answered.JSON(t, &made)
			if made.Name != "Difference Engine" || made.Description != "one\n\ntwo three" || made.CreatedBy != p.ID || made.CreatedAt != made.UpdatedAt {
				t.Errorf("made %+v", made)
			}
			path := answered.Header.Get("Location")
			if path != "/projects/"+made.ID || answered.Header.Get("X-Account-Id") != p.accountID {
				t.Errorf("headers %v", answered.Header)
			}
			got := p.call(t, http.MethodGet, path, nil).want(t, http.StatusOK)
			tag := got.Header.Get("ETag")
			var found projectAnswer
			if got.JSON(t, &found); found != made || tag == "" || tag != answered.Header.Get("ETag") {
				t.Errorf("found %+v, made %+v, tags %s %s", found, made, tag, answered.Header.Get("ETag"))
			}
			for i := range 4 {
				p.createProject(t, fmt.Sprint(i))
			}
			p.wantProjects(t, "3", "2", "1", "0", "Difference Engine")

			patch := func(body map[string]any, header ...string) answer {
				return p.call(t, http.MethodPatch, path, body, header...)
			}
			changed := patch(map[string]any{"name": "Mill"}, "If-Match", tag).want(t, http.StatusOK)
			var mill projectAnswer
			changed.JSON(t, &mill)
			want := found
			want.Name, want.UpdatedAt = "Mill", mill.UpdatedAt
			if mill != want || mill.UpdatedAt.Before(found.UpdatedAt) || changed.Header.Get("ETag") == tag {
				t.Errorf("changed to %+v, want %+v", mill, want)
			}
			patch(map[string]any{"name": "Lost"}, "If-Match", tag).refused(t, http.StatusPreconditionFailed, account.CodePreconditionFailed)
			var same projectAnswer
			patch(map[string]any{"description": nil}, "If-Match", changed.Header.Get("ETag")).want(t, http.StatusOK).JSON(t, &same)
			if same != mill {
				t.Errorf("nothing to change, and yet %+v", same)
			}
			patch(map[string]any{"description": ""}).want(t, http.StatusOK)
			for body, field := range map[string]string{" \u200b": "/name too_short", strings.Repeat("x", 65): "/name too_long"} {
				patch(map[string]any{"name": body}).refused(t, http.StatusUnprocessableEntity, account.CodeInvalidRequest, field)
			}
			patch(map[string]any{"description": strings.Repeat("ä", 2000)}).want(t, http.StatusOK)
			patch(map[string]any{"description": strings.Repeat("ä", 2001)}).
				refused(t, http.StatusUnprocessableEntity, account.CodeInvalidRequest, "/description too_long")

			p.call(t, http.MethodDelete, path, nil).want(t, http.StatusNoContent)
			for _, method := range []string{http.MethodGet, http.MethodDelete} {
				p.call(t, method, path, nil).refused(t, http.StatusNotFound, account.CodeNotFound)
			}
			patch(map[string]any{"name": "Late"}).refused(t, http.StatusNotFound, account.CodeNotFound)
			p.wantProjects(t, "3", "2", "1", "0")
		})
	}
}

func TestMembersDeleteWhatTheyMade(t *testing.T) {
	t.Parallel()
	owner, member := newPerson(t, shared.host, nil), newPerson(t, shared.host, nil)
	team := owner.createTeam(t, map[string]string{"name": "Team"}).ID
	member.takeIn(t, shared.host, team, account.Member)
	owner, member = owner.in(team), member.in(team)
	own, other := member.createProject(t, "own"), owner.createProject(t, "other")
	member.call(t, http.MethodPatch, "/projects/"+other.ID, map[string]string{"name": "changed"}).want(t, http.StatusOK)
	member.call(t, http.MethodDelete, "/projects/"+other.ID, nil).refused(t, http.StatusForbidden, account.CodeForbidden)
	member.call(t, http.MethodDelete, "/projects/"+own.ID, nil).want(t, http.StatusNoContent)
	another := member.createProject(t, "another")
	owner.call(t, http.MethodDelete, "/projects/"+another.ID, nil).want(t, http.StatusNoContent)
	owner.wantProjects(t, "changed")
}

// Ids, cursors, keys and headers of another account lead nowhere.
func TestProjectsOfOthersAreOutOfReach(t *testing.T) {
	t.Parallel()
	p, other := newPerson(t, shared.host, nil), newPerson(t, shared.host, nil)
	team := other.createTeam(t, map[string]string{"name": "Team"}).ID
	key := newID()
	theirs := other.createProject(t, "theirs", idempotencyKey, key)
	other.createProject(t, "theirs, too")
	teams := other.in(team).createProject(t, "the team's")
	mine := p.createProject(t, "mine")
	for _, id := range []string{theirs.ID, teams.ID, "AUDIT#", "..%2F" + theirs.ID, newID()} {
		for method, body := range map[string]any{http.MethodGet: nil, http.MethodPatch: map[string]string{"name": "x"}, http.MethodDelete: nil} {
			p.call(t, method, "/projects/"+url.PathEscape(id), body).refused(t, http.StatusNotFound, account.CodeNotFound)
		}
	}
	for _, accountID := range []string{other.ID, team, strings.ToUpper(p.ID), "DATA#" + p.ID} {
		intruder := p.in(accountID)
		for _, path := range []string{"/projects", "/projects/" + theirs.ID, "/projects/" + mine.ID} {
			intruder.call(t, http.MethodGet, path, nil).refused(t, http.StatusNotFound, account.CodeAccountNotFound)
		}
		intruder.call(t, http.MethodPost, "/projects", map[string]string{"name": "x"}).refused(t, http.StatusNotFound, account.CodeAccountNotFound)
	}
	var page teamList[projectAnswer]
	other.call(t, http.MethodGet, "/projects?limit=1", nil).want(t, http.StatusOK).JSON(t, &page)
	for _, cursor := range []string{*page.NextCursor, cursorAt("PROJECT#"+theirs.ID, "list-projects", p.ID), cursorAt(theirs.ID, "list-projects", other.ID)} {
		p.call(t, http.MethodGet, "/projects?cursor="+url.QueryEscape(cursor), nil).
			refused(t, http.StatusUnprocessableEntity, account.CodeInvalidRequest, "/cursor malformed")
	}
	p.call(t, http.MethodGet, "/projects?cursor="+url.QueryEscape(cursorAt(teams.ID, "list-projects", p.ID)), nil).want(t, http.StatusOK).JSON(t, &page)
	for _, one := range page.Items { // well made, and still of one's own
		if one.ID != mine.ID {
			t.Errorf("a cursor reaches %+v", one)
		}
	}
	// Another's key is a key of one's own; one's own in another account is another.
	if made := p.createProject(t, "mine, too", idempotencyKey, key); made.ID == theirs.ID || made.CreatedBy != p.ID {
		t.Errorf("another's key answers %+v", made)
	}
	if made := other.in(team).createProject(t, "elsewhere", idempotencyKey, key); made.ID == theirs.ID {
		t.Error("the key of one account answers in another")
	}
	if again := other.createProject(t, "theirs", idempotencyKey, key); again != theirs {
		t.Errorf("the same again answers %+v", again)
	}
	other.call(t, http.MethodPost, "/projects", map[string]string{"name": "new"}, idempotencyKey, key).
		refused(t, http.StatusUnprocessableEntity, account.CodeIdempotencyKeyReused)
	p.wantProjects(t, "mine, too", "mine")
	other.wantProjects(t, "theirs, too", "theirs")
}

// The session decides whose projects a request without a header is about, as
// for every other route.
func TestProjectsFollowTheChosenAccount(t *testing.T) {
	t.Parallel()
	p := newPerson(t, shared.host, nil)
	team := p.createTeam(t, map[string]string{"name": "Team"}).ID
	p.createProject(t, "home")
	p.choose(t, team).want(t, http.StatusOK)
	p.createProject(t, "team")
	p.wantProjects(t, "team")
	p.choose(t, nil).want(t, http.StatusOK)
	p.wantProjects(t, "home")
	p.in(team).wantProjects(t, "team")
}

// The function may not make what a new person lacks, and says who does.
func TestProjectsBeforeTheFirstRequest(t *testing.T) {
	t.Parallel()
	faults := new(userpool.Faults)
	h := newHost(t, func(o *options) { o.Faults = faults })
	p := visit(t, h)
	p.signUp(t, nil)
	faults.TimeOutTrigger("PostConfirmation_ConfirmSignUp", 3)
	d := &demo{host: p.remote, email: p.Email}
	if _, err := d.readMail(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := d.confirm(t.Context()); err == nil {
		t.Fatal("the trigger did not fail")
	}
	p.signInAgain(t)
	for range 2 {
		p.call(t, http.MethodGet, "/projects", nil).refused(t, http.StatusConflict, account.CodeSetupRequired)
	}
	p.call(t, http.MethodPost, "/projects", map[string]string{"name": "x"}).refused(t, http.StatusConflict, account.CodeSetupRequired)
	p.call(t, http.MethodGet, "/me", nil).want(t, http.StatusOK)
	p.wantProjects(t)
	// A session that only ever asked for projects is good, and in the own account.
	p.signInAgain(t)
	p.createProject(t, "first")
	p.wantProjects(t, "first")
}

func TestProjectsInOrganizationsOnly(t *testing.T) {
	t.Parallel()
	h, p := modeHost(t, account.OrganizationsOnly)
	p.call(t, http.MethodGet, "/projects", nil).refused(t, http.StatusConflict, account.CodeOrganizationRequired)
	p.call(t, http.MethodPost, "/projects", map[string]string{"name": "x"}).refused(t, http.StatusConflict, account.CodeOrganizationRequired)
	p.in(p.ID).call(t, http.MethodGet, "/projects", nil).refused(t, http.StatusForbidden, account.CodeAccountMode)
	team := join(t, h, p, 1)[0]
	p.createProject(t, "the team's") // as GET /me, which acts for the only team
	p.in(team).wantProjects(t, "the team's")
}

// Deleting a team takes what it owns along.
func TestProjectsGoWithTheirTeam(t *testing.T) {
	t.Parallel()
	p := newPerson(t, shared.host, nil)
	team := p.createTeam(t, map[string]string{"name": "Team"}).ID
	for i := range 3 {
		p.in(team).createProject(t, fmt.Sprint(i), idempotencyKey, fmt.Sprint(i))
	}
	p.createProject(t, "home")
	p.call(t, http.MethodDelete, "/organizations/"+team, nil).want(t, http.StatusNoContent)
	p.in(team).call(t, http.MethodGet, "/projects", nil).refused(t, http.StatusNotFound, account.CodeAccountNotFound)
	store := storeOf(shared.host)
	deadline := time.Now().Add(mailPatience)
	for {
		left, _, err := store.Data(t.Context(), team, "", account.MaxRead)
		if err != nil {
			t.Fatal(err)
		}
		if len(left) == 0 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d items are left", len(left))
		}
		time.Sleep(50 * time.Millisecond)
	}
	p.wantProjects(t, "home")
}
