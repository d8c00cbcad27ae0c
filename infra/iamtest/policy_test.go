package iamtest_test

import (
	"encoding/json"
	"testing"

	"hearth/infra/iamtest"
)

func parse(t *testing.T, document string) iamtest.Policy {
	t.Helper()
	var raw any
	if err := json.Unmarshal([]byte(document), &raw); err != nil {
		t.Fatal(err)
	}
	p, err := iamtest.Parse(one(raw))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

type context = map[string][]string

// The examples of AWS, with what their pages say of them.
func TestPoliciesMeanWhatTheirPagesSay(t *testing.T) {
	t.Parallel()
	policies := map[string]string{
		// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
		"home": `{"Version":"2012-10-17","Statement":[
			{"Effect":"Allow","Action":["s3:ListBucket"],"Resource":["arn:aws:s3:::mybucket"],"Condition":{"StringLike":{"s3:prefix":["${aws:username}/*"]}}},
			{"Effect":"Allow","Action":["s3:GetObject","s3:PutObject"],"Resource":["arn:aws:s3:::mybucket/${aws:username}/*"]}]}`,
		// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
		"tag":  `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"iam:*AccessKey*","Resource":"arn:aws:iam::1:user/*","Condition":{"StringEquals":{"aws:PrincipalTag/job-category":"iamuser-admin"}}}}`,
		"tls":  `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"},{"Effect":"Deny","Action":"s3:*","Resource":["arn:aws:s3:::b","arn:aws:s3:::b/*"],"Condition":{"Bool":{"aws:SecureTransport":"false"}}}]}`,
		"null": `{"Version":"2012-10-17","Statement":{"Action":"s3:*","Effect":"Allow","Resource":"*","Condition":{"Null":{"aws:PrincipalTag/a":"true"}}}}`,
		// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html
		"leading": `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["dynamodb:GetItem","dynamodb:BatchGetItem","dynamodb:Scan"],"Resource":["arn:aws:dynamodb:us-west-2:1:table/GameScores"],"Condition":{"ForAllValues:StringEquals":{"dynamodb:LeadingKeys":["${aws:username}"]}}}]}`,
		// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_multi-value-conditions.html
		"any": `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"dynamodb:PutItem","Resource":"*","Condition":{"ForAnyValue:StringLike":{"dynamodb:LeadingKeys":["ID","Post*"]}}}}`,
		// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html
		"trust": `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"AWS":"arn:aws:iam::1:user/u"},
			"Condition":{"StringLike":{"aws:RequestTag/Project":"*","aws:RequestTag/CostCenter":"*"},"ForAllValues:StringEquals":{"sts:TransitiveTagKeys":["Project"]}}}]}`,
	}
	scores := "arn:aws:dynamodb:us-west-2:1:table/GameScores"
	for name, c := range map[string]struct {
		policy, action, resource string
		context                  context
		want                     bool
	}{
		"own folder":                   {"home", "s3:GetObject", "arn:aws:s3:::mybucket/David/a/b", context{"aws:username": {"David"}}, true},
		"another's folder":             {"home", "s3:GetObject", "arn:aws:s3:::mybucket/Davi/a", context{"aws:username": {"David"}}, false},
		"nobody's folder":              {"home", "s3:GetObject", "arn:aws:s3:::mybucket//a", nil, false},
		"a wildcard as a name":         {"home", "s3:GetObject", "arn:aws:s3:::mybucket/David/a", context{"aws:username": {"*"}}, false},
		"own prefix":                   {"home", "s3:ListBucket", "arn:aws:s3:::mybucket", context{"aws:username": {"David"}, "s3:prefix": {"David/"}}, true},
		"no prefix":                    {"home", "s3:ListBucket", "arn:aws:s3:::mybucket", context{"aws:username": {"David"}}, false},
		"action by wildcard":           {"tag", "iam:CreateAccessKey", "arn:aws:iam::1:user/u", context{"aws:PrincipalTag/job-category": {"iamuser-admin"}}, true},
		"values are case-sensitive":    {"tag", "iam:CreateAccessKey", "arn:aws:iam::1:user/u", context{"aws:PrincipalTag/job-category": {"IAMUser-admin"}}, false},
		"actions are not":              {"tag", "IAM:createaccesskey", "arn:aws:iam::1:user/u", context{"aws:PrincipalTag/job-category": {"iamuser-admin"}}, true},
		"a missing tag":                {"tag", "iam:CreateAccessKey", "arn:aws:iam::1:user/u", nil, false},
		"another action":               {"tag", "iam:CreateUser", "arn:aws:iam::1:user/u", context{"aws:PrincipalTag/job-category": {"iamuser-admin"}}, false},
		"a denial wins":                {"tls", "s3:GetObject", "arn:aws:s3:::b/o", context{"aws:SecureTransport": {"false"}}, false},
		"a denial that does not hold":  {"tls", "s3:GetObject", "arn:aws:s3:::b/o", context{"aws:SecureTransport": {"true"}}, true},
		"absent where absence is good": {"null", "s3:GetObject", "r", nil, true},
		"present where it is not":      {"null", "s3:GetObject", "r", context{"aws:PrincipalTag/a": {"v"}}, false},
		"own item":                     {"leading", "dynamodb:GetItem", scores, context{"aws:username": {"u"}, "dynamodb:LeadingKeys": {"u"}}, true},
		"one of a batch another's":     {"leading", "dynamodb:BatchGetItem", scores, context{"aws:username": {"u"}, "dynamodb:LeadingKeys": {"u", "v"}}, false},
		"a scan names no key":          {"leading", "dynamodb:Scan", scores, context{"aws:username": {"u"}}, true},
		"another table":                {"leading", "dynamodb:GetItem", scores + "2", context{"aws:username": {"u"}, "dynamodb:LeadingKeys": {"u"}}, false},
		"any of several":               {"any", "dynamodb:PutItem", "r", context{"dynamodb:LeadingKeys": {"User", "PostDate"}}, true},
		"any of none":                  {"any", "dynamodb:PutItem", "r", nil, false},
		"trust with all tags":          {"trust", "sts:AssumeRole", "", context{"aws:RequestTag/Project": {"p"}, "aws:RequestTag/CostCenter": {"c"}}, true},
		"trust without a tag":          {"trust", "sts:AssumeRole", "", context{"aws:RequestTag/Project": {"p"}}, false},
		"trust with a transitive tag":  {"trust", "sts:AssumeRole", "", context{"aws:RequestTag/Project": {"p"}, "aws:RequestTag/CostCenter": {"c"}, "sts:TransitiveTagKeys": {"CostCenter"}}, false},
	} {
		got, err := iamtest.Allows(iamtest.Request{
			Action: c.action, Resource: c.resource, Principal: "arn:aws:iam::1:user/u", Context: c.context,
		}, parse(t, policies[c.policy]))
		if err != nil || got != c.want {
			t.Errorf("%s: %v, %v, want %v", name, got, err, c.want)
		}
	}
	stranger := iamtest.Request{Action: "sts:AssumeRole", Principal: "arn:aws:iam::1:user/v", Context: context{"aws:RequestTag/Project": {"p"}, "aws:RequestTag/CostCenter": {"c"}}}
	if got, err := iamtest.Allows(stranger, parse(t, policies["trust"])); got || err != nil {
		t.Errorf("another principal: %v, %v", got, err)
	}
}

func TestWhatIsUnknownIsAnError(t *testing.T) {
	t.Parallel()
	statement := func(rest string) string {
		return `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"a:B"` + rest + `}}`
	}
	for name, document := range map[string]string{
		"operator":                    statement(`,"Resource":"*","Condition":{"StringNotEquals":{"aws:username":"u"}}`),
		"operator with IfExists":      statement(`,"Resource":"*","Condition":{"StringEqualsIfExists":{"aws:username":"u"}}`),
		"set operator":                statement(`,"Resource":"*","Condition":{"ForSome:StringEquals":{"aws:TagKeys":"u"}}`),
		"set operator on one value":   statement(`,"Resource":"*","Condition":{"ForAllValues:StringEquals":{"aws:username":"u"}}`),
		"no set operator on many":     statement(`,"Resource":"*","Condition":{"StringEquals":{"dynamodb:LeadingKeys":"u"}}`),
		"key":                         statement(`,"Resource":"*","Condition":{"StringEquals":{"aws:SourceIp":"u"}}`),
		"variable":                    statement(`,"Resource":"*","Condition":{"StringEquals":{"aws:username":"${aws:userid}"}}`),
		"variable of many values":     statement(`,"Resource":"*","Condition":{"StringEquals":{"aws:username":"${aws:TagKeys}"}}`),
		"variable in a resource":      statement(`,"Resource":"x/${aws:userid}"`),
		"null":                        statement(`,"Resource":"*","Condition":{"Null":{"aws:username":"maybe"}}`),
		"principal":                   statement(`,"Principal":{"Service":"lambda.amazonaws.com"}`),
		"effect":                      `{"Version":"2012-10-17","Statement":[{"Effect":"Perhaps","Action":"a:B","Resource":"*"}]}`,
		"unknown in another's branch": `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"x:Y","Resource":"z","Condition":{"DateLessThan":{"aws:username":"u"}}}]}`,
	} {
		var raw any
		if err := json.Unmarshal([]byte(document), &raw); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		p, err := iamtest.Parse(one(raw))
		if err == nil {
			_, err = iamtest.Allows(iamtest.Request{Action: "a:B", Resource: "r", Principal: "p"}, p)
		}
		if err == nil {
			t.Errorf("an unknown %s was taken", name)
		}
	}
	for name, document := range map[string]any{
		"element": map[string]any{"Version": "2012-10-17", "Statement": []any{map[string]any{"NotAction": "a:B"}}},
		"version": map[string]any{"Version": "2008-10-17", "Statement": []any{}},
	} {
		if _, err := iamtest.Parse(document); err == nil {
			t.Errorf("an unknown %s was taken", name)
		}
	}
}

// one puts a single statement into a list, the form that templates have.
func one(document any) any {
	d, _ := document.(map[string]any)
	if s, ok := d["Statement"].(map[string]any); ok {
		d["Statement"] = []any{s}
	}
	return document
}
