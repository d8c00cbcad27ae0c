package httpapi

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hearth/internal/account"
)

// The callers besides ada (an owner), grace (an administrator), alan (a member)
// and the stranger. Those whose session ended or who are turned off are owners,
// so that nothing but that stands in their way.
const (
	removedMember  = "5c1d4b1e-6f0e-4a38-9d42-000000000011"
	revokedSession = "5c1d4b1e-6f0e-4a38-9d42-000000000012"
	turnedOff      = "5c1d4b1e-6f0e-4a38-9d42-000000000013"
	colleague      = "5c1d4b1e-6f0e-4a38-9d42-000000000014" // a member whom requests are about
	outsider       = "5c1d4b1e-6f0e-4a38-9d42-000000000015" // the owner of the foreign team
	nobody         = ""
)

// callers are the columns of the table.
var callers = []struct{ name, id string }{
	{"anonymous", nobody},
	{"stranger", stranger},
	{"removed", removedMember},
	{"member", alan},
	{"admin", grace},
	{"owner", ada},
	{"revoked", revokedSession},
	{"off", turnedOff},
}

// namedOrganizations are what a request can be about; personal is the caller's own.
var namedOrganizations = []string{"own", "foreign", "deleted", "personal"}

// verdict is what a cell of the table means; a zero status is any 2xx.
type verdict struct {
	status int
	code   account.Code
}

var verdicts = map[string]verdict{
	"ok":       {},
	"anon":     {http.StatusUnauthorized, account.CodeUnauthenticated},
	"ended":    {http.StatusUnauthorized, account.CodeSessionRevoked},
	"off":      {http.StatusUnauthorized, account.CodeUserInactive},
	"no":       {http.StatusForbidden, account.CodeForbidden},
	"mismatch": {http.StatusForbidden, account.CodeEmailMismatch},
	"none":     {http.StatusNotFound, account.CodeNotFound},
	"no-acct":  {http.StatusNotFound, account.CodeAccountNotFound},
	"personal": {http.StatusBadRequest, account.CodePersonalOrganization},
}

// matrixBodies are good requests of the routes that take a body. {organizationId}
// and the like stand for what a path would name.
var matrixBodies = map[string]string{
	putActiveAccount.Key():        `{"accountId":"{organizationId}"}`,
	patchProfile.Key():            `{"name":"New"}`,
	postProfileImage.Key():        `{"contentType":"image/png","size":9}`,
	putProfileImage.Key():         `{"key":"{callerId}/good"}`,
	patchPreferences.Key():        `{"theme":"dark"}`,
	postOrganization.Key():        `{"name":"Another"}`,
	patchOrganization.Key():       `{"name":"New"}`,
	postOrganizationImage.Key():   `{"contentType":"image/png","size":9}`,
	putOrganizationImage.Key():    `{"key":"{organizationId}/good"}`,
	patchMember.Key():             `{"role":"ORG_ADMIN"}`,
	transferOwnership.Key():       `{"userId":"{userId}"}`,
	postInvitation.Key():          `{"email":"new@example.com","role":"ORG_MEMBER"}`,
	acceptInvitation.Key():        `{"invitationId":"{invitationId}"}`,
	previewInvitation.Key():       `{"token":"{token}"}`,
	postPassword.Key():            `{"currentPassword":"correct horse battery","newPassword":"battery staple horse"}`,
	postEmail.Key():               `{"email":"new-{callerId}@example.com"}`,
	verifyEmail.Key():             `{"code":"{emailCode}"}`,
	verifyTOTP.Key():              `{"code":"{totpCode}","deviceName":"Telephone"}`,
	disableTOTP.Key():             `{"password":"correct horse battery","code":"{totpCode}"}`,
	postRecovery.Key():            `{"email":"{callerEmail}","password":"correct horse battery","recoveryCode":"{recoveryCode}"}`,
	postDeletion.Key():            `{"digest":"{digest}","confirmation":"{callerEmail}"}`,
	verifyPasskey.Key():           `{"credential":{credential},"name":"Laptop"}`,
	"POST /projects":              projectBody,
	"PATCH /projects/{projectId}": `{"description":"Analytical"}`,
}

// matrix is the table, read: by route, organization and caller.
func matrix(tb testing.TB) map[string]map[string]map[string]string {
	tb.Helper()
	table, key := map[string]map[string]map[string]string{}, ""
	lines := strings.Split(strings.TrimSpace(authorization), "\n")
	var columns []string
	for _, c := range callers {
		columns = append(columns, c.name)
	}
	if got := strings.Fields(lines[0]); !slices.Equal(got, columns) {
		tb.Fatalf("the columns are %v, want %v", got, columns)
	}
	for _, line := range lines[1:] {
		words := strings.Fields(line)
		if len(words) == 0 || words[0] == "#" {
			continue
		}
		if !strings.HasPrefix(line, " ") {
			if key = strings.Join(words[:2], " "); table[key] != nil {
				tb.Fatalf("%s has two rows", key)
			}
			table[key] = map[string]map[string]string{}
			if words = words[2:]; len(words) == 0 {
				continue
			}
		}
		if len(words) != 1+len(columns) || words[0] != "*" && !slices.Contains(namedOrganizations, words[0]) || table[key][words[0]] != nil {
			tb.Fatalf("%s: %q is no row", key, line)
		}
		cells := map[string]string{}
		for i, cell := range words[1:] {
			if _, known := verdicts[cell]; !known {
				tb.Fatalf("%s: nobody knows what %q means", key, cell)
			}
			cells[columns[i]] = cell
		}
		table[key][words[0]] = cells
	}
	return table
}

// scene is a world with an organization of each kind and every caller.
type scene struct {
	*teams
	organizations map[string]string
	// invitations are public ids: by organization and, where the caller has one
	// to their address, the caller.
	invitations map[[2]string]string
	tokens      map[string]string
	// recoveryCodes are one of each caller's.
	recoveryCodes map[string]string
	// digests are those of each caller's preview of deleting their account.
	digests map[string]string
	// projects are by organization, those in personal ones by caller.
	projects  map[string]string
	resources []Resource
}

// newScene makes a world that is ready for good requests of a route.
func newScene(tb testing.TB, route Route, resources []Resource) *scene {
	tb.Helper()
	s := &scene{
		teams: newTeamsWith(tb, resources), organizations: map[string]string{}, invitations: map[[2]string]string{}, tokens: map[string]string{},
		recoveryCodes: map[string]string{}, projects: map[string]string{}, digests: map[string]string{}, resources: resources,
	}
	RegisterProfile(s.api, ProfileDependencies{Service: s.service, Images: s.images, Config: PublicConfig{Languages: []string{"en"}}})
	for i, id := range []string{removedMember, revokedSession, turnedOff, colleague, outsider} {
		person := account.Person{ID: id, Username: id, Email: fmt.Sprintf("p%d@example.com", i), EmailVerified: true, Name: fmt.Sprintf("P%d", i)}
		s.pool.people[id] = person
		if _, err := s.service.Enroll(tb.Context(), person); err != nil {
			tb.Fatal(err)
		}
		s.as(tb, id, "GET", "/audit-log", "") // the session is made
	}
	for _, name := range []string{"own", "deleted"} {
		id := s.team(tb)
		for _, owner := range []string{revokedSession, turnedOff} {
			s.add(tb, id, owner, account.Owner)
		}
		s.add(tb, id, colleague, account.Member)
		s.add(tb, id, removedMember, account.Admin)
		s.expect(tb, s.as(tb, ada, "DELETE", "/organizations/"+id+"/members/"+removedMember, ""))
		s.offer(tb, name, id, ada)
		for _, invited := range []string{stranger, removedMember} {
			s.invitations[[2]string{name, invited}] = s.invite(tb, ada, id, s.pool.people[invited].Email, account.Member).ID
		}
	}
	s.expect(tb, s.as(tb, ada, "DELETE", "/organizations/"+s.organizations["deleted"], ""))
	foreign := read[accountObject](tb, s.as(tb, outsider, "POST", "/organizations", `{"name":"Foreign"}`), http.StatusCreated).ID
	s.add(tb, foreign, colleague, account.Member)
	s.offer(tb, "foreign", foreign, outsider)
	if ready := preparations[route.Key()]; ready != nil {
		for _, c := range callers {
			if c.id != nobody {
				ready(tb, s, c.id)
			}
		}
	}
	s.forbidSome(tb)
	return s
}

// offer notes a team by its kind, and has an owner invite an address that none
// of the callers has.
func (s *scene) offer(tb testing.TB, name, id, owner string) {
	tb.Helper()
	made := s.invite(tb, owner, id, "fourth@example.com", account.Member)
	s.organizations[name], s.invitations[[2]string{name, nobody}], s.tokens[name] = id, made.ID, s.token(tb, made.ID)
}

// forbidSome ends a session and turns a user off.
func (s *scene) forbidSome(tb testing.TB) {
	tb.Helper()
	off := *s.store.All().User(turnedOff)
	premise := account.VersionIs{Of: off.Key(), Version: off.Version}
	off.Status, off.Version = account.UserInactive, off.Version+1
	err := s.store.Commit(tb.Context(), account.Change{
		Premises: []account.Premise{premise}, Puts: []account.Record{&off},
		Updates: []account.Update{
			account.ChangeSession{UserID: revokedSession, SessionID: "session-of-" + revokedSession, RevokedAt: new(noon)},
		},
	})
	if err != nil {
		tb.Fatal(err)
	}
}

func (*scene) expect(tb testing.TB, a answer) {
	tb.Helper()
	if a.StatusCode/100 != 2 {
		tb.Fatalf("the scene: %d %s", a.StatusCode, a.Body)
	}
}

// ask sends a caller's good request of a route about an organization.
func (s *scene) ask(tb testing.TB, route Route, callerID, about string) answer {
	tb.Helper()
	organizationID, token := s.organizations[about], s.tokens[about]
	if about == "personal" { // the anonymous have none, and try ada's
		if organizationID = callerID; callerID == nobody {
			organizationID = ada
		}
	}
	invitationID := s.invitations[[2]string{about, callerID}]
	if invitationID == "" {
		invitationID = s.invitations[[2]string{about, nobody}]
	}
	if invitationID == "" { // personal organizations have none: one that would be, and its token
		invitationID = organizationID + strings.TrimPrefix(s.invitations[[2]string{"own", nobody}], s.organizations["own"])
		token = organizationID + strings.TrimPrefix(s.tokens["own"], s.organizations["own"])
	}
	fill := strings.NewReplacer(append(s.proofs(callerID), organizationVariable, organizationID, "{userId}", colleague,
		"{invitationId}", invitationID, projectID, s.project(callerID, about), "{token}", token, "{callerId}", callerID)...)
	path, body := fill.Replace(route.Path), fill.Replace(matrixBodies[route.Key()])
	if callerID == nobody {
		return s.asNobody(tb, callerIP, route.Method, path, body)
	}
	if namesOrganization(route) {
		return s.as(tb, callerID, route.Method, path, body)
	}
	return s.as(tb, callerID, route.Method, path, body, "x-account-id", organizationID)
}

// namesOrganization reports whether a route's path or body names the organization
// that a request is about; otherwise the header does.
func namesOrganization(route Route) bool {
	text := route.Path + matrixBodies[route.Key()]
	return slices.ContainsFunc([]string{organizationVariable, "{invitationId}", "{token}"}, func(v string) bool { return strings.Contains(text, v) })
}

// unlimited are all records but counts of guesses, which a refusal may add to.
func (s *scene) unlimited() account.Records {
	all := s.store.All()
	for key, record := range all {
		if _, counts := record.(*account.Limit); counts {
			delete(all, key)
		}
	}
	return all
}

// AuthorizationMatrix holds that every caller gets from every route, about every
// organization, what the table says, and that a refusal changes nothing. The
// routes are the product's, and the resources among them: a test of another
// package hands them in, since product imports this one.
func AuthorizationMatrix(t *testing.T, routes []Route, resources []Resource) {
	t.Helper()
	table := matrix(t)
	listed := map[string]bool{}
	for _, route := range routes {
		listed[route.Key()] = true
		if table[route.Key()] == nil {
			t.Errorf("%s has no row in the table", route.Key())
			continue
		}
		t.Run(route.Name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t, route, resources)
			for _, about := range namedOrganizations {
				row := table[route.Key()][about]
				if row == nil {
					row = table[route.Key()]["*"]
				}
				if row == nil {
					t.Errorf("no row for %s", about)
					continue
				}
				for _, caller := range callers {
					s = s.check(t, route, caller.name, caller.id, about, row[caller.name])
				}
			}
		})
	}
	for key := range table {
		if !listed[key] {
			t.Errorf("%s has a row and is no route", key)
		}
	}
}

// check compares one cell, and returns a scene for the next: a new one once a
// caller changed something.
func (s *scene) check(t *testing.T, route Route, caller, callerID, about, cell string) *scene {
	t.Helper()
	want, before := verdicts[cell], s.unlimited()
	got := s.ask(t, route, callerID, about)
	if allowed := got.StatusCode/100 == 2; allowed != (want.status == 0) || !allowed && (got.StatusCode != want.status || got.problem.Code != want.code) {
		t.Errorf("%s, %s: %s gets %d %s, the table says %s", route.Key(), about, caller, got.StatusCode, got.problem.Code, cell)
	}
	diff := cmp.Diff(before, s.unlimited())
	if diff == "" {
		return s
	}
	if want.status != 0 || route.Method == http.MethodGet {
		t.Errorf("%s, %s: %s gets %s, and yet something changed:\n%s", route.Key(), about, caller, cell, diff)
	}
	return newScene(t, route, s.resources)
}
