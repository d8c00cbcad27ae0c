package httpapi

import (
	"encoding/json"
	"reflect"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"hearth/internal/account"
)

// accountObject is an account as its member sees it.
type accountObject struct {
	ID           string               `json:"id"`
	Name         string               `json:"name"`
	Slug         *string              `json:"slug" doc:"Null for a personal organization."`
	ImageURL     *string              `json:"imageUrl"`
	IsPersonal   bool                 `json:"isPersonal"`
	MemberCount  int                  `json:"memberCount"`
	Role         account.Role         `json:"role" enum:"ORG_OWNER,ORG_ADMIN,ORG_MEMBER" doc:"The caller's role."`
	Permissions  []account.Permission `json:"permissions" nullable:"false" doc:"What the role allows."`
	Capabilities capabilities         `json:"capabilities" doc:"What this organization allows the caller now, so that a client can hide a button."`
	CreatedAt    time.Time            `json:"createdAt"`
	UpdatedAt    time.Time            `json:"updatedAt"`
}

type capabilities account.Capabilities

// newAccountObject is an account as a member sees it. A personal organization
// shows its user's image.
func newAccountObject(images Images, a account.Account, u account.User) accountObject {
	o := a.Organization
	image := o.ImageKey
	if o.IsPersonal {
		image = u.ImageKey
	}
	return accountObject{
		ID: o.ID, Name: o.Name, Slug: nonEmpty(o.Slug), ImageURL: imageURL(images, image), IsPersonal: o.IsPersonal,
		MemberCount: o.MemberCount, Role: a.Role, Permissions: a.Permissions(), Capabilities: capabilities(a.Capabilities()),
		CreatedAt: o.CreatedAt, UpdatedAt: o.UpdatedAt,
	}
}

// changeable is the object without what others change by coming and going.
func (o accountObject) changeable() accountObject {
	o.MemberCount, o.Capabilities, o.UpdatedAt = 0, capabilities{}, time.Time{}
	return o
}

// optionalAccount is an account or null, which huma cannot say of a struct.
type optionalAccount struct{ account *accountObject }

// MarshalJSON writes the account or null.
func (o optionalAccount) MarshalJSON() ([]byte, error) {
	return json.Marshal(o.account) //nolint:wrapcheck // encoding/json adds the type itself
}

// Schema describes it for the OpenAPI document.
func (optionalAccount) Schema(r huma.Registry) *huma.Schema {
	return &huma.Schema{OneOf: []*huma.Schema{
		r.Schema(reflect.TypeFor[accountObject](), true, ""), {Type: "null"},
	}}
}

// nonEmpty is how a text that may be missing is answered: as null.
func nonEmpty(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
