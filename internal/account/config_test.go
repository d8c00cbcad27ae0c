package account_test

import (
	"strings"
	"testing"

	"hearth/internal/account"
)

func TestConfigTakesEveryGoodValue(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*account.Config){
		"as it is":               func(*account.Config) {},
		"personal-only":          mode("personal-only"),
		"organizations-only":     mode("organizations-only"),
		"an app on a port":       func(c *account.Config) { c.AppURL = "http://localhost:5173" },
		"no other origins":       func(c *account.Config) { c.CORSOrigins = nil },
		"several origins":        func(c *account.Config) { c.CORSOrigins = []string{"https://a.example", "http://localhost:1"} },
		"one language":           func(c *account.Config) { c.Languages = []string{"zh-Hant-TW"} },
		"a bare sender":          func(c *account.Config) { c.MailFrom = "no-reply@example.com" },
		"a sender's real name":   func(c *account.Config) { c.MailFrom = "Zoë <no-reply@example.com>" },
		"shortest invitation":    func(c *account.Config) { c.InvitationDays = 1 },
		"longest invitation":     func(c *account.Config) { c.InvitationDays = 30 },
		"one organization":       func(c *account.Config) { c.MaxOrganizationsPerUser = 1 },
		"a thousand":             func(c *account.Config) { c.MaxOrganizationsPerUser = 1000 },
		"teams by the product":   func(c *account.Config) { c.WhoMayCreateOrganizations = "nobody" },
		"a seat limit":           func(c *account.Config) { c.SeatLimit = 5 },
		"longest time of grace":  func(c *account.Config) { c.GraceDays = 90 },
		"personal data is gone":  func(c *account.Config) { c.PersonalOrganization = "erase" },
		"isolation":              func(c *account.Config) { c.Isolation = true },
		"default personal value": func(c *account.Config) { c.PersonalOrganization = "preserve" },
	} {
		config := goodConfig()
		change(&config)
		if err := config.Validate(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestConfigNamesTheSettingThatIsWrong(t *testing.T) {
	t.Parallel()
	origins := []string{
		"", "app.example.com", "//app.example.com", "ftp://app.example.com", "javascript:alert(1)", "https://",
		"https://app.example.com/", "https://app.example.com/path", "https://app.example.com?q", "https://app.example.com#f",
		"https://me@app.example.com", "HTTPS://app.example.com", " https://app.example.com", "https://app example.com", "*", "null",
	}
	type invalid struct {
		setting string
		change  func(*account.Config)
	}
	cases := []invalid{
		{"accountMode", mode("")},
		{"accountMode", mode("Hybrid")},
		{"accountMode", mode("teams")},
		{"languages", func(c *account.Config) { c.Languages = nil }},
		{"languages", func(c *account.Config) { c.Languages = []string{"en", ""} }},
		{"languages", func(c *account.Config) { c.Languages = []string{"english"} }},
		{"languages", func(c *account.Config) { c.Languages = []string{"EN"} }},
		{"languages", func(c *account.Config) { c.Languages = []string{"pt_BR"} }},
		{"languages", func(c *account.Config) { c.Languages = []string{"pt-br"} }},
		{"mailFrom", func(c *account.Config) { c.MailFrom = "" }},
		{"mailFrom", func(c *account.Config) { c.MailFrom = "example.com" }},
		{"mailFrom", func(c *account.Config) { c.MailFrom = "a@example.com, b@example.com" }},
		{"mailFrom", func(c *account.Config) { c.MailFrom = "a@example.com\r\nBcc: b@example.com" }},
		{"invitationDays", func(c *account.Config) { c.InvitationDays = 0 }},
		{"invitationDays", func(c *account.Config) { c.InvitationDays = 31 }},
		{"maxOrganizationsPerUser", func(c *account.Config) { c.MaxOrganizationsPerUser = 0 }},
		{"maxOrganizationsPerUser", func(c *account.Config) { c.MaxOrganizationsPerUser = 1001 }},
		{"whoMayCreateOrganizations", func(c *account.Config) { c.WhoMayCreateOrganizations = "" }},
		{"whoMayCreateOrganizations", func(c *account.Config) { c.WhoMayCreateOrganizations = "owners" }},
		{"seatLimit", func(c *account.Config) { c.SeatLimit = -1 }},
		{"graceDays", func(c *account.Config) { c.GraceDays = -1 }},
		{"graceDays", func(c *account.Config) { c.GraceDays = 91 }},
		{"personalOrganization", func(c *account.Config) { c.PersonalOrganization = "" }},
		{"personalOrganization", func(c *account.Config) { c.PersonalOrganization = "keep" }},
	}
	for _, o := range origins {
		cases = append(cases,
			invalid{"appUrl", func(c *account.Config) { c.AppURL = o }},
			invalid{"corsOrigins", func(c *account.Config) { c.CORSOrigins = []string{"https://app.example.com", o} }})
	}
	for _, c := range cases {
		config := goodConfig()
		c.change(&config)
		err := config.Validate()
		if err == nil {
			t.Errorf("%s was taken: %+v", c.setting, config)
			continue
		}
		// One line a mistake, and no other setting is blamed.
		for line := range strings.Lines(err.Error()) {
			if !strings.HasPrefix(line, "configuration: "+c.setting+" must be ") {
				t.Errorf("%s: %q names something else", c.setting, line)
			}
		}
	}
}

func TestConfigReportsEveryMistakeAtOnce(t *testing.T) {
	t.Parallel()
	err := account.Config{}.Validate()
	if err == nil {
		t.Fatal("an empty configuration was taken")
	}
	for _, setting := range []string{
		"accountMode", "appUrl", "languages", "mailFrom", "invitationDays", "maxOrganizationsPerUser",
		"whoMayCreateOrganizations", "personalOrganization",
	} {
		if !strings.Contains(err.Error(), "configuration: "+setting+" must be ") {
			t.Errorf("%s is not named in:\n%v", setting, err)
		}
	}
}
