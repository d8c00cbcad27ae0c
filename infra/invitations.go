package main

import (
	"net/mail"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/jsii-runtime-go"
)

// newMACKey adds the key by which invitations and certificates are signed. It
// never leaves KMS, and KMS cannot renew one of this kind by itself. Without it
// nobody can accept an invitation that was sent or check a certificate, so it
// stays where data is protected.
// https://docs.aws.amazon.com/kms/latest/developerguide/hmac.html
func newMACKey(stack awscdk.Stack, s stage) awskms.CfnKey {
	key := awskms.NewCfnKey(stack, jsii.String("MacKey"), &awskms.CfnKeyProps{
		Description: jsii.String("Signs the invitations and certificates of Hearth, stage " + s.name),
		KeySpec:     jsii.String("HMAC_256"),
		KeyUsage:    jsii.String("GENERATE_VERIFY_MAC"),
		// Leaves all to IAM: who has no grant there can do nothing.
		// https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html
		KeyPolicy: policy(map[string]any{
			"Effect": "Allow", "Action": "kms:*", "Resource": "*",
			"Principal": map[string]any{
				"AWS": awscdk.Fn_Sub(jsii.String("arn:${AWS::Partition}:iam::${AWS::AccountId}:root"), nil),
			},
		}),
	})
	key.ApplyRemovalPolicy(s.retention(), nil)
	awskms.NewCfnAlias(stack, jsii.String("MacKeyAlias"), &awskms.CfnAliasProps{
		AliasName:   awscdk.Fn_Sub(jsii.String("alias/${AWS::StackName}-invitations"), nil),
		TargetKeyId: key.Ref(),
	})
	return key
}

// sender is the address of mailFrom.
func (s stage) sender() string {
	parsed, err := mail.ParseAddress(s.config.MailFrom)
	if err != nil {
		return "" // refused by the configuration
	}
	return parsed.Address
}

// mailIdentityARN names the identity that Hearth's own mails are sent by: that
// of the stage, else the address of mailFrom. The product verifies it in Amazon
// SES, whose proof stands in the domain's DNS, out of reach of this stack.
// https://docs.aws.amazon.com/ses/latest/dg/creating-identities.html
func (s stage) mailIdentityARN(stack awscdk.Stack) *string {
	identity := s.deployment.MailIdentity
	if identity == "" {
		identity = s.sender()
	}
	return stack.FormatArn(&awscdk.ArnComponents{
		Service: jsii.String("ses"), Resource: jsii.String("identity"), ResourceName: jsii.String(identity),
	})
}

// mayMail lets a function send mails, as the one sender alone.
// https://docs.aws.amazon.com/ses/latest/dg/control-user-access.html
func (s stage) mayMail(stack awscdk.Stack) map[string]any {
	statement := allow([]string{"ses:SendEmail"}, s.mailIdentityARN(stack))
	statement["Condition"] = map[string]any{"StringEquals": map[string]any{"ses:FromAddress": s.sender()}}
	return statement
}
