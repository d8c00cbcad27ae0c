package cognito_test

import (
	"context"
	"errors"
	"slices"
	"testing"

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
