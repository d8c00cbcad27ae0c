package main

import (
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hearth/internal/cognito"
)

var neverChange = []string{"UsernameAttributes", "UsernameConfiguration", "Schema", "AliasAttributes"}

// Whoever changes one of these after a deployment loses the pool and its users.
func TestPoolSettingsThatCanNeverChange(t *testing.T) {
	t.Parallel()
	want := map[string]string{
		"UsernameAttributes":    `["email"]`,
		"UsernameConfiguration": `{"CaseSensitive":false}`,
		"Schema":                `[{"AttributeDataType":"String","Mutable":true,"Name":"email","Required":true}]`,
		"AliasAttributes":       `null`,
	}
	for name, synthesized := range stages(t) {
		got := map[string]string{}
		for _, property := range neverChange {
			got[property] = text(t, synthesized.Resources["UserPool"].Properties[property])
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestPoolSettings(t *testing.T) {
	t.Parallel()
	mails := cognito.Settings(cognito.Options{}).Mail
	common := map[string]string{
		"UserPoolTier":                `ESSENTIALS`,
		"AutoVerifiedAttributes":      `["email"]`,
		"UserAttributeUpdateSettings": `{"AttributesRequireVerificationBeforeUpdate":["email"]}`,
		"AccountRecoverySetting":      `{"RecoveryMechanisms":[{"Name":"verified_email","Priority":1}]}`,
		"Policies": `{"PasswordPolicy":{"MinimumLength":12,"RequireLowercase":false,"RequireNumbers":false,` +
			`"RequireSymbols":false,"RequireUppercase":false,"TemporaryPasswordValidityDays":7},` +
			`"SignInPolicy":{"AllowedFirstAuthFactors":["PASSWORD","WEB_AUTHN"]}}`,
		"MfaConfiguration":            `OPTIONAL`,
		"EnabledMfas":                 `["SOFTWARE_TOKEN_MFA"]`,
		"WebAuthnUserVerification":    `required`,
		"WebAuthnFactorConfiguration": `MULTI_FACTOR_WITH_USER_VERIFICATION`,
		"LambdaConfig":                `{"PostConfirmation":` + attribute("PostconfirmationFunction", "Arn") + `}`,
		"VerificationMessageTemplate": text(t, map[string]string{
			"DefaultEmailOption": "CONFIRM_WITH_CODE", "EmailSubject": mails.VerificationSubject, "EmailMessage": mails.VerificationMessage,
		}),
		"AdminCreateUserConfig": text(t, map[string]any{
			"AllowAdminCreateUserOnly": false,
			"InviteMessageTemplate": map[string]string{
				"EmailSubject": mails.InvitationSubject, "EmailMessage": mails.InvitationMessage,
			},
		}),
	}
	protection := map[string]string{"dev": "INACTIVE", "prod": "ACTIVE"}
	for name, synthesized := range stages(t) {
		want := maps.Clone(common)
		want["DeletionProtection"] = protection[name]
		want["WebAuthnRelyingPartyID"] = stageOf(t, name).deployment.RelyingPartyID
		want["EmailConfiguration"] = sender(t, stageOf(t, name))
		got := map[string]string{}
		for property, value := range synthesized.Resources["UserPool"].Properties {
			if !slices.Contains(neverChange, property) {
				got[property] = text(t, value)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// sender is the EmailConfiguration of a stage's pool.
func sender(t *testing.T, s stage) string {
	t.Helper()
	if s.deployment.MailIdentity == "" {
		return `{"EmailSendingAccount":"COGNITO_DEFAULT"}`
	}
	return `{"EmailSendingAccount":"DEVELOPER","From":` + string(encode(t, s.config.MailFrom)) + `,` +
		`"SourceArn":{"Fn::Join":["",["arn:",{"Ref":"AWS::Partition"},":ses:",{"Ref":"AWS::Region"},":",` +
		`{"Ref":"AWS::AccountId"},":identity/` + s.deployment.MailIdentity + `"]]}}`
}

type clientProperties struct {
	UserPoolId                                                                      any //nolint:revive // CloudFormation's spelling
	ClientName, PreventUserExistenceErrors                                          string
	GenerateSecret, EnableTokenRevocation                                           bool
	ExplicitAuthFlows, ReadAttributes, WriteAttributes                              []string
	SupportedIdentityProviders                                                      []string
	AuthSessionValidity, AccessTokenValidity, IdTokenValidity, RefreshTokenValidity int                                                 //nolint:revive // CloudFormation's spelling
	TokenValidityUnits                                                              struct{ AccessToken, IdToken, RefreshToken string } //nolint:revive // CloudFormation's spelling
}

func TestClients(t *testing.T) {
	t.Parallel()
	flows := map[string]map[string][]string{
		"dev": {
			"WebClient":    {"ALLOW_REFRESH_TOKEN_AUTH", "ALLOW_USER_AUTH", "ALLOW_USER_PASSWORD_AUTH", "ALLOW_USER_SRP_AUTH"},
			"ServerClient": {"ALLOW_ADMIN_USER_PASSWORD_AUTH"},
		},
		"prod": {
			"WebClient":    {"ALLOW_REFRESH_TOKEN_AUTH", "ALLOW_USER_AUTH", "ALLOW_USER_SRP_AUTH"},
			"ServerClient": {"ALLOW_ADMIN_USER_PASSWORD_AUTH"},
		},
	}
	for name, synthesized := range stages(t) {
		clients := synthesized.ofType("AWS::Cognito::UserPoolClient")
		if len(clients) != 2 {
			t.Errorf("%s: %d clients, want web and server", name, len(clients))
		}
		for id, clientName := range map[string]string{"WebClient": "web", "ServerClient": "server"} {
			want := clientProperties{
				UserPoolId: map[string]any{"Ref": "UserPool"}, ClientName: clientName,
				PreventUserExistenceErrors: "ENABLED", EnableTokenRevocation: true,
				ExplicitAuthFlows: flows[name][id],
				ReadAttributes:    []string{"email", "email_verified", "family_name", "given_name", "locale", "name"},
				// Never a verified flag.
				WriteAttributes:            []string{"email", "family_name", "given_name", "locale", "name"},
				SupportedIdentityProviders: []string{"COGNITO"},
				AuthSessionValidity:        3, AccessTokenValidity: 60, IdTokenValidity: 60, RefreshTokenValidity: 30 * 24 * 60,
			}
			want.TokenValidityUnits.AccessToken = "minutes"
			want.TokenValidityUnits.IdToken = "minutes"
			want.TokenValidityUnits.RefreshToken = "minutes"
			got := decode[clientProperties](t, clients[id].Properties)
			for _, list := range [][]string{got.ExplicitAuthFlows, got.ReadAttributes, got.WriteAttributes} {
				slices.Sort(list)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s: %s (-want +got):\n%s", name, id, diff)
			}
		}
	}
}
