package main

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsapigatewayv2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/jsii-runtime-go"

	"hearth/internal/account"
	"hearth/internal/cognito"
	"hearth/internal/httpapi"
	"hearth/internal/product"
)

// preflightCache is how long a browser may remember the answer to a preflight;
// none remembers longer than two hours.
const preflightCache = time.Hour

// newAPI adds the HTTP API with one route for each row of product.Routes.
func newAPI(stack awscdk.Stack, s stage, pool userPool, built map[string]builtFunction) (awsapigatewayv2.CfnApi, error) {
	api := awsapigatewayv2.NewCfnApi(stack, jsii.String("Api"), &awsapigatewayv2.CfnApiProps{
		Name:              stack.StackName(),
		Description:       jsii.String("Hearth, stage " + s.name),
		ProtocolType:      jsii.String("HTTP"),
		CorsConfiguration: cors(s.config),
	})
	// API Gateway checks signature, issuer, times and audience (`client_id` in
	// an access token), and with a scope on the route that it is no ID token.
	// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html
	authorizer := awsapigatewayv2.NewCfnAuthorizer(stack, jsii.String("Authorizer"), &awsapigatewayv2.CfnAuthorizerProps{
		ApiId:          api.Ref(),
		Name:           jsii.String("user-pool"),
		AuthorizerType: jsii.String("JWT"),
		IdentitySource: jsii.Strings("$request.header.Authorization"),
		JwtConfiguration: &awsapigatewayv2.CfnAuthorizer_JWTConfigurationProperty{
			Issuer: pool.issuer(), Audience: &[]*string{pool.web.Ref()},
		},
	})
	integrations := map[httpapi.Function]awsapigatewayv2.CfnIntegration{}
	for _, route := range product.Routes() {
		if _, ok := integrations[route.Function]; !ok {
			target, ok := built[string(route.Function)]
			if !ok {
				return nil, fmt.Errorf("route %s: function %s is not in infra/functions.go", route.Key(), route.Function)
			}
			integrations[route.Function] = integrate(stack, api, route.Function, target)
		}
		addRoute(stack, api, route, integrations[route.Function], authorizer)
	}
	if err := newDefaultStage(stack, s, api); err != nil {
		return nil, err
	}
	return api, nil
}

func cors(config account.Config) *awsapigatewayv2.CfnApi_CorsProperty {
	if len(config.CORSOrigins) == 0 {
		return nil
	}
	return &awsapigatewayv2.CfnApi_CorsProperty{
		AllowOrigins:  jsii.Strings(config.CORSOrigins...),
		AllowMethods:  jsii.Strings(httpapi.CORSAllowMethods...),
		AllowHeaders:  jsii.Strings(httpapi.CORSAllowHeaders...),
		ExposeHeaders: jsii.Strings(httpapi.CORSExposeHeaders...),
		MaxAge:        jsii.Number(preflightCache.Seconds()),
	}
}

// integrate lets the API call a function. One permission for all of a
// function's routes: with one for each, its resource policy would reach the
// 20 KB that Lambda allows.
// https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
func integrate(stack awscdk.Stack, api awsapigatewayv2.CfnApi, name httpapi.Function, target builtFunction) awsapigatewayv2.CfnIntegration {
	id := pascal(string(name))
	awslambda.NewCfnPermission(stack, jsii.String(id+"Permission"), &awslambda.CfnPermissionProps{
		Action:       jsii.String("lambda:InvokeFunction"),
		FunctionName: target.function.AttrArn(),
		Principal:    jsii.String("apigateway.amazonaws.com"),
		SourceArn: stack.FormatArn(&awscdk.ArnComponents{
			Service: jsii.String("execute-api"), Resource: api.Ref(), ResourceName: jsii.String("*/*"),
		}),
	})
	return awsapigatewayv2.NewCfnIntegration(stack, jsii.String(id+"Integration"), &awsapigatewayv2.CfnIntegrationProps{
		ApiId:                api.Ref(),
		IntegrationType:      jsii.String("AWS_PROXY"),
		IntegrationUri:       target.function.AttrArn(),
		PayloadFormatVersion: jsii.String("2.0"),
	})
}

// addRoute adds one route. Every route but the open ones wants an access token
// of the web client.
func addRoute(stack awscdk.Stack, api awsapigatewayv2.CfnApi, route httpapi.Route,
	integration awsapigatewayv2.CfnIntegration, authorizer awsapigatewayv2.CfnAuthorizer,
) {
	props := &awsapigatewayv2.CfnRouteProps{
		ApiId:             api.Ref(),
		RouteKey:          jsii.String(route.Key()),
		OperationName:     jsii.String(route.Name),
		Target:            awscdk.Fn_Join(jsii.String("/"), &[]*string{jsii.String("integrations"), integration.Ref()}),
		AuthorizationType: jsii.String("NONE"),
	}
	if !route.Open {
		props.AuthorizationType = jsii.String("JWT")
		props.AuthorizerId = authorizer.Ref()
		props.AuthorizationScopes = jsii.Strings(cognito.Scope)
	}
	awsapigatewayv2.NewCfnRoute(stack, jsii.String(pascal(route.Name)+"Route"), props)
}

// accessLogFields are what the access log says of a request. A path would name
// people and organizations, a query could hold anything, an address is personal
// data, and the authorizer's error can quote a token's claims: none of them is
// here. The function's own log has the same request id.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-logging-variables.html
var accessLogFields = map[string]string{
	"requestId":          "$context.requestId",
	"time":               "$context.requestTime",
	"route":              "$context.routeKey",
	"status":             "$context.status",
	"responseLength":     "$context.responseLength",
	"latency":            "$context.responseLatency",
	"integrationLatency": "$context.integrationLatency",
	"integrationStatus":  "$context.integrationStatus",
	"errorType":          "$context.error.responseType",
}

// newDefaultStage serves the API at its root, and each change of it at once.
func newDefaultStage(stack awscdk.Stack, s stage, api awsapigatewayv2.CfnApi) error {
	format, err := json.Marshal(accessLogFields)
	if err != nil {
		return fmt.Errorf("access log: %w", err)
	}
	// API Gateway adds each log group that it writes to a resource policy of
	// limited size, but those below /aws/vendedlogs/ need no entry of their own.
	// https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/AWS-logs-and-resource-policy.html
	logs := newLogGroup(stack, s, "AccessLogs", awscdk.Fn_Sub(jsii.String("/aws/vendedlogs/${AWS::StackName}/api"), nil))
	awsapigatewayv2.NewCfnStage(stack, jsii.String("ApiStage"), &awsapigatewayv2.CfnStageProps{
		ApiId:      api.Ref(),
		StageName:  jsii.String("$default"),
		AutoDeploy: jsii.Bool(true),
		AccessLogSettings: &awsapigatewayv2.CfnStage_AccessLogSettingsProperty{
			DestinationArn: logs.AttrArn(), Format: jsii.String(string(format)),
		},
		DefaultRouteSettings: &awsapigatewayv2.CfnStage_RouteSettingsProperty{
			ThrottlingRateLimit:  jsii.Number(s.deployment.RequestsPerSecond),
			ThrottlingBurstLimit: jsii.Number(s.deployment.RequestBurst),
		},
	})
	return nil
}
