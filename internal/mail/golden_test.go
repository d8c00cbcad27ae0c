package mail_test

import (
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hearth/internal/account"
	"hearth/internal/mail"
)

var update = flag.Bool("update", false, "write the golden files anew")

var (
	invitation = mail.Invitation{
		OrganizationName: "Analytical Engines", InviterName: "Ada Lovelace", Role: account.Admin,
		Link:      "https://app.example.com/invitation#token=abc&n=1",
		ExpiresAt: time.Date(2026, time.March, 4, 18, 6, 0, 0, time.FixedZone("CET", 3600)),
	}
	ownership = mail.OwnershipReceived{
		OrganizationName: "Analytical Engines", GiverName: "Ada Lovelace",
		Link: "https://app.example.com/organizations/0197",
	}
	accepted = mail.DeletionAccepted{DeletionID: "01977c1e-2f6a-7cc0-8b0e-1f2a3b4c5d6e", Link: "https://app.example.com"}
)

// What a mail says in full, so that whoever changes it sees it as its reader does.
func TestEveryKindInEveryLanguage(t *testing.T) {
	t.Parallel()
	anonymous, nameless := invitation, ownership
	anonymous.InviterName, anonymous.Role = "", account.Member
	nameless.GiverName = ""
	pending := accepted
	pending.GraceEndsAt = invitation.ExpiresAt
	writer := newWriter(t, nil)
	contents := map[string]mail.Content{
		"invitation": invitation, "invitation-anonymous": anonymous,
		"ownership-received": ownership, "ownership-received-anonymous": nameless,
		"deletion-accepted": accepted, "deletion-pending": pending, "deletion-completed": mail.DeletionCompleted{DeletionID: accepted.DeletionID, Link: accepted.Link},
	}
	for _, action := range account.SecurityActions() {
		contents[string(mail.KindOf(action))] = mail.SecurityNotice{
			Action: action, At: invitation.ExpiresAt, Link: "https://app.example.com/security",
		}
	}
	for name, content := range contents {
		for _, language := range []string{"en", "de"} {
			t.Run(name+"."+language, func(t *testing.T) {
				t.Parallel()
				m, err := writer.Write(language, "grace@example.com", content)
				if err != nil {
					t.Fatal(err)
				}
				file := filepath.Join("testdata", name+"."+language)
				golden(t, file+".txt", "To: "+m.To+"\nSubject: "+m.Subject+"\n\n"+m.Text)
				golden(t, file+".html", m.HTML)
			})
		}
	}
}

func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.MkdirAll("testdata", 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("%v: run the test with -update", err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s has changed; if that is right, run the test with -update:\n%s", file, diff)
	}
}

func newWriter(t *testing.T, replaced mail.Texts) *mail.Writer {
	t.Helper()
	writer, err := mail.NewWriter("en", replaced)
	if err != nil {
		t.Fatal(err)
	}
	return writer
}
