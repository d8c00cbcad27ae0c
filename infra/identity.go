package main

import (
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscognito"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/jsii-runtime-go"

	"hearth/internal/cognito"
)

// userPool is the pool with its two clients.
type userPool struct {
	pool awscognito.CfnUserPool
	// web is the client of browsers and apps, the only audience of the API;
	// server is for proofs made by functions.
	web, server awscognito.CfnUserPoolClient
}

func (p userPool) id() *string { return p.pool.Ref() }

// issuer is the `iss` of the pool's tokens.
func (p userPool) issuer() *string {
	return awscdk.Fn_Sub(jsii.String("https://cognito-idp.${AWS::Region}.amazonaws.com/${UserPool}"), nil)
}

// newPool adds the user pool that cognito.Settings describes, and lets it call
// the post-confirmation trigger.
//
// These can never be changed once the pool exists (CloudFormation fails, or
// replaces the pool and loses every user): UsernameAttributes,
// UsernameConfiguration, and of the schema which standard attributes are
// required and mutable.
// https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pool-updating.html
func newPool(stack awscdk.Stack, s stage, trigger builtFunction) userPool {
	settings := cognito.Settings(cognito.Options{
		RelyingPartyID: s.deployment.RelyingPartyID, PasswordSignIn: s.deployment.PasswordSignIn,
	})
	protection := "INACTIVE"
	if s.deployment.ProtectData {
		protection = "ACTIVE"
	}
	pool := awscognito.NewCfnUserPool(stack, jsii.String("UserPool"), &awscognito.CfnUserPoolProps{
		// Never changeable: an address is the user name, whatever its case.
		UsernameAttributes:    jsii.Strings(cognito.AttributeEmail),
		UsernameConfiguration: &awscognito.CfnUserPool_UsernameConfigurationProperty{CaseSensitive: jsii.Bool(false)},
		Schema:                schema(settings),

		UserPoolTier:           jsii.String("ESSENTIALS"), // choice-based sign-in and passkeys start here
		DeletionProtection:     jsii.String(protection),
		AutoVerifiedAttributes: jsii.Strings(cognito.AttributeEmail),
		// The old address stays until the new one is proven.
		UserAttributeUpdateSettings: &awscognito.CfnUserPool_UserAttributeUpdateSettingsProperty{
			AttributesRequireVerificationBeforeUpdate: jsii.Strings(cognito.AttributeEmail),
		},
		AccountRecoverySetting: &awscognito.CfnUserPool_AccountRecoverySettingProperty{
			RecoveryMechanisms: []*awscognito.CfnUserPool_RecoveryOptionProperty{
				{Name: jsii.String("verified_email"), Priority: jsii.Number(1)},
			},
		},
		Policies: &awscognito.CfnUserPool_PoliciesProperty{
			PasswordPolicy: passwordPolicy(settings),
			SignInPolicy: &awscognito.CfnUserPool_SignInPolicyProperty{
				AllowedFirstAuthFactors: words(settings.FirstFactors),
			},
		},
		MfaConfiguration: jsii.String(string(settings.MFA)),
		EnabledMfas:      words(settings.MFAFactors),

		WebAuthnRelyingPartyId:      jsii.String(settings.RelyingPartyID),
		WebAuthnUserVerification:    jsii.String(string(settings.UserVerification)),
		WebAuthnFactorConfiguration: jsii.String(string(settings.WebAuthnFactor)),
		AdminCreateUserConfig: &awscognito.CfnUserPool_AdminCreateUserConfigProperty{
			AllowAdminCreateUserOnly: jsii.Bool(false),
			InviteMessageTemplate: &awscognito.CfnUserPool_InviteMessageTemplateProperty{
				EmailSubject: jsii.String(settings.Mail.InvitationSubject),
				EmailMessage: jsii.String(settings.Mail.InvitationMessage),
			},
		},
		VerificationMessageTemplate: &awscognito.CfnUserPool_VerificationMessageTemplateProperty{
			DefaultEmailOption: jsii.String("CONFIRM_WITH_CODE"),
			EmailSubject:       jsii.String(settings.Mail.VerificationSubject),
			EmailMessage:       jsii.String(settings.Mail.VerificationMessage),
		},
		EmailConfiguration: mailSender(stack, s),
		LambdaConfig: &awscognito.CfnUserPool_LambdaConfigProperty{
			PostConfirmation: trigger.function.AttrArn(),
		},
	})
	pool.ApplyRemovalPolicy(s.retention(), nil)
	p := userPool{
		pool:   pool,
		web:    newClient(stack, s, "WebClient", pool, settings.Web),
		server: newClient(stack, s, "ServerClient", pool, settings.Server),
	}
	wireTrigger(stack, p, trigger)
	return p
}

func schema(settings cognito.Pool) []*awscognito.CfnUserPool_SchemaAttributeProperty {
	var attributes []*awscognito.CfnUserPool_SchemaAttributeProperty
	for _, name := range settings.RequiredAttributes {
		attributes = append(attributes, &awscognito.CfnUserPool_SchemaAttributeProperty{
			Name: jsii.String(name), AttributeDataType: jsii.String("String"),
			Required: jsii.Bool(true), Mutable: jsii.Bool(true),
		})
	}
	return attributes
}

func passwordPolicy(settings cognito.Pool) *awscognito.CfnUserPool_PasswordPolicyProperty {
	policy := settings.PasswordPolicy
	return &awscognito.CfnUserPool_PasswordPolicyProperty{
		MinimumLength:                 jsii.Number(policy.MinimumLength),
		RequireLowercase:              jsii.Bool(policy.RequireLowercase),
		RequireUppercase:              jsii.Bool(policy.RequireUppercase),
		RequireNumbers:                jsii.Bool(policy.RequireNumbers),
		RequireSymbols:                jsii.Bool(policy.RequireSymbols),
		TemporaryPasswordValidityDays: jsii.Number(settings.TemporaryPasswordValidity / (24 * time.Hour)),
	}
}

// mailSender is who Cognito's own mails come from. With an SES identity Cognito
// makes the service-linked role that it needs by itself.
// https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-email.html
func mailSender(stack awscdk.Stack, s stage) *awscognito.CfnUserPool_EmailConfigurationProperty {
	if s.deployment.MailIdentity == "" {
		return &awscognito.CfnUserPool_EmailConfigurationProperty{EmailSendingAccount: jsii.String("COGNITO_DEFAULT")}
	}
	return &awscognito.CfnUserPool_EmailConfigurationProperty{
		EmailSendingAccount: jsii.String("DEVELOPER"),
		From:                jsii.String(s.config.MailFrom),
		SourceArn: stack.FormatArn(&awscdk.ArnComponents{
			Service: jsii.String("ses"), Resource: jsii.String("identity"), ResourceName: jsii.String(s.deployment.MailIdentity),
		}),
	}
}

func newClient(stack awscdk.Stack, s stage, id string, pool awscognito.CfnUserPool, c cognito.Client) awscognito.CfnUserPoolClient {
	client := awscognito.NewCfnUserPoolClient(stack, jsii.String(id), &awscognito.CfnUserPoolClientProps{
		UserPoolId: pool.Ref(),
		ClientName: jsii.String(c.Name),
		// Whether a client has a secret can never be changed.
		GenerateSecret:             jsii.Bool(false),
		ExplicitAuthFlows:          words(c.AuthFlows),
		ReadAttributes:             jsii.Strings(c.ReadAttributes...),
		WriteAttributes:            jsii.Strings(c.WriteAttributes...),
		SupportedIdentityProviders: jsii.Strings("COGNITO"),
		EnableTokenRevocation:      jsii.Bool(true),
		PreventUserExistenceErrors: jsii.String("ENABLED"),
		AuthSessionValidity:        minutes(c.AuthSessionValidity),
		AccessTokenValidity:        minutes(c.AccessTokenValidity),
		IdTokenValidity:            minutes(c.IDTokenValidity),
		RefreshTokenValidity:       minutes(c.RefreshTokenValidity),
		TokenValidityUnits: &awscognito.CfnUserPoolClient_TokenValidityUnitsProperty{
			AccessToken: jsii.String("minutes"), IdToken: jsii.String("minutes"), RefreshToken: jsii.String("minutes"),
		},
	})
	client.ApplyRemovalPolicy(s.retention(), nil)
	return client
}

// words are settings in the strings that CloudFormation takes.
func words[S ~string](settings []S) *[]*string {
	list := make([]string, 0, len(settings))
	for _, s := range settings {
		list = append(list, string(s))
	}
	return jsii.Strings(list...)
}

func minutes(d time.Duration) *float64 { return jsii.Number(d.Minutes()) }

// wireTrigger lets the pool call its trigger, and the trigger sign people of
// this one pool out.
//
// The pool names the function, so nothing that the function waits for may name
// the pool: the grant is a policy of its own, made after both, and the function
// learns the pool's id from each event.
func wireTrigger(stack awscdk.Stack, p userPool, trigger builtFunction) {
	awslambda.NewCfnPermission(stack, jsii.String("PostconfirmationPermission"), &awslambda.CfnPermissionProps{
		Action:        jsii.String("lambda:InvokeFunction"),
		FunctionName:  trigger.function.AttrArn(),
		Principal:     jsii.String("cognito-idp.amazonaws.com"),
		SourceAccount: stack.Account(),
		SourceArn:     p.pool.AttrArn(),
	})
	awsiam.NewCfnPolicy(stack, jsii.String("PostconfirmationSignOutPolicy"), &awsiam.CfnPolicyProps{
		PolicyName:     jsii.String("sign-out"),
		Roles:          &[]*string{trigger.role.Ref()},
		PolicyDocument: policy(allow([]string{"cognito-idp:AdminUserGlobalSignOut"}, p.pool.AttrArn())),
	})
}
