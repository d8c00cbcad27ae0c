package userpool_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	cip "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"pgregory.net/rapid"

	"hearth/internal/local/userpool"
)

func in(dir string) func(*userpool.Options) {
	return func(o *userpool.Options) { o.Dir = dir }
}

// restart ends a host's pool and starts another on the same folder.
func restart(t *testing.T, h *host, dir string) *host {
	t.Helper()
	noError(t, h.pool.Close())
	return start(t, in(dir), func(o *userpool.Options) { o.Now = h.clock.Now })
}

func TestEverythingOutlivesARestart(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	h := start(t, in(dir))
	sub := h.join(t, "ada@example.com", "name", "Ada")
	kept, revoked := h.signIn(t, "ada@example.com"), h.signIn(t, "ada@example.com")
	_, err := h.RevokeToken(t.Context(), &cip.RevokeTokenInput{ClientId: aws.String(webClient), Token: revoked.RefreshToken})
	noError(t, err)
	h.signUp(t, "bob@example.com")
	pending := h.mailbox.last(t).Code
	_, unknown := h.beginSRP(t, "nobody@example.com", password)

	for range 2 { // The second time it is read from the compacted journal.
		h = restart(t, h, dir)
	}
	out, err := h.GetUser(t.Context(), &cip.GetUserInput{AccessToken: kept.AccessToken})
	noError(t, err)
	if aws.ToString(out.Username) != sub || value(out.UserAttributes, "name") != "Ada" {
		t.Fatalf("got %+v", out)
	}
	h.claims(t, kept.IdToken)
	_, err = h.refresh(t, aws.ToString(kept.RefreshToken))
	noError(t, err)
	_, err = h.refresh(t, aws.ToString(revoked.RefreshToken))
	wantCode(t, err, "NotAuthorizedException", "Refresh Token has been revoked")
	h.signIn(t, "ada@example.com")
	noError(t, h.confirm(t, "bob@example.com", pending))
	_, again := h.beginSRP(t, "nobody@example.com", password)
	if unknown.ChallengeParameters["SALT"] != again.ChallengeParameters["SALT"] {
		t.Error("a restart tells unknown users from known ones")
	}
}

func TestTheJournalKeepsNoSecretOfAPersonAndIsForItsOwnerOnly(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	h := start(t, in(dir))
	h.join(t, "ada@example.com")
	r := h.signIn(t, "ada@example.com")
	noError(t, h.askReset(t, "ada@example.com"))
	path := filepath.Join(dir, "userpool.jsonl")
	raw, err := os.ReadFile(path)
	noError(t, err)
	for what, secret := range map[string]string{
		"password": password, "refresh token": aws.ToString(r.RefreshToken), "access token": aws.ToString(r.AccessToken),
		"code": `"` + h.mailbox.last(t).Code + `"`,
	} {
		if bytes.Contains(raw, []byte(secret)) {
			t.Errorf("the journal holds the %s", what)
		}
	}
	info, err := os.Stat(path)
	noError(t, err)
	if info.Mode().Perm() != 0o600 {
		t.Errorf("the journal has mode %v", info.Mode())
	}
}

func TestATornLastLineIsLeftOut(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	h := start(t, in(dir))
	h.signUp(t, "ada@example.com")
	h.signUp(t, "bob@example.com")
	noError(t, h.pool.Close())
	path := filepath.Join(dir, "userpool.jsonl")
	raw, err := os.ReadFile(path)
	noError(t, err)
	noError(t, os.WriteFile(path, raw[:len(raw)-20], 0o600))
	h = start(t, in(dir))
	h.adminGet(t, "ada@example.com")
	_, err = h.AdminGetUser(t.Context(), &cip.AdminGetUserInput{UserPoolId: aws.String(poolID), Username: aws.String("bob@example.com")})
	wantCode(t, err, "UserNotFoundException", "")
	h.signUp(t, "bob@example.com")
	noError(t, h.pool.Close())
	h = start(t, in(dir))
	h.adminGet(t, "bob@example.com")
}

// Wherever a crash cuts the journal off, it opens with what was whole.
func TestAJournalCutAnywhereOpens(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	h := start(t, in(dir))
	for _, email := range []string{"ada@example.com", "bob@example.com", "eve@example.com"} {
		h.signUp(t, email)
	}
	noError(t, h.pool.Close())
	raw, err := os.ReadFile(filepath.Join(dir, "userpool.jsonl"))
	noError(t, err)
	rapid.Check(t, func(rt *rapid.T) {
		cut := raw[:rapid.IntRange(0, len(raw)).Draw(rt, "bytes")]
		dir, err := os.MkdirTemp(t.TempDir(), "cut")
		noError(t, err)
		noError(t, os.WriteFile(filepath.Join(dir, "userpool.jsonl"), cut, 0o600))
		pool, err := userpool.Open(options(in(dir)))
		if err != nil {
			rt.Fatal(err)
		}
		defer func() { noError(t, pool.Close()) }()
		// The first line holds the keys, the others a user each.
		want := max(bytes.Count(cut, []byte("\n"))-1, 0)
		if _, answer := call(t, pool, "ListUsers", map[string]any{"UserPoolId": poolID}); len(answer["Users"].([]any)) != want {
			rt.Fatalf("got %v, want %d users", answer, want)
		}
	})
}

func TestDamageInTheMiddleIsAnError(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	h := start(t, in(dir))
	h.signUp(t, "ada@example.com")
	noError(t, h.pool.Close())
	path := filepath.Join(dir, "userpool.jsonl")
	raw, err := os.ReadFile(path)
	noError(t, err)
	lines := strings.SplitN(string(raw), "\n", 2)
	noError(t, os.WriteFile(path, []byte(lines[0]+"\n{\"users\":[{\n"+lines[1]), 0o600))
	if _, err := userpool.Open(options(in(dir))); err == nil || !strings.Contains(err.Error(), "damaged in line 2") {
		t.Fatalf("got %v, want the damaged line", err)
	}
	// The failed attempt has freed the folder.
	noError(t, os.WriteFile(path, raw, 0o600))
	pool, err := userpool.Open(options(in(dir)))
	noError(t, err)
	noError(t, pool.Close())
}

func TestAFolderIsOpenOnceAndBelongsToOnePool(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	h := start(t, in(dir))
	if _, err := userpool.Open(options(in(dir))); err == nil || !strings.Contains(err.Error(), "is open in another process") {
		t.Fatalf("a second pool opened the folder: %v", err)
	}
	noError(t, h.pool.Close())
	_, err := userpool.Open(options(in(dir), func(o *userpool.Options) { o.PoolID = "eu-central-1_Other" }))
	if err == nil || !strings.Contains(err.Error(), "holds the pool "+poolID) {
		t.Fatalf("another pool opened the folder: %v", err)
	}
}

func TestExpiredSignInsAreForgottenAtARestart(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	h := start(t, in(dir))
	h.join(t, "ada@example.com")
	refresh := aws.ToString(h.signIn(t, "ada@example.com").RefreshToken)
	size := func() int64 {
		t.Helper()
		info, err := os.Stat(filepath.Join(dir, "userpool.jsonl"))
		noError(t, err)
		return info.Size()
	}
	before := size()
	h.clock.advance(30*24*time.Hour + 2*time.Hour)
	h = restart(t, h, dir)
	if size() >= before {
		t.Errorf("the journal did not shrink: %d bytes, before %d", size(), before)
	}
	_, err := h.refresh(t, refresh)
	wantCode(t, err, "NotAuthorizedException", "Invalid Refresh Token")
}

func TestAClosedPoolFails(t *testing.T) {
	t.Parallel()
	h := start(t, in(t.TempDir()))
	noError(t, h.pool.Close())
	_, err := h.SignUp(t.Context(), &cip.SignUpInput{ClientId: aws.String(webClient), Username: aws.String("ada@example.com"), Password: aws.String(password)})
	wantCode(t, err, "InternalErrorException", "")
}
