package main

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"hearth/internal/dynamo"
)

// useEveryRoute calls every route of projects in a personal and a team account
// and checks that it takes one call that authorizes and one more, warm
// credentials or not; a change reads before it writes.
func (w *wired) useEveryRoute(t *testing.T) {
	t.Helper()
	userID, teamID := w.enroll(t)
	for _, accountID := range []string{userID, teamID} {
		calls := func(operations []string, want ...string) {
			t.Helper()
			if !slices.Equal(operations, append([]string{"BatchGetItem"}, want...)) {
				t.Errorf("calls: %v", operations)
			}
		}
		made, operations := w.call(t, userID, accountID, http.MethodPost, "/projects", `{"name":"A"}`, http.StatusCreated)
		calls(operations, "TransactWriteItems")
		id, _ := made["id"].(string)
		for range 2 {
			_, operations = w.call(t, userID, accountID, http.MethodGet, "/projects", "", http.StatusOK)
			calls(operations, "Query")
		}
		_, operations = w.call(t, userID, accountID, http.MethodGet, "/projects/"+id, "", http.StatusOK)
		calls(operations, "BatchGetItem")
		_, operations = w.call(t, userID, accountID, http.MethodPatch, "/projects/"+id, `{"name":"B"}`, http.StatusOK)
		if len(operations) > 3 || operations[len(operations)-1] != "TransactWriteItems" { // it reads what it changes
			t.Errorf("calls of a change: %v", operations)
		}
		_, operations = w.call(t, userID, accountID, http.MethodDelete, "/projects/"+id, "", http.StatusNoContent)
		calls(operations, "TransactWriteItems")
	}
}

// What the function really asks for is allowed for the account that it asks for,
// and for no other, by the policies of the template; and policies that are
// weaker in any way are found to be.
func TestPoliciesKeepAccountsApart(t *testing.T) {
	t.Parallel()
	synthesized := of(t, dev)
	if !stageOf(t, "dev").config.Isolation {
		t.Fatal("the stage dev has no isolation")
	}
	w := wire(t, true)
	w.useEveryRoute(t)
	if w.assumed != 2 {
		t.Errorf("%d sessions for one user in two accounts, want 2", w.assumed)
	}
	for _, wrong := range readRoles(t, synthesized).violations(w.all) {
		t.Error(wrong)
	}
	used := map[string]bool{}
	for _, a := range w.all {
		if a.accountID == "" {
			continue
		}
		if slices.ContainsFunc(a.LeadingKeys, func(key string) bool { return key == dynamo.DataPartition(a.accountID) }) {
			used[a.Name] = true
		}
	}
	for _, granted := range dynamo.DataActions {
		if !used[granted] {
			t.Errorf("%s is granted, and not used by any route", granted)
		}
	}
	for name, mutate := range mutations {
		changed := strings.Clone(string(encode(t, synthesized.Resources)))
		weaker := mutate(changed)
		if weaker == changed {
			t.Errorf("%s: changes nothing", name)
			continue
		}
		mutant := template{}
		if err := json.Unmarshal([]byte(weaker), &mutant.Resources); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		found := readRoles(t, mutant).violations(w.all)
		if len(found) == 0 {
			t.Errorf("%s is not caught", name)
		} else {
			t.Logf("%s: caught by %d, such as: %s", name, len(found), found[0])
		}
	}
}

// mutations make the policies of a template weaker, or otherwise than they must
// be, in its JSON.
var mutations = map[string]func(string) string{
	"no Null on the account's keys": without(`"Null":{"dynamodb:LeadingKeys":"false"}`, "DATA#$"),
	"no Null on the user's keys":    without(`"Null":{"dynamodb:LeadingKeys":"false"}`, "USER#$"),
	"no Null on the own role":       without(`"Null":{"dynamodb:LeadingKeys":"false"}`, `"ORG#*"`),
	"a prefix wildcard": all(
		replace(`"DATA#${aws:PrincipalTag/account}"`, `"DATA#${aws:PrincipalTag/account}*"`),
		replace(`{"ForAllValues:StringEquals":{"dynamodb:LeadingKeys":["DATA#`, `{"ForAllValues:StringLike":{"dynamodb:LeadingKeys":["DATA#`)),
	"any account":                      all(replace(`"DATA#${aws:PrincipalTag/account}"`, `"DATA#*"`), replace(`{"ForAllValues:StringEquals":{"dynamodb:LeadingKeys":["DATA#`, `{"ForAllValues:StringLike":{"dynamodb:LeadingKeys":["DATA#`)),
	"any of the keys":                  replace(`"ForAllValues:StringEquals":{"dynamodb:LeadingKeys":["DATA#`, `"ForAnyValue:StringEquals":{"dynamodb:LeadingKeys":["DATA#`),
	"the wrong tag":                    replace(`"DATA#${aws:PrincipalTag/account}"`, `"DATA#${aws:PrincipalTag/user}"`),
	"an unknown variable":              replace(`"DATA#${aws:PrincipalTag/account}"`, `"DATA#${aws:userid}"`),
	"an unknown operator":              replace(`"ForAllValues:StringEquals":{"dynamodb:LeadingKeys":["USER#`, `"ForAllValues:StringEqualsIgnoreCase":{"dynamodb:LeadingKeys":["USER#`),
	"Scan added":                       addAction(`"dynamodb:Query"`, "DATA#$", `"dynamodb:Scan"`),
	"UpdateItem added":                 addAction(`"dynamodb:Query"`, "DATA#$", `"dynamodb:UpdateItem"`),
	"Query taken away":                 addAction(`"dynamodb:Query"`, "DATA#$", `"dynamodb:Query2"`),
	"the user's records may be put":    userActions(`["dynamodb:ConditionCheckItem","dynamodb:PutItem"]`),
	"the user's records may be read":   userActions(`["dynamodb:ConditionCheckItem","dynamodb:BatchGetItem"]`),
	"the own role reaches data":        replace(`["USER#*","ORG#*"]`, `["USER#*","ORG#*","DATA#*"]`),
	"the own role reaches everything":  replace(`["USER#*","ORG#*"]`, `["*"]`),
	"the account tag is not wanted":    replace(`"aws:RequestTag/account":"?*",`, ``),
	"the user tag is not wanted":       replace(`,"aws:RequestTag/user":"?*"`, ``),
	"empty tags are good":              replace(`"aws:RequestTag/account":"?*"`, `"aws:RequestTag/account":"*"`),
	"other tags are good":              replace(`"ForAllValues:StringEquals":{"aws:TagKeys":["account","user"]},`, ``),
	"transitive tags are good":         replace(`"Null":{"sts:TransitiveTagKeys":"true"},`, ``),
	"another function may assume":      replace(`"Principal":{"AWS":{"Fn::GetAtt":["ProjectsRole","Arn"]}}`, `"Principal":{"AWS":{"Fn::GetAtt":["ProfileRole","Arn"]}}`),
	"TagSession is not trusted":        replace(`{"Action":["sts:AssumeRole","sts:TagSession"],"Condition"`, `{"Action":["sts:AssumeRole"],"Condition"`),
	"the function may assume any role": replace(`"Effect":"Allow","Resource":{"Fn::GetAtt":["ProjectsDataRole","Arn"]}`, `"Effect":"Allow","Resource":"*"`),
}

func replace(before, after string) func(string) string {
	return func(s string) string { return strings.ReplaceAll(s, before, after) }
}

func all(changes ...func(string) string) func(string) string {
	return func(s string) string {
		for _, change := range changes {
			s = change(s)
		}
		return s
	}
}

// near changes the occurrence of a text that stands closest to another one.
func near(s, before, after, mark string) string {
	at := strings.Index(s, mark)
	if at < 0 {
		return s
	}
	behind := strings.Index(s[at:], before)
	ahead := strings.LastIndex(s[:at], before)
	if behind >= 0 && (ahead < 0 || behind < at-ahead) {
		return s[:at+behind] + after + s[at+behind+len(before):]
	}
	if ahead < 0 {
		return s
	}
	return s[:ahead] + after + s[ahead+len(before):]
}

func without(condition, mark string) func(string) string {
	return func(s string) string { return near(s, ","+condition, "", mark) }
}

func addAction(action, mark, added string) func(string) string {
	return func(s string) string {
		if strings.HasSuffix(added, `2"`) {
			return near(s, action, added, mark)
		}
		return near(s, action, action+","+added, mark)
	}
}

func userActions(actions string) func(string) string {
	return func(s string) string {
		for _, before := range []string{`["dynamodb:ConditionCheckItem"]`, `"Action":"dynamodb:ConditionCheckItem"`} {
			after := actions
			if strings.HasPrefix(before, `"Action"`) {
				after = `"Action":` + actions
			}
			if changed := near(s, before, after, "USER#$"); changed != s {
				return changed
			}
		}
		return s
	}
}

// Without isolation the function's own role does all of it, and still reaches
// nothing of the control plane but to authorize.
func TestWithoutIsolationTheControlPlaneIsOutOfReach(t *testing.T) {
	t.Parallel()
	if stageOf(t, "prod").config.Isolation {
		t.Fatal("the stage prod has isolation: this test wants one without")
	}
	r := readRoles(t, of(t, prod))
	if r.data != nil || r.trust != nil {
		t.Error("there is a role for sessions that nobody takes")
	}
	w := wire(t, false)
	w.useEveryRoute(t)
	if w.assumed != 0 {
		t.Errorf("%d sessions", w.assumed)
	}
	var j judge
	for _, a := range w.all {
		j.wants(true, "what the function asks for", onItems(a, "", ""), r.own)
	}
	for _, name := range []string{"PutItem", "UpdateItem", "DeleteItem", "Scan", "Query", "BatchWriteItem"} {
		for _, keys := range [][]string{nil, {dynamo.UserPartition("u")}, {dynamo.OrganizationPartition("a")}, {dynamo.UserPartition("u"), dynamo.DataPartition("a")}} {
			a := asked{}
			a.Name, a.LeadingKeys = name, keys
			j.wants(false, "the control plane", onItems(a, "", ""), r.own)
		}
	}
	for _, wrong := range j.wrong {
		t.Error(wrong)
	}
}
