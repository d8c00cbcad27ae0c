package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"hearth/internal/cognito"
	"hearth/internal/local/mailbox"
)

// mailPatience is how long a mail may take to arrive.
const mailPatience = 10 * time.Second

// demoCommand runs the demo against the host that PORT names.
func demoCommand(ctx context.Context, env func(string) string, out io.Writer) error {
	port, err := portFrom(env)
	if err != nil {
		return err
	}
	return runDemo(ctx, localhost(port), out)
}

// runDemo takes a new person from sign-up to their personal organization
// against a running host, through the APIs that a web client uses, and prints
// each step. An error names the step that failed.
func runDemo(ctx context.Context, api string, out io.Writer) error {
	d := &demo{
		out:      out,
		name:     "Ada Lovelace",
		email:    "ada-" + strings.ToLower(rand.Text()[:8]) + "@example.com",
		password: rand.Text(),
	}
	steps := []struct {
		name string
		run  func(context.Context) (string, error)
	}{
		{"Find the host", func(ctx context.Context) (seen string, err error) {
			if d.host, err = connect(ctx, api); err != nil {
				return "", err
			}
			return d.host.API + ", user pool " + d.host.UserPoolID, nil
		}},
		{"Sign up", d.signUp},
		{"Read the mail", d.readMail},
		{"Confirm with its code", d.confirm},
		{"Sign in by SRP", d.signIn},
		{"GET /me", d.me},
	}
	for i, step := range steps {
		seen, err := step.run(ctx)
		if err != nil {
			_, _ = fmt.Fprintf(out, "%d. %-22s failed\n", i+1, step.name)
			return fmt.Errorf("demo: step %d, %q: %w", i+1, step.name, err)
		}
		_, _ = fmt.Fprintf(out, "%d. %-22s %s\n", i+1, step.name, seen)
	}
	_, _ = fmt.Fprintf(out, `
The trigger made %s a personal organization when the address was confirmed:

  name         %s
  id           %s (the user's own)
  role         %s
  permissions  %s

`, d.name, d.account.Name, d.account.ID, d.account.Role, strings.Join(d.account.Permissions, ", "))
	return nil
}

// demo is one person on their way in.
type demo struct {
	out                   io.Writer
	host                  *remote
	name, email, password string
	userID, code          string
	accessToken           string
	confirmedAt           time.Time
	account               meAccount
}

// meAccount is the account in the answer of GET /me.
type meAccount struct {
	ID          string   `json:"id"`
	Name        string   `json:"name"`
	IsPersonal  bool     `json:"isPersonal"`
	Role        string   `json:"role"`
	Permissions []string `json:"permissions"`
}

func (d *demo) signUp(ctx context.Context) (string, error) {
	answer, err := d.host.cognito.SignUp(ctx, &cognitoidentityprovider.SignUpInput{
		ClientId: aws.String(d.host.ClientID),
		Username: aws.String(d.email),
		Password: aws.String(d.password),
		UserAttributes: []types.AttributeType{
			{Name: aws.String(cognito.AttributeEmail), Value: aws.String(d.email)},
			{Name: aws.String(cognito.AttributeName), Value: aws.String(d.name)},
		},
	})
	if err != nil {
		return "", err //nolint:wrapcheck // names the operation
	}
	if d.userID = aws.ToString(answer.UserSub); d.userID == "" {
		return "", errors.New("the answer has no user id")
	}
	return fmt.Sprintf("%s <%s> is user %s", d.name, d.email, d.userID), nil
}

func (d *demo) readMail(ctx context.Context) (string, error) {
	address := d.host.API + "/_local/mail?to=" + url.QueryEscape(d.email)
	ctx, cancel := context.WithTimeout(ctx, mailPatience)
	defer cancel()
	for {
		var inbox struct {
			Items []mailbox.Mail `json:"items"`
		}
		if err := d.host.getJSON(ctx, address, "", &inbox); err != nil {
			return "", err
		}
		if len(inbox.Items) > 0 && inbox.Items[0].Code != nil {
			d.code = *inbox.Items[0].Code
			return fmt.Sprintf("%q", inbox.Items[0].Subject), nil
		}
		select {
		case <-ctx.Done():
			return "", fmt.Errorf("no mail with a code to %s: %w", d.email, ctx.Err())
		case <-time.After(100 * time.Millisecond):
		}
	}
}

func (d *demo) confirm(ctx context.Context) (string, error) {
	_, err := d.host.cognito.ConfirmSignUp(ctx, &cognitoidentityprovider.ConfirmSignUpInput{
		ClientId: aws.String(d.host.ClientID), Username: aws.String(d.email), ConfirmationCode: aws.String(d.code),
	})
	if err != nil {
		return "", err //nolint:wrapcheck // names the operation
	}
	d.confirmedAt = time.Now()
	return "the address is proven; Cognito calls the trigger", nil
}

func (d *demo) signIn(ctx context.Context) (string, error) {
	tokens, err := d.host.signIn(ctx, d.email, d.password)
	if err != nil {
		return "", err
	}
	d.accessToken = aws.ToString(tokens.AccessToken)
	return fmt.Sprintf("an access token for %s; the password was never sent", time.Duration(tokens.ExpiresIn)*time.Second), nil
}

func (d *demo) me(ctx context.Context) (string, error) {
	var me struct {
		User struct {
			ID        string    `json:"id"`
			Email     string    `json:"email"`
			CreatedAt time.Time `json:"createdAt"`
		} `json:"user"`
		Account *meAccount `json:"account"`
	}
	if err := d.host.getJSON(ctx, d.host.API+"/me", d.accessToken, &me); err != nil {
		return "", err
	}
	switch {
	case me.User.ID != d.userID || !strings.EqualFold(me.User.Email, d.email):
		return "", fmt.Errorf("the user is %s, not who signed up", me.User.ID)
	case me.Account == nil:
		return "", errors.New("there is no account: does accountMode want a team?")
	case !me.Account.IsPersonal || me.Account.ID != d.userID || me.Account.Role != "ORG_OWNER":
		return "", fmt.Errorf("account %s is not the user's personal organization", me.Account.ID)
	case me.User.CreatedAt.After(d.confirmedAt):
		return "", errors.New("the organization is there, but this request made it: the trigger did not")
	}
	d.account = *me.Account
	return "acting for " + me.Account.Name, nil
}
