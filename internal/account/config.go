package account

import (
	"errors"
	"fmt"
	"net/mail"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/text/language"
)

// EnvConfig is the environment variable that holds a function's Config as JSON.
const EnvConfig = "HEARTH_CONFIG"

// Mode says which accounts a product offers.
type Mode string

// The account modes.
const (
	// Hybrid offers personal and team accounts.
	Hybrid Mode = "hybrid"
	// PersonalOnly offers no teams: team routes answer 403 account_mode.
	PersonalOnly Mode = "personal-only"
	// OrganizationsOnly hides personal accounts: account data needs a team.
	OrganizationsOnly Mode = "organizations-only"
)

// Values of the settings that are a choice.
const (
	EveryoneCreates  = "everyone"
	NobodyCreates    = "nobody"
	PreservePersonal = "preserve"
	ErasePersonal    = "erase"
)

// Config is what a product decides about its accounts. The same fields stand
// in a stage of cdk.json; internal/product holds the defaults.
type Config struct {
	// AccountMode is hybrid, personal-only or organizations-only.
	AccountMode Mode `json:"accountMode"`
	// AppURL is where the product's web client lives; links in mail start with it.
	AppURL string `json:"appUrl"`
	// CORSOrigins are the origins whose pages may call the API.
	CORSOrigins []string `json:"corsOrigins"`
	// Languages are the BCP 47 tags that a user may choose; the first is the default.
	Languages []string `json:"languages"`
	// MailFrom is the sender of Hearth's own mail, such as "Hearth <hello@example.com>".
	MailFrom string `json:"mailFrom"`
	// InvitationDays is how long an invitation can be accepted, 1 to 30.
	InvitationDays int `json:"invitationDays"`
	// MaxOrganizationsPerUser bounds team memberships of one user, 1 to 1000.
	MaxOrganizationsPerUser int `json:"maxOrganizationsPerUser"`
	// WhoMayCreateOrganizations is everyone or nobody (teams then come from
	// the product's own code).
	WhoMayCreateOrganizations string `json:"whoMayCreateOrganizations"`
	// SeatLimit bounds members and pending invitations of a team; 0 is no limit.
	SeatLimit int `json:"seatLimit"`
	// GraceDays is how long a deleted account can be restored, 0 to 90.
	GraceDays int `json:"graceDays"`
	// PersonalOrganization is preserve or erase: what a deletion does with it.
	PersonalOrganization string `json:"personalOrganization"`
	// Isolation has account data read with credentials narrowed to one account.
	Isolation bool `json:"isolation"`
}

// Validate reports every setting that is wrong, each by its name.
func (c Config) Validate() error {
	var wrong []error
	check := func(ok bool, field, want string, got any) {
		if !ok {
			wrong = append(wrong, fmt.Errorf("configuration: %s must be %s, not %q", field, want, fmt.Sprint(got)))
		}
	}
	check(slices.Contains([]Mode{Hybrid, PersonalOnly, OrganizationsOnly}, c.AccountMode),
		"accountMode", "hybrid, personal-only or organizations-only", c.AccountMode)
	check(isOrigin(c.AppURL), "appUrl", "an http or https origin without a path", c.AppURL)
	for _, origin := range c.CORSOrigins {
		check(isOrigin(origin), "corsOrigins", "a list of http or https origins without a path", origin)
	}
	check(len(c.Languages) > 0, "languages", "a list of at least one BCP 47 tag", c.Languages)
	for _, tag := range c.Languages {
		parsed, err := language.Parse(tag)
		check(err == nil && parsed.String() == tag, "languages", "a list of canonical BCP 47 tags", tag)
	}
	_, err := mail.ParseAddress(c.MailFrom)
	check(err == nil, "mailFrom", "an e-mail address", c.MailFrom)
	check(1 <= c.InvitationDays && c.InvitationDays <= 30, "invitationDays", "1 to 30", c.InvitationDays)
	check(1 <= c.MaxOrganizationsPerUser && c.MaxOrganizationsPerUser <= 1000,
		"maxOrganizationsPerUser", "1 to 1000", c.MaxOrganizationsPerUser)
	check(c.WhoMayCreateOrganizations == EveryoneCreates || c.WhoMayCreateOrganizations == NobodyCreates,
		"whoMayCreateOrganizations", "everyone or nobody", c.WhoMayCreateOrganizations)
	check(c.SeatLimit >= 0, "seatLimit", "0 (no limit) or more", c.SeatLimit)
	check(0 <= c.GraceDays && c.GraceDays <= 90, "graceDays", "0 to 90", c.GraceDays)
	check(c.PersonalOrganization == PreservePersonal || c.PersonalOrganization == ErasePersonal,
		"personalOrganization", "preserve or erase", c.PersonalOrganization)
	return errors.Join(wrong...)
}

func isOrigin(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Hostname() != "" && !strings.HasSuffix(u.Host, ":") && u.User == nil &&
		s == u.Scheme+"://"+u.Host
}
