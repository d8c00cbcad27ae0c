// Package project is the worked example of something that accounts own: copy it
// for a kind of your own. The README says how.
//
// Whose projects a request is about is decided by its account context alone, so
// the same routes serve a person and a team. Everything is reached by the
// caller's Scope, which only authorization makes.
package project

import (
	"strings"
	"unicode/utf8"

	"hearth/internal/account"
	"hearth/internal/httpapi"
)

// noun names the kind: in ids, permissions and audit entries.
const noun = "project"

// What a role may allow. Whoever made a project may delete it, too.
const (
	Create account.Permission = noun + ".create"
	Read   account.Permission = noun + ".read"
	Update account.Permission = noun + ".update"
	Delete account.Permission = noun + ".delete"
)

// MaxDescription is the longest description, in characters.
const MaxDescription = 2000

// Project is what is kept of a project, beside what is kept of everything.
type Project struct {
	Name        string `json:"name"`
	Description string `json:"description"`
}

// valid returns the project cleaned, or CodeInvalidRequest naming the field.
// Each line of a description is cleaned as a name is.
func (p Project) valid() (Project, error) {
	name, err := account.ValidName("/name", p.Name)
	if err != nil {
		return Project{}, err
	}
	lines := strings.Split(p.Description, "\n")
	for i := range lines {
		lines[i] = account.CleanName(lines[i])
	}
	description := strings.TrimSpace(strings.Join(lines, "\n"))
	if utf8.RuneCountInString(description) > MaxDescription {
		return Project{}, account.Invalid("/description", account.FieldTooLong)
	}
	return Project{Name: name, Description: description}, nil
}

// Resource is what projects add to the API: the one thing that internal/product
// names.
type Resource struct{}

// Routes are the routes of projects.
func (Resource) Routes() []httpapi.Route { return []httpapi.Route{post, list, get, patch, remove} }

// Grants say which role may do what with projects.
func (Resource) Grants() account.Grants {
	member := []account.Permission{Create, Read, Update}
	all := []account.Permission{Create, Read, Update, Delete}
	return account.Grants{account.Owner: all, account.Admin: all, account.Member: member}
}
