package httpapi

import (
	"context"
	"encoding/json"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"hearth/internal/account"
)

// passkeyObject is a passkey as its owner sees it.
type passkeyObject struct {
	ID        string    `json:"id" doc:"The credential's id."`
	Name      string    `json:"name" doc:"Empty if it has none."`
	CreatedAt time.Time `json:"createdAt"`
}

func newPasskeyObject(p account.Passkey) passkeyObject {
	return passkeyObject{ID: p.ID, Name: p.Name, CreatedAt: p.CreatedAt}
}

func newPasskeyObjects(passkeys []account.Passkey) []passkeyObject {
	objects := make([]passkeyObject, len(passkeys))
	for i, p := range passkeys {
		objects[i] = newPasskeyObject(p)
	}
	return objects
}

type passkeyList struct {
	Items      []passkeyObject `json:"items" nullable:"false"`
	NextCursor *string         `json:"nextCursor" doc:"Null: all are on one page."`
}

type listPasskeysOutput struct{ Body passkeyList }

// webAuthnObject is a JSON object of WebAuthn (Level 3, 5.1.8 and 5.1.9), which
// Hearth hands on between browser and Cognito as it is.
// https://www.w3.org/TR/webauthn-3/#sctn-parseCreationOptionsFromJSON
type webAuthnObject struct{ json.RawMessage }

// Schema describes it for the OpenAPI document, and what is checked of it here.
func (webAuthnObject) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeObject, AdditionalProperties: true}
}

type postPasskeyOutput struct{ Body webAuthnObject }

type verifyPasskeyInput struct {
	Repeatable
	Body struct {
		Credential webAuthnObject `json:"credential" doc:"What navigator.credentials.create() gave, by its toJSON()."`
		Name       string         `json:"name,omitempty" maxLength:"256" doc:"At most 64 characters after trimming and cleaning."`
	}
}

type verifyPasskeyOutput struct {
	Location string `header:"Location"`
	Body     passkeyObject
}

// passkeyPath is the path of a passkey. What cannot be an id is a passkey that
// does not exist.
type passkeyPath struct {
	PasskeyID string `path:"passkeyId"`
}

func registerPasskeys(a *API, d SecurityDependencies) {
	Handle(a, listPasskeys, func(ctx context.Context, c account.Caller, _ *struct{}) (*listPasskeysOutput, error) {
		passkeys, err := d.Service.Passkeys(ctx, c)
		if err != nil {
			return nil, err
		}
		return &listPasskeysOutput{Body: passkeyList{Items: newPasskeyObjects(passkeys)}}, nil
	})
	Handle(a, postPasskey, func(ctx context.Context, c account.Caller, _ *struct{}) (*postPasskeyOutput, error) {
		options, err := d.Service.StartPasskey(ctx, c)
		if err != nil {
			return nil, err
		}
		return &postPasskeyOutput{Body: webAuthnObject{options}}, nil
	})
	Handle(a, verifyPasskey, func(ctx context.Context, c account.Caller, in *verifyPasskeyInput) (*verifyPasskeyOutput, error) {
		passkey, err := d.Service.AddPasskey(ctx, c, in.Body.Credential.RawMessage, in.Body.Name, in.Repeat(verifyPasskey, c.User.ID))
		if err != nil {
			return nil, err
		}
		return &verifyPasskeyOutput{Location: listPasskeys.Path + "/" + passkey.ID, Body: newPasskeyObject(passkey)}, nil
	})
	Handle(a, deletePasskey, func(ctx context.Context, c account.Caller, in *passkeyPath) (*struct{}, error) {
		return nil, d.Service.RemovePasskey(ctx, c, in.PasskeyID)
	})
}
