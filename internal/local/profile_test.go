package main

import (
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"hearth/internal/account"
	"hearth/internal/local/userpool"
)

// profile is the answer of GET /me/profile.
type profile struct {
	Name          string  `json:"name"`
	Email         string  `json:"email"`
	EmailVerified bool    `json:"emailVerified"`
	ImageURL      *string `json:"imageUrl"`
}

func (p *person) profile(t *testing.T) (profile, string) {
	t.Helper()
	got := p.call(t, http.MethodGet, "/me/profile", nil).want(t, http.StatusOK)
	var read profile
	got.JSON(t, &read)
	return read, got.Header.Get("Etag")
}

func (p *person) rename(t *testing.T, name string, header ...string) answer {
	t.Helper()
	return p.call(t, http.MethodPatch, "/me/profile", map[string]string{"name": name}, header...)
}

// poolName is the name that the user pool has of the person.
func (p *person) poolName(t *testing.T) string {
	t.Helper()
	user, err := p.cognito.GetUser(t.Context(), &cognitoidentityprovider.GetUserInput{AccessToken: aws.String(p.AccessToken)})
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range user.UserAttributes {
		if aws.ToString(a.Name) == "name" {
			return aws.ToString(a.Value)
		}
	}
	return ""
}

// wantName holds every place that has the person's name against it.
func (p *person) wantName(t *testing.T, name string) {
	t.Helper()
	read, _ := p.profile(t)
	m := p.me(t)
	if pool := p.poolName(t); read.Name != name || m.User.Name != name || m.Account.Name != name+"'s Organization" || pool != name {
		t.Errorf("profile %q, GET /me %q, account %q, pool %q; want %q", read.Name, m.User.Name, m.Account.Name, pool, name)
	}
}

func TestTheProfileIsWhatThePersonSaidAtSignUp(t *testing.T) {
	t.Parallel()
	p := newPerson(t, shared.host, map[string]string{"name": "Donald Knuth"})
	read, tag := p.profile(t)
	if read.Name != "Donald Knuth" || read.Email != p.Email || !read.EmailVerified || read.ImageURL != nil || tag == "" {
		t.Errorf("%+v, ETag %q", read, tag)
	}
}

func TestAChosenNameIsCleaned(t *testing.T) {
	t.Parallel()
	const flag = "\U0001F3F4\U000E0067\U000E0062\U000E0073\U000E0063\U000E0074\U000E007F" // of Scotland, in tags
	p := newPerson(t, shared.host, map[string]string{"name": "Someone"})
	for _, test := range []struct{ name, want string }{
		{"Ada Lovelace", "Ada Lovelace"},
		{"  Ada \t\n  King\u00a0\u2003", "Ada King"},
		{"A\u200bda\u0000 \u202eByron\u2066", "Ada Byron"},
		{"Ame\u0301lie", "Am\u00e9lie"},
		{"Zoë 👩‍👩‍👧‍👦 " + flag, "Zoë 👩‍👩‍👧‍👦 " + flag},
		{strings.Repeat("🦊", 64), strings.Repeat("🦊", 64)},
		{" " + strings.Repeat("x", 64) + " ", strings.Repeat("x", 64)},
		{"x", "x"},
		{"<script>alert(1)</script>", "<script>alert(1)</script>"}, // whoever shows it escapes it
		{"山田太郎", "山田太郎"},
	} {
		var got profile
		p.rename(t, test.name).want(t, http.StatusOK).JSON(t, &got)
		if got.Name != test.want {
			t.Errorf("%q became %q, want %q", test.name, got.Name, test.want)
		}
		p.wantName(t, test.want)
	}
}

func TestANameThatCannotBeKeptChangesNothing(t *testing.T) {
	t.Parallel()
	p := newPerson(t, shared.host, map[string]string{"name": "Ada"})
	for name, test := range map[string]struct{ name, field string }{
		"empty":                        {"", "/name too_short"},
		"only spaces":                  {" \t\u2003 ", "/name too_short"},
		"nothing visible":              {"\u200b\u200d\u202e", "/name too_short"},
		"65 characters":                {strings.Repeat("x", 65), "/name too_long"},
		"65 emoji":                     {strings.Repeat("🦊", 65), "/name too_long"},
		"a family of 70 code points":   {strings.Repeat("👩‍👩‍👧‍👦", 10), "/name too_long"},
		"longer than a client can say": {strings.Repeat("x", 257), "/name too_long"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p.rename(t, test.name).refused(t, http.StatusUnprocessableEntity, account.CodeInvalidRequest, test.field)
			p.wantName(t, "Ada")
		})
	}
}

func TestANewNameIsInTheNextIDToken(t *testing.T) {
	t.Parallel()
	p := newPerson(t, shared.host, map[string]string{"name": "Before"})
	p.rename(t, "After").want(t, http.StatusOK)
	refreshed, err := p.cognito.InitiateAuth(t.Context(), &cognitoidentityprovider.InitiateAuthInput{
		AuthFlow: types.AuthFlowTypeRefreshTokenAuth, ClientId: aws.String(p.ClientID),
		AuthParameters: map[string]string{"REFRESH_TOKEN": p.RefreshToken},
	})
	if err != nil {
		t.Fatal(err)
	}
	_, claims, _ := parts(t, aws.ToString(refreshed.AuthenticationResult.IdToken))
	if claims["name"] != "After" {
		t.Errorf("the refreshed ID token has the name %v", claims["name"])
	}
	p.signInAgain(t)
	_, claims, _ = parts(t, p.IDToken)
	if claims["name"] != "After" {
		t.Errorf("the ID token of a new sign-in has the name %v", claims["name"])
	}
	p.wantName(t, "After")
}

func TestANewNameFollowsIntoEveryTeam(t *testing.T) {
	t.Parallel()
	p := newPerson(t, shared.host, map[string]string{"name": "Before"})
	p.me(t)
	teams := join(t, shared.host, p, 3)
	p.rename(t, "After").want(t, http.StatusOK)
	store := storeOf(shared.host)
	for _, id := range append(teams, p.ID) {
		var last account.Membership
		eventually(t, "the membership has the new name", func() bool {
			records, err := store.Read(t.Context(), account.MembershipKey(p.ID, id), account.UserKey(p.ID))
			if err != nil {
				t.Fatal(err)
			}
			last = *records.Membership(p.ID, id)
			return last.UserName == "After" && last.UserVersion == records.User(p.ID).Version
		})
		if last.Role != account.Owner || last.UserEmail != p.Email {
			t.Errorf("the copy changed more than the name: %+v", last)
		}
	}
	p.choose(t, teams[0]).want(t, http.StatusOK)
	if got := p.me(t).Account.Name; got != "Team "+teams[0][:8] {
		t.Errorf("the team is called %q", got)
	}
}

func TestAChangeOfAStaleProfileIsRefused(t *testing.T) {
	t.Parallel()
	p := newPerson(t, shared.host, map[string]string{"name": "First"})
	_, first := p.profile(t)
	changed := p.rename(t, "Second", "If-Match", first).want(t, http.StatusOK)
	second := changed.Header.Get("Etag")
	if _, read := p.profile(t); read != second || second == first {
		t.Errorf("ETag %s, then %s, and read %s", first, second, read)
	}
	for name, condition := range map[string]string{
		"stale": first, "weak": "W/" + second, "without quotes": strings.Trim(second, `"`), "another": `"never-seen"`,
		"several, all stale": first + `, "never-seen"`,
	} {
		for _, change := range []struct {
			method, path string
			body         any
		}{
			{http.MethodPatch, "/me/profile", map[string]string{"name": "Third"}},
			{http.MethodDelete, "/me/profile/image", nil},
			{http.MethodPatch, "/me/preferences", map[string]string{"theme": "dark"}},
		} {
			got := p.call(t, change.method, change.path, change.body, "If-Match", condition)
			if got.Status != http.StatusPreconditionFailed {
				t.Errorf("%s: %s %s answered %d", name, change.method, change.path, got.Status)
				continue
			}
			got.refused(t, http.StatusPreconditionFailed, account.CodePreconditionFailed)
		}
	}
	p.wantName(t, "Second")
	p.rename(t, "Third", "If-Match", first+", "+second).want(t, http.StatusOK)
	p.rename(t, "Fourth", "If-Match", "*").want(t, http.StatusOK)
	p.wantName(t, "Fourth")
}

// Killed between the pool and the table, a change of name stands in the pool
// alone, as it does when the person changes it there.
func TestANameKilledOnItsWayIsFinishedByTheNextSignIn(t *testing.T) {
	t.Parallel()
	p := newPerson(t, shared.host, map[string]string{"name": "Before"})
	p.me(t)
	p.renameInPool(t, " After\u200b ")
	if got := p.me(t).User.Name; got != "Before" {
		t.Errorf("this session has %q already", got)
	}
	p.signInAgain(t)
	if m := p.me(t); m.User.Name != "After" || m.Account.Name != "After's Organization" {
		t.Errorf("user %q, account %q after a sign-in", m.User.Name, m.Account.Name)
	}
	p.renameInPool(t, "\u200b") // nothing to keep
	p.signInAgain(t)
	if got := p.me(t).User.Name; got != "After" {
		t.Errorf("a name that nobody sees was taken: %q", got)
	}
}

func (p *person) renameInPool(t *testing.T, name string) {
	t.Helper()
	_, err := p.cognito.UpdateUserAttributes(t.Context(), &cognitoidentityprovider.UpdateUserAttributesInput{
		AccessToken: aws.String(p.AccessToken), UserAttributes: []types.AttributeType{{Name: aws.String("name"), Value: aws.String(name)}},
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestANameIsChangedInThePoolFirst(t *testing.T) {
	t.Parallel()
	faults := new(userpool.Faults)
	h := newHost(t, func(o *options) { o.Faults = faults })
	p := newPerson(t, h, map[string]string{"name": "Before"})
	p.wantName(t, "Before")

	const tries = 2 // of the function at the pool
	faults.Fail("UpdateUserAttributes", "TooManyRequestsException", tries)
	p.rename(t, "Refused").refused(t, http.StatusServiceUnavailable, account.CodeUnavailable)
	p.wantName(t, "Before")

	faults.LoseAnswer("UpdateUserAttributes", tries)
	p.rename(t, "After").refused(t, http.StatusServiceUnavailable, account.CodeUnavailable)
	if got := p.poolName(t); got != "After" {
		t.Fatalf("the pool has %q", got)
	}
	if got := p.me(t).User.Name; got != "Before" {
		t.Errorf("the table has %q", got)
	}
	p.rename(t, "After").want(t, http.StatusOK) // the same request finishes it
	p.wantName(t, "After")
}
