package main

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hearth/internal/cognito"
	"hearth/internal/httpapi"
	"hearth/internal/product"
)

type routeProperties struct {
	ApiId, AuthorizerId, Target any //nolint:revive // CloudFormation's spelling
	RouteKey, AuthorizationType string
	OperationName               string
	AuthorizationScopes         []string
}

func TestRoutesAreThoseOfTheCode(t *testing.T) {
	t.Parallel()
	type route struct {
		Function      string
		Authorization string
		Authorizer    string
		Scopes        []string
	}
	want := map[string]route{}
	for _, r := range product.Routes() {
		function := attribute(pascal(string(r.Function))+"Function", "Arn")
		if r.Open {
			want[r.Key()] = route{Function: function, Authorization: "NONE"}
			continue
		}
		want[r.Key()] = route{
			Function: function, Authorization: "JWT",
			Authorizer: ref("Authorizer"), Scopes: []string{cognito.Scope},
		}
	}
	if len(want) != len(product.Routes()) {
		t.Fatal("two rows of product.Routes have the same method and path")
	}
	for name, synthesized := range stages(t) {
		got := map[string]route{}
		for id, r := range synthesized.ofType("AWS::ApiGatewayV2::Route") {
			p := decode[routeProperties](t, r.Properties)
			if _, twice := got[p.RouteKey]; twice {
				t.Errorf("%s: route %s is there twice", name, p.RouteKey)
			}
			row := route{
				Function:      integrationTarget(t, synthesized, p.Target),
				Authorization: p.AuthorizationType, Scopes: p.AuthorizationScopes,
			}
			if p.AuthorizerId != nil {
				row.Authorizer = text(t, p.AuthorizerId)
			}
			if text(t, p.ApiId) != ref("Api") {
				t.Errorf("%s: %s belongs to %s", name, id, text(t, p.ApiId))
			}
			got[p.RouteKey] = row
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: routes (-code +template):\n%s", name, diff)
		}
	}
}

// integrationTarget follows a route's target to the function behind it.
func integrationTarget(t *testing.T, synthesized template, target any) string {
	t.Helper()
	joined := decode[struct {
		Join []any `json:"Fn::Join"`
	}](t, target)
	if len(joined.Join) != 2 {
		t.Fatalf("target %s", text(t, target))
	}
	parts, _ := joined.Join[1].([]any)
	if text(t, joined.Join[0]) != "/" || len(parts) != 2 || text(t, parts[0]) != "integrations" {
		t.Fatalf("target %s", text(t, target))
	}
	id := decode[struct{ Ref string }](t, parts[1]).Ref
	integration := decode[struct {
		ApiId, IntegrationUri                 any //nolint:revive // CloudFormation's spelling
		IntegrationType, PayloadFormatVersion string
	}](t, synthesized.Resources[id].Properties)
	if integration.IntegrationType != "AWS_PROXY" || integration.PayloadFormatVersion != "2.0" {
		t.Errorf("%s is %s with payload %s", id, integration.IntegrationType, integration.PayloadFormatVersion)
	}
	return text(t, integration.IntegrationUri)
}

func TestOnlyTheWebClientsTokensOpenTheAPI(t *testing.T) {
	t.Parallel()
	for name, synthesized := range stages(t) {
		authorizers := synthesized.ofType("AWS::ApiGatewayV2::Authorizer")
		if got := slices.Collect(maps.Keys(authorizers)); !slices.Equal(got, []string{"Authorizer"}) {
			t.Errorf("%s: authorizers %v, want one", name, got)
		}
		want := map[string]any{
			"ApiId": map[string]any{"Ref": "Api"}, "Name": "user-pool", "AuthorizerType": "JWT",
			"IdentitySource": []any{"$request.header.Authorization"},
			"JwtConfiguration": map[string]any{
				"Audience": []any{map[string]any{"Ref": "WebClient"}},
				"Issuer":   map[string]any{"Fn::Sub": "https://cognito-idp.${AWS::Region}.amazonaws.com/${UserPool}"},
			},
		}
		if diff := cmp.Diff(want, authorizers["Authorizer"].Properties); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestCORSIsThatOfTheCodeAndTheStage(t *testing.T) {
	t.Parallel()
	for name, synthesized := range stages(t) {
		type cors struct {
			AllowOrigins, AllowMethods, AllowHeaders, ExposeHeaders []string
			MaxAge                                                  int
			AllowCredentials                                        bool
		}
		got := decode[struct {
			Name, Description, ProtocolType string
			CorsConfiguration               cors
		}](t, synthesized.Resources["Api"].Properties)
		want := cors{
			AllowOrigins: stageOf(t, name).config.CORSOrigins, AllowMethods: httpapi.CORSAllowMethods,
			AllowHeaders: httpapi.CORSAllowHeaders, ExposeHeaders: httpapi.CORSExposeHeaders, MaxAge: 3600,
		}
		if diff := cmp.Diff(want, got.CorsConfiguration); diff != "" {
			t.Errorf("%s: CORS (-code +template):\n%s", name, diff)
		}
		for _, route := range product.Routes() {
			if !slices.Contains(got.CorsConfiguration.AllowMethods, route.Method) {
				t.Errorf("%s: browsers may not send %s", name, route.Key())
			}
		}
	}
}

func TestDefaultStage(t *testing.T) {
	t.Parallel()
	for name, synthesized := range stages(t) {
		if n := len(synthesized.ofType("AWS::ApiGatewayV2::Stage")); n != 1 {
			t.Errorf("%s: %d stages of the API, want one", name, n)
		}
		got := decode[struct {
			ApiId                any //nolint:revive // CloudFormation's spelling
			StageName            string
			AutoDeploy           bool
			AccessLogSettings    struct{ DestinationArn, Format any }
			DefaultRouteSettings struct{ ThrottlingRateLimit, ThrottlingBurstLimit int }
		}](t, synthesized.Resources["ApiStage"].Properties)
		if got.StageName != "$default" || !got.AutoDeploy {
			t.Errorf("%s: stage %s, deployed by itself %v", name, got.StageName, got.AutoDeploy)
		}
		want := stageOf(t, name).deployment
		if got.DefaultRouteSettings.ThrottlingRateLimit != want.RequestsPerSecond ||
			got.DefaultRouteSettings.ThrottlingBurstLimit != want.RequestBurst {
			t.Errorf("%s: limits %+v, want %d and %d", name, got.DefaultRouteSettings, want.RequestsPerSecond, want.RequestBurst)
		}
		if destination := text(t, got.AccessLogSettings.DestinationArn); destination != attribute("AccessLogs", "Arn") {
			t.Errorf("%s: access log goes to %s", name, destination)
		}
		for field, variable := range decode[map[string]string](t, parse(t, text(t, got.AccessLogSettings.Format))) {
			for _, personal := range []string{"path", "query", "identity", "authorizer", "requestOverride", "header", "rawPath"} {
				if strings.Contains(strings.ToLower(variable), strings.ToLower(personal)) {
					t.Errorf("%s: the access log's %s is %s, which can hold personal data or secrets", name, field, variable)
				}
			}
		}
	}
}
