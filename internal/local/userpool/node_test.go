package userpool_test

import (
	"encoding/json"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	cip "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
)

// nodeAnswer is what testdata/srp.mjs prints.
type nodeAnswer struct {
	AccessToken          string            `json:"accessToken"`
	RefreshedAccessToken string            `json:"refreshedAccessToken"`
	Attributes           map[string]string `json:"attributes"`
	Error                *struct {
		Code    string `json:"code"`
		Message string `json:"message"`
	} `json:"error"`
}

// runNode signs in from Node by amazon-cognito-identity-js.
func runNode(t *testing.T, h *host, name, secret string, codes ...string) nodeAnswer {
	t.Helper()
	node, err := exec.LookPath("node")
	if err != nil {
		t.Fatal("node was not found: install Node.js, then run make setup")
	}
	installed, err := filepath.Glob("../node_modules/amazon-cognito-identity-js/package.json")
	if err != nil || len(installed) == 0 {
		t.Fatal("the npm package amazon-cognito-identity-js is missing in internal/local/node_modules: run make setup")
	}
	input, err := json.Marshal(map[string]any{
		"endpoint": h.url, "userPoolId": poolID, "clientId": webClient,
		"username": name, "password": secret, "newPassword": newPassword, "codes": codes,
	})
	noError(t, err)
	output, err := exec.CommandContext(t.Context(), node, "testdata/srp.mjs", string(input)).Output()
	var answer nodeAnswer
	if decoded := json.Unmarshal(output, &answer); decoded != nil {
		t.Fatalf("srp.mjs printed %q: %v", output, err)
	}
	return answer
}

func TestAmazonsBrowserClientSignsIn(t *testing.T) {
	t.Parallel()
	h := start(t)
	sub := h.join(t, "ada@example.com", "name", "Ada")
	answer := runNode(t, h, "ada@example.com", password)
	if answer.Error != nil {
		t.Fatalf("got %+v", answer.Error)
	}
	first, second := h.claims(t, &answer.AccessToken), h.claims(t, &answer.RefreshedAccessToken)
	if first["sub"] != sub || second["origin_jti"] != first["origin_jti"] || second["jti"] == first["jti"] {
		t.Errorf("got claims %v, refreshed %v", first, second)
	}
	if answer.Attributes["email"] != "ada@example.com" || answer.Attributes["email_verified"] != "true" || answer.Attributes["name"] != "Ada" {
		t.Errorf("got attributes %v", answer.Attributes)
	}
	for _, name := range []string{"ada@example.com", "nobody@example.com"} {
		answer := runNode(t, h, name, "wrong password")
		if answer.Error == nil || answer.Error.Code != "NotAuthorizedException" || answer.Error.Message != "Incorrect username or password." {
			t.Errorf("%s with a wrong password: got %+v", name, answer)
		}
	}
}

func TestAmazonsBrowserClientSignsInWithACode(t *testing.T) {
	t.Parallel()
	h := start(t)
	sub := h.join(t, "ada@example.com")
	secret, _ := h.enrol(t, "ada@example.com")
	right := h.codeAt(t, secret, 0)
	answer := runNode(t, h, "ada@example.com", password, another(right), right)
	if answer.Error != nil || h.claims(t, &answer.AccessToken)["sub"] != sub {
		t.Fatalf("got %+v", answer)
	}
	answer = runNode(t, h, "ada@example.com", password, right)
	if answer.Error == nil || answer.Error.Code != "ExpiredCodeException" || answer.Error.Message != usedOnce {
		t.Fatalf("a used code: got %+v", answer)
	}
}

func TestAmazonsBrowserClientReplacesATemporaryPassword(t *testing.T) {
	t.Parallel()
	h := start(t)
	_, err := h.AdminCreateUser(t.Context(), &cip.AdminCreateUserInput{UserPoolId: aws.String(poolID), Username: aws.String("ada@example.com")})
	noError(t, err)
	answer := runNode(t, h, "ada@example.com", h.mailbox.last(t).Code)
	if answer.Error != nil {
		t.Fatalf("got %+v", answer.Error)
	}
	_, err = h.trySRP(t, "ada@example.com", newPassword)
	noError(t, err)
}
