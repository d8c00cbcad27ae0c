package userpool

import (
	"context"
	"slices"
	"strconv"
	"time"

	"hearth/internal/cognito"
)

type describeInput struct {
	UserPoolId string //nolint:revive // Cognito's own spelling, which decoding goes by.
}

type describeOutput struct{ UserPool poolDescription }

// poolDescription is the part of Cognito's UserPoolType by which this pool
// goes. What it does not have (ARN, domain, SMS, tags and the like) is left out.
// https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_UserPoolType.html
type poolDescription struct {
	Id                     string //nolint:revive // Cognito's own spelling.
	Name                   string
	UserPoolTier           string
	Policies               poolPolicies
	SchemaAttributes       []schemaAttribute
	UsernameAttributes     []string
	AutoVerifiedAttributes []string
	MfaConfiguration       cognito.MFAConfiguration
	UsernameConfiguration  struct{ CaseSensitive bool }

	UserAttributeUpdateSettings struct{ AttributesRequireVerificationBeforeUpdate []string }
	AccountRecoverySetting      struct{ RecoveryMechanisms []recoveryMechanism }
	AdminCreateUserConfig       adminCreateConfig
	VerificationMessageTemplate verificationTemplate
	EmailVerificationSubject    string
	EmailVerificationMessage    string
	EstimatedNumberOfUsers      int
}

type poolPolicies struct {
	PasswordPolicy policyDescription
	SignInPolicy   struct{ AllowedFirstAuthFactors []cognito.FirstFactor }
}

type policyDescription struct {
	MinimumLength                 int
	RequireLowercase              bool
	RequireUppercase              bool
	RequireNumbers                bool
	RequireSymbols                bool
	TemporaryPasswordValidityDays int
}

type schemaAttribute struct {
	Name                       string
	AttributeDataType          string
	Mutable                    bool
	Required                   bool
	DeveloperOnlyAttribute     bool
	StringAttributeConstraints *lengthConstraints `json:",omitempty"`
}

type lengthConstraints struct{ MinLength, MaxLength string }

type recoveryMechanism struct {
	Name     string
	Priority int
}

type adminCreateConfig struct {
	AllowAdminCreateUserOnly bool
	InviteMessageTemplate    struct{ EmailSubject, EmailMessage string }
}

type verificationTemplate struct {
	DefaultEmailOption         string
	EmailSubject, EmailMessage string
}

// describeUserPool tells the settings. The number of users, at Cognito an
// estimate, is exact.
func (p *Pool) describeUserPool(_ context.Context, in describeInput) (describeOutput, error) {
	if err := p.checkPool(in.UserPoolId); err != nil {
		return describeOutput{}, err
	}
	s := p.options.Settings
	d := poolDescription{
		Id: p.options.PoolID, Name: p.poolName(), UserPoolTier: "ESSENTIALS", MfaConfiguration: s.MFA,
		SchemaAttributes:       schemaOf(s),
		UsernameAttributes:     []string{cognito.AttributeEmail},
		AutoVerifiedAttributes: []string{cognito.AttributeEmail},
		VerificationMessageTemplate: verificationTemplate{
			DefaultEmailOption: "CONFIRM_WITH_CODE",
			EmailSubject:       s.Mail.VerificationSubject, EmailMessage: s.Mail.VerificationMessage,
		},
		EmailVerificationSubject: s.Mail.VerificationSubject, EmailVerificationMessage: s.Mail.VerificationMessage,
	}
	d.Policies.PasswordPolicy = policyDescription{
		MinimumLength:    s.PasswordPolicy.MinimumLength,
		RequireLowercase: s.PasswordPolicy.RequireLowercase, RequireUppercase: s.PasswordPolicy.RequireUppercase,
		RequireNumbers: s.PasswordPolicy.RequireNumbers, RequireSymbols: s.PasswordPolicy.RequireSymbols,
		TemporaryPasswordValidityDays: int(s.TemporaryPasswordValidity / (24 * time.Hour)),
	}
	d.Policies.SignInPolicy.AllowedFirstAuthFactors = s.FirstFactors
	d.UserAttributeUpdateSettings.AttributesRequireVerificationBeforeUpdate = []string{cognito.AttributeEmail}
	d.AccountRecoverySetting.RecoveryMechanisms = []recoveryMechanism{{Name: "verified_email", Priority: 1}}
	d.AdminCreateUserConfig.InviteMessageTemplate.EmailSubject = s.Mail.InvitationSubject
	d.AdminCreateUserConfig.InviteMessageTemplate.EmailMessage = s.Mail.InvitationMessage
	p.mu.Lock()
	defer p.mu.Unlock()
	d.EstimatedNumberOfUsers = len(p.state.users)
	return describeOutput{d}, nil
}

// schemaOf lists the attributes that the pool uses; Cognito lists its other
// standard attributes besides.
func schemaOf(s cognito.Pool) []schemaAttribute {
	list := []schemaAttribute{
		{Name: cognito.AttributeSub, AttributeDataType: "String", Required: true, StringAttributeConstraints: &lengthConstraints{"1", "2048"}},
		{Name: cognito.AttributeEmailVerified, AttributeDataType: "Boolean", Mutable: true},
	}
	for _, name := range slices.Concat(s.RequiredAttributes, s.OptionalAttributes) {
		list = append(list, schemaAttribute{
			Name: name, AttributeDataType: "String", Mutable: true, Required: slices.Contains(s.RequiredAttributes, name),
			StringAttributeConstraints: &lengthConstraints{"0", strconv.Itoa(maxAttribute)},
		})
	}
	return list
}
