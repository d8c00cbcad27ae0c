package cognito_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"

	"hearth/internal/account"
	"hearth/internal/cognito"
)

// directoryOver is the pool of the tests over a wire, tried once a call.
func directoryOver(w *wire) *cognito.Directory {
	return cognito.NewDirectory(cognitoidentityprovider.New(cognitoidentityprovider.Options{
		Region: "eu-central-1", HTTPClient: w, RetryMaxAttempts: 1,
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "test", SecretAccessKey: "test"}, nil
		}),
	}), poolID)
}

func TestPeople(t *testing.T) {
	t.Parallel()
	w := &wire{
		status: 200,
		body: `{"Users":[{"Username":"u1","Enabled":true,"UserStatus":"UNCONFIRMED","Attributes":[{"Name":"sub","Value":"u1"}]},` +
			`{"Username":"u2","Enabled":true,"UserStatus":"FORCE_CHANGE_PASSWORD","Attributes":[]},` +
			`{"Username":"u3","Enabled":false,"UserStatus":"EXTERNAL_PROVIDER","Attributes":[{"Name":"sub","Value":"u3"},{"Name":"email","Value":"` + email + `"}]}],` +
			`"PaginationToken":"more"}`,
		then: &wire{status: 200, body: `{"Users":[]}`},
	}
	d := directoryOver(w)
	page, next, err := d.People(t.Context(), "")
	want := []account.Resident{
		{Person: account.Person{ID: "u1", Username: "u1"}, Enabled: true},
		{Person: account.Person{Username: "u2"}, Enabled: true},
		{Person: account.Person{ID: "u3", Username: "u3", Email: email}, Confirmed: true},
	}
	if err != nil || next != "more" || !slices.Equal(page, want) {
		t.Fatalf("%+v, %q, %v", page, next, err)
	}
	if page, next, err = d.People(t.Context(), next); err != nil || next != "" || len(page) != 0 {
		t.Errorf("the last page: %+v, %q, %v", page, next, err)
	}
	first, second := w.inputs[0], w.inputs[1]
	if first["UserPoolId"] != poolID || first["Limit"] != 60.0 || first["PaginationToken"] != nil || second["PaginationToken"] != "more" {
		t.Errorf("asked %v, then %v", first, second)
	}
}

// A position that has ended is Cognito's InvalidParameterException; without a
// position that is a mistake of ours.
func TestPositionsOfPeopleEnd(t *testing.T) {
	t.Parallel()
	for after, want := range map[string]error{"old": account.ErrExpiredPosition, "": account.ErrInternal} {
		if _, _, err := directoryOver(&wire{status: 400, errorType: "InvalidParameterException"}).People(t.Context(), after); !errors.Is(err, want) {
			t.Errorf("after %q: %v", after, err)
		}
	}
	if _, _, err := directoryOver(&wire{status: 400, errorType: "TooManyRequestsException"}).People(t.Context(), "old"); !errors.Is(err, account.ErrUnavailable) {
		t.Errorf("throttled: %v", err)
	}
}

// Somebody is found by sub however many pages of the search are empty, and who
// is not the one that was asked for is nobody.
func TestFindByID(t *testing.T) {
	t.Parallel()
	other := `{"Username":"x","Enabled":true,"UserStatus":"CONFIRMED","Attributes":[{"Name":"sub","Value":"other"}]}`
	w := &wire{
		status: 200, body: `{"Users":[` + other + `],"PaginationToken":"more"}`,
		then: &wire{status: 200, body: `{"Users":[{"Username":"Google_1","Enabled":true,"UserStatus":"EXTERNAL_PROVIDER","UserLastModifiedDate":1750000000.5,` +
			`"Attributes":[{"Name":"sub","Value":"` + ada + `"}]}]}`},
	}
	got, err := directoryOver(w).FindByID(t.Context(), ada)
	want := account.Resident{Person: account.Person{ID: ada, Username: "Google_1"}, Confirmed: true, Enabled: true, ModifiedAt: time.UnixMilli(1750000000500).UTC()}
	if err != nil || got != want {
		t.Errorf("%+v, %v", got, err)
	}
	if !slices.Equal(w.operations, []string{"ListUsers", "ListUsers"}) || w.inputs[0]["Filter"] != `sub = "`+ada+`"` || w.inputs[1]["PaginationToken"] != "more" {
		t.Errorf("asked %v of %v", w.inputs, w.operations)
	}
	for id, filter := range map[string]any{ada: `sub = "` + ada + `"`, `a"b\`: `sub = "a\"b\\"`, strings.Repeat("x", 250): nil} {
		w := &wire{status: 200, body: `{"Users":[` + other + `]}`}
		if _, err := directoryOver(w).FindByID(t.Context(), id); !errors.Is(err, account.ErrNotFound) {
			t.Errorf("%q: %v", id, err)
		}
		if asked := len(w.inputs) > 0; asked != (filter != nil) || asked && w.inputs[0]["Filter"] != filter {
			t.Errorf("%q: asked %v", id, w.inputs)
		}
	}
	if _, err := directoryOver(&wire{status: 400, errorType: "TooManyRequestsException"}).FindByID(t.Context(), ada); !errors.Is(err, account.ErrUnavailable) {
		t.Errorf("throttled: %v", err)
	}
}

func TestFind(t *testing.T) {
	t.Parallel()
	w := &wire{status: 200, body: `{"Username":"` + ada + `","Enabled":false,"UserStatus":"RESET_REQUIRED","UserAttributes":[` +
		`{"Name":"sub","Value":"` + ada + `"},{"Name":"email","Value":"` + email + `"},{"Name":"email_verified","Value":"true"},{"Name":"name","Value":"Ada"}]}`}
	got, err := directoryOver(w).Find(t.Context(), email)
	want := account.Resident{
		Person:    account.Person{ID: ada, Username: ada, Email: email, EmailVerified: true, Name: "Ada"},
		Confirmed: true,
	}
	if err != nil || got != want || w.inputs[0]["Username"] != email || w.inputs[0]["UserPoolId"] != poolID {
		t.Errorf("%+v, %v, asked %v", got, err, w.inputs)
	}
}

// Each operation is the one of its name, and each failure what it means.
func TestOrdersToThePool(t *testing.T) {
	t.Parallel()
	for operation, do := range map[string]func(*cognito.Directory) error{
		"AdminGetUser":           func(d *cognito.Directory) error { _, err := d.Find(t.Context(), ada); return err },
		"AdminDisableUser":       func(d *cognito.Directory) error { return d.Disable(t.Context(), ada) },
		"AdminEnableUser":        func(d *cognito.Directory) error { return d.Enable(t.Context(), ada) },
		"AdminUserGlobalSignOut": func(d *cognito.Directory) error { return d.SignOut(t.Context(), ada) },
	} {
		w := &wire{status: 200, body: `{}`}
		if err := do(directoryOver(w)); err != nil || !slices.Equal(w.operations, []string{operation}) || w.inputs[0]["Username"] != ada {
			t.Errorf("%s: %v, %v", operation, err, w.operations)
		}
		for _, c := range []struct {
			wire *wire
			want error
		}{
			{&wire{status: 400, errorType: "UserNotFoundException"}, account.ErrNotFound},
			{&wire{status: 400, errorType: "TooManyRequestsException"}, account.ErrUnavailable},
			{&wire{status: 500, errorType: "InternalErrorException"}, account.ErrUnavailable},
			{&wire{err: errors.New("no network")}, account.ErrUnavailable},
			{&wire{status: 400, errorType: "InvalidParameterException"}, account.ErrInternal},
		} {
			if err := do(directoryOver(c.wire)); !errors.Is(err, c.want) {
				t.Errorf("%s: %v, want %v", operation, err, c.want)
			}
		}
	}
}
