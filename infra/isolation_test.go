package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"hearth/infra/iamtest"
	"hearth/internal/dynamo"
	"hearth/internal/sts"
)

// wantDataGrants are the grants of what reaches account data.
func wantDataGrants(isolation bool) map[string][]string {
	table := attribute("Table", "Arn")
	own := []string{logging("Projects"), grant(table, "dynamodb:BatchGetItem") + onKeys("StringLike", "USER#*", "ORG#*")}
	items := grant(table, "dynamodb:BatchGetItem", "dynamodb:ConditionCheckItem", "dynamodb:DeleteItem", "dynamodb:PutItem", "dynamodb:Query")
	checks := grant(table, "dynamodb:ConditionCheckItem")
	if !isolation {
		return map[string][]string{"Projects": append(own, items+onKeys("StringLike", "DATA#*"), checks+onKeys("StringLike", "USER#*"))}
	}
	return map[string][]string{
		"Projects": append(own, grant(attribute("ProjectsDataRole", "Arn"), assuming...)),
		"ProjectsData": {
			items + onKeys("StringEquals", "DATA#${aws:PrincipalTag/account}"),
			checks + onKeys("StringEquals", "USER#${aws:PrincipalTag/user}"),
		},
	}
}

// onKeys is the condition of a grant that is bound to partition keys.
func onKeys(operator string, keys ...string) string {
	return ` if {"ForAllValues:` + operator + `":{"dynamodb:LeadingKeys":["` + strings.Join(keys, `","`) + `"]},"Null":{"dynamodb:LeadingKeys":"false"}}`
}

// dataTrust is who may assume the role for one account's data, and with what.
var dataTrust = `{"Statement":[{"Action":["sts:AssumeRole","sts:TagSession"],"Condition":{` +
	`"ForAllValues:StringEquals":{"aws:TagKeys":["account","user"]},"Null":{"sts:TransitiveTagKeys":"true"},` +
	`"StringLike":{"aws:RequestTag/account":"?*","aws:RequestTag/user":"?*"}},` +
	`"Effect":"Allow","Principal":{"AWS":` + attribute("ProjectsRole", "Arn") + `}}],"Version":"2012-10-17"}`

// roles are the policies of a template that decide on account data.
type roles struct {
	// own is the projects function's role; data and trust are the role for one
	// account's data, and who may assume it.
	own, data, trust []iamtest.Policy
}

// roleOf is what a role of a template says.
type roleOf struct {
	Description              string
	AssumeRolePolicyDocument any
	MaxSessionDuration       int
	Policies                 []struct{ PolicyName, PolicyDocument any }
}

// readRoles finds the policies, without which a test proves nothing.
func readRoles(t *testing.T, synthesized template) roles {
	t.Helper()
	r := roles{own: policiesOf(t, synthesized, "ProjectsRole"), data: policiesOf(t, synthesized, "ProjectsDataRole")}
	if data, found := synthesized.Resources["ProjectsDataRole"]; found {
		r.trust = append(r.trust, parsePolicy(t, decode[roleOf](t, data.Properties).AssumeRolePolicyDocument))
	}
	return r
}

// policiesOf are those of a role: its own, and those that are attached to it;
// none where there is no such role.
func policiesOf(t *testing.T, synthesized template, id string) (all []iamtest.Policy) {
	t.Helper()
	if r, found := synthesized.Resources[id]; found {
		for _, inline := range decode[roleOf](t, r.Properties).Policies {
			all = append(all, parsePolicy(t, inline.PolicyDocument))
		}
	}
	for _, attached := range synthesized.ofType("AWS::IAM::Policy") {
		p := decode[struct {
			PolicyName, PolicyDocument any
			Roles                      []struct{ Ref string }
		}](t, attached.Properties)
		for _, to := range p.Roles {
			if to.Ref == id {
				all = append(all, parsePolicy(t, p.PolicyDocument))
			}
		}
	}
	return all
}

func parsePolicy(t *testing.T, document any) iamtest.Policy {
	t.Helper()
	p, err := iamtest.Parse(document)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// tagged is the context of a session's requests, without the tags that are empty.
func tagged(prefix, accountID, userID string) map[string][]string {
	context := map[string][]string{}
	for tag, value := range map[string]string{sts.AccountTag: accountID, sts.UserTag: userID} {
		if value != "" {
			context[prefix+tag] = []string{value}
		}
	}
	return context
}

// judge collects what policies decide otherwise than they should.
type judge struct{ wrong []string }

func (j *judge) wants(want bool, what string, r iamtest.Request, policies []iamtest.Policy) {
	got, err := iamtest.Allows(r, policies...)
	if err != nil || got != want {
		j.wrong = append(j.wrong, fmt.Sprintf("%s: %s on %v: allowed %v, want %v (%v)", what, r.Action, r.Context["dynamodb:LeadingKeys"], got, want, err))
	}
}

func onItems(a asked, accountID, userID string) iamtest.Request {
	context := tagged("aws:PrincipalTag/", accountID, userID)
	if len(a.LeadingKeys) > 0 {
		context["dynamodb:LeadingKeys"] = a.LeadingKeys
	}
	resource := attribute("Table", "Arn")
	if a.Index != "" {
		resource = `{"Fn::Join":["/",[` + resource + `,"index/` + a.Index + `"]]}`
	}
	return iamtest.Request{Action: "dynamodb:" + a.Name, Resource: resource, Context: context}
}

// violations is what is wrong with the roles, held against what the code asked
// for and against what it must never get.
func (r roles) violations(all []asked) []string {
	var j judge
	for _, a := range all {
		if a.accountID == "" { // with the function's own credentials
			j.wants(true, "authorizing", onItems(a, "", ""), r.own)
			continue
		}
		ofUser := strings.HasPrefix(a.LeadingKeys[0], dynamo.UserPartition(""))
		j.wants(true, "for the account", onItems(a, a.accountID, a.userID), r.data)
		j.wants(ofUser, "for another account", onItems(a, "other", a.userID), r.data)
		j.wants(!ofUser, "for another user", onItems(a, a.accountID, "other"), r.data)
		j.wants(false, "for an account whose id begins as this one's", onItems(a, a.accountID[:4], a.userID[:4]), r.data)
		j.wants(false, "for one whose id goes on", onItems(a, a.accountID+"0", a.userID+"0"), r.data)
		j.wants(false, "for every account", onItems(a, "*", "*"), r.data)
		j.wants(false, "without tags", onItems(a, "", ""), r.data)
		j.wants(false, "with the function's own credentials", onItems(a, "", ""), r.own)
	}
	r.neverAllowed(&j)
	r.assumed(&j)
	return j.wrong
}

// neverAllowed holds what no code asks for.
func (r roles) neverAllowed(j *judge) {
	items := []string{"GetItem", "BatchGetItem", "Query", "PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "ConditionCheckItem", "Scan", "PartiQLSelect"}
	for _, name := range items {
		for _, keys := range [][]string{
			nil,
			{dynamo.UserPartition("u")},
			{dynamo.OrganizationPartition("a")},
			{dynamo.UserPartition("a")},
			{"DATA#"},
			{"DATA#a1"},
			{"DATA#b"},
			{dynamo.DataPartition("a"), dynamo.DataPartition("b")},
			{dynamo.DataPartition("a"), dynamo.UserPartition("u")},
		} {
			a := asked{}
			a.Name, a.LeadingKeys = name, keys
			onlyChecks := name == "ConditionCheckItem" && slices.Equal(keys, []string{dynamo.UserPartition("u")})
			j.wants(onlyChecks, "what is not the account's", onItems(a, "a", "u"), r.data)
			a.Index = dynamo.IndexName
			j.wants(false, "by the index", onItems(a, "a", "u"), r.data)
			a.Index = ""
			authorizes := name == "BatchGetItem" && len(keys) == 1 && !strings.HasPrefix(keys[0], "DATA#")
			j.wants(authorizes, "with the function's own credentials", onItems(a, "", ""), r.own)
		}
	}
	for _, name := range []string{"Scan", "UpdateItem", "GetItem", "BatchWriteItem"} {
		a := asked{}
		a.Name, a.LeadingKeys = name, []string{dynamo.DataPartition("a")}
		j.wants(false, "what the code does not use", onItems(a, "a", "u"), r.data)
	}
}

var assuming = []string{"sts:AssumeRole", "sts:TagSession"}

// assumed holds who may take a session, and with which tags.
func (r roles) assumed(j *judge) {
	function := attribute("ProjectsRole", "Arn")
	for _, action := range assuming {
		j.wants(true, "a session", iamtest.Request{Action: action, Resource: attribute("ProjectsDataRole", "Arn")}, r.own)
		j.wants(false, "a session of another role", iamtest.Request{Action: action, Resource: attribute("ProfileRole", "Arn")}, r.own)
	}
	for what, c := range map[string]struct {
		principal, account, user string
		more                     map[string][]string
		want                     bool
	}{
		"with both tags":         {function, "a", "u", nil, true},
		"without the account":    {function, "", "u", nil, false},
		"without the user":       {function, "a", "", nil, false},
		"with neither":           {function, "", "", nil, false},
		"with a third":           {function, "a", "u", map[string][]string{"aws:TagKeys": {"account", "user", "role"}}, false},
		"with a transitive one":  {function, "a", "u", map[string][]string{"sts:TransitiveTagKeys": {"account"}}, false},
		"with an empty one":      {function, "a", "u", map[string][]string{"aws:RequestTag/account": {""}}, false},
		"by another function":    {attribute("ProfileRole", "Arn"), "a", "u", nil, false},
		"by a session of itself": {attribute("ProjectsDataRole", "Arn"), "a", "u", nil, false},
	} {
		context := tagged("aws:RequestTag/", c.account, c.user)
		var keys []string
		for key := range context {
			keys = append(keys, strings.TrimPrefix(key, "aws:RequestTag/"))
		}
		context["aws:TagKeys"] = keys
		maps.Copy(context, c.more)
		for _, action := range assuming {
			j.wants(c.want, "a session "+what, iamtest.Request{Action: action, Principal: c.principal, Context: context}, r.trust)
		}
	}
}
