// Package product is the folder that a product edits: its permissions, its
// routes and the defaults of its configuration. Everything else is Hearth.
package product

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"hearth/internal/account"
	"hearth/internal/httpapi"
	"hearth/internal/project"
)

// Defaults returns the configuration of a product that decided nothing yet. A
// stage in cdk.json names only what differs.
func Defaults() account.Config {
	return account.Config{
		AccountMode:               account.Hybrid,
		AppURL:                    "http://localhost:5173",
		CORSOrigins:               []string{"http://localhost:5173"},
		Languages:                 []string{"en", "de"},
		MailFrom:                  "Hearth <no-reply@localhost>",
		InvitationDays:            7,
		MaxOrganizationsPerUser:   100,
		WhoMayCreateOrganizations: account.EveryoneCreates,
		PersonalOrganization:      account.PreservePersonal,
	}
}

// Config reads a configuration: the defaults with what the JSON object names.
// It refuses unknown names and reports every invalid value by its name.
func Config(overrides string) (account.Config, error) {
	c := Defaults()
	if overrides != "" {
		d := json.NewDecoder(strings.NewReader(overrides))
		d.DisallowUnknownFields()
		if err := d.Decode(&c); err != nil {
			return account.Config{}, fmt.Errorf("configuration: %w", err)
		}
		if _, err := d.Token(); !errors.Is(err, io.EOF) {
			return account.Config{}, errors.New("configuration: there is more behind the JSON object")
		}
	}
	if err := c.Validate(); err != nil {
		return account.Config{}, err
	}
	return c, nil
}

// Resources are the kinds of things that accounts own: the worked example, and
// a product's own beside it or in its place.
func Resources() []httpapi.Resource {
	return []httpapi.Resource{
		project.Resource{},
	}
}

// Routes returns every route of the API: Hearth's, then the product's.
func Routes() []httpapi.Route {
	routes := httpapi.Routes()
	for _, r := range Resources() {
		routes = append(routes, r.Routes()...)
	}
	return routes
}

// Grants returns which role has which permission: Hearth's table, then the product's.
func Grants() account.Grants {
	grants := account.CoreGrants()
	for _, r := range Resources() {
		grants = grants.With(r.Grants())
	}
	return grants
}

// RegisterResources registers the routes of all resources.
func RegisterResources(a *httpapi.API, data *account.Data) {
	for _, r := range Resources() {
		r.Register(a, data)
	}
}

// Policies returns the product's rules about what people may do with their
// accounts, asked in this order behind Hearth's own. Each is a small type in a
// file of this folder, added here by one line.
func Policies() []account.Policy { return nil }

// OpenAPI describes every route of the API, OpenAPI 3.1 as JSON.
func OpenAPI() ([]byte, error) {
	return httpapi.Document(func(a *httpapi.API) {
		httpapi.RegisterProfile(a, httpapi.ProfileDependencies{})
		httpapi.RegisterSecurity(a, httpapi.SecurityDependencies{})
		httpapi.RegisterOrganizations(a, httpapi.OrganizationsDependencies{})
		httpapi.RegisterDeletion(a, httpapi.DeletionDependencies{})
		RegisterResources(a, nil)
	})
}

// MailTexts returns the words of mails that a product says in its own way, by
// the names of their files in internal/mail/texts, such as "en/invitation.txt".
func MailTexts() map[string]string { return nil }

// BreachedPasswords returns the list of passwords that nobody may choose,
// because they are known from breaches; nil, as it is here, for none.
//
// Have I Been Pwned publishes such a list: lines of a SHA-1 hash and how often
// it was seen, sorted, which its PwnedPasswordsDownloader fetches into one file.
// All of it is too large for a Lambda function, and the common ones matter. This
// keeps 6 bytes of each that was seen a thousand times:
//
//	awk -F: '$2 + 0 >= 1000 { print substr($1, 1, 12) }' pwnedpasswords.txt | xxd -r -p > internal/product/breached.bin
//
// and this takes them into the function:
//
//	//go:embed breached.bin
//	var breached string
//
//	return account.NewBreachedPasswords(strings.NewReader(breached), int64(len(breached)), 6)
//
// https://haveibeenpwned.com/Passwords
func BreachedPasswords() (*account.BreachedPasswords, error) { return nil, nil }
