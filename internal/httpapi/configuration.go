package httpapi

import "context"

// PublicConfig is what GET /config tells a web client, so that one build of it
// serves every stage. It is fixed when a function starts.
type PublicConfig struct {
	Region     string `json:"region" doc:"The AWS region of the user pool." example:"eu-central-1"`
	UserPoolID string `json:"userPoolId" doc:"The Cognito user pool." example:"eu-central-1_AbCdEfGhI"`
	ClientID   string `json:"clientId" doc:"The pool's web client."`
	// CognitoEndpoint is missing on AWS, where clients know it by the region.
	CognitoEndpoint string         `json:"cognitoEndpoint,omitempty" doc:"Where Cognito is, if not where the region says."`
	AccountMode     string         `json:"accountMode" enum:"hybrid,personal-only,organizations-only" doc:"Which accounts the product offers."`
	Languages       []string       `json:"languages" nullable:"false" doc:"BCP 47 tags to choose from; the first is the default."`
	PasswordPolicy  PasswordPolicy `json:"passwordPolicy" doc:"What the pool asks of a new password."`
}

// PasswordPolicy is what the pool asks of a new password.
type PasswordPolicy struct {
	MinimumLength    int  `json:"minimumLength" minimum:"6" maximum:"99"`
	RequireLowercase bool `json:"requireLowercase"`
	RequireUppercase bool `json:"requireUppercase"`
	RequireNumbers   bool `json:"requireNumbers"`
	RequireSymbols   bool `json:"requireSymbols"`
}

type configOutput struct {
	CacheControl string `header:"Cache-Control"`
	Body         PublicConfig
}

func registerConfig(a *API, config PublicConfig) {
	HandleOpen(a, getConfig, func(context.Context, *struct{}) (*configOutput, error) {
		return &configOutput{CacheControl: "public, max-age=300", Body: config}, nil
	})
}
