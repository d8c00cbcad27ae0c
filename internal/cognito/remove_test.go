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

// A user goes by the provider's name for them, which a federated one can have
// left to another user: nobody else goes, and who is gone already is no error.
func TestDeleteUser(t *testing.T) {
	t.Parallel()
	const google, get, del = "Google_1", "AdminGetUser", "AdminDeleteUser"
	has := func(sub string) string {
		return `{"Username":"` + google + `","UserAttributes":[{"Name":"sub","Value":"` + sub + `"}]}`
	}
	for name, c := range map[string]struct {
		username string
		wire     wire
		asked    []string
		err      error
	}{
		"native":             {ada, wire{status: 200, body: `{}`}, []string{del}, nil},
		"native, gone":       {ada, wire{status: 400, errorType: "UserNotFoundException"}, []string{del}, nil},
		"federated":          {google, wire{status: 200, body: has(ada), then: &wire{status: 200, body: `{}`}}, []string{get, del}, nil},
		"federated, another": {google, wire{status: 200, body: has("b")}, []string{get}, nil},
		"federated, gone":    {google, wire{status: 400, errorType: "UserNotFoundException"}, []string{get}, nil},
		"too often":          {ada, wire{status: 400, errorType: "TooManyRequestsException"}, []string{del}, account.ErrUnavailable},
		"too often to know":  {google, wire{status: 400, errorType: "TooManyRequestsException"}, []string{get}, account.ErrUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := c.wire
			remover := cognito.NewRemover(cognitoidentityprovider.New(cognitoidentityprovider.Options{
				Region: "eu-central-1", HTTPClient: &w, RetryMaxAttempts: 1,
				Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
					return aws.Credentials{AccessKeyID: "test", SecretAccessKey: "test"}, nil
				}),
			}), poolID)
			if err := remover.DeleteUser(t.Context(), ada, c.username); !errors.Is(err, c.err) {
				t.Errorf("got %v, want %v", err, c.err)
			}
			if !slices.Equal(w.operations, c.asked) {
				t.Errorf("asked for %v, want %v", w.operations, c.asked)
			}
		})
	}
}
