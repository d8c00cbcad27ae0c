package dynamodb_test

import (
	"context"
	"errors"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	awssts "github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"

	"hearth/internal/dynamo"
	"hearth/internal/dynamo/dynamotest"
	gate "hearth/internal/local/dynamodb"
	localsts "hearth/internal/local/sts"
	"hearth/internal/sts"
)

func TestMain(m *testing.M) { dynamotest.Main(m) }

const region = "eu-central-1"

// gated is a table behind a gate, and how to come to it.
type gated struct {
	endpoint, table string
	vendor          *sts.Vendor
	now             *time.Time
}

func open(t *testing.T) gated {
	t.Helper()
	now := time.Now()
	roles, err := localsts.New(localsts.Options{Region: region, Role: "data", Tags: []string{sts.AccountTag, sts.UserTag}, Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	engine, err := url.Parse(dynamotest.Endpoint(t))
	if err != nil {
		t.Fatal(err)
	}
	before := httptest.NewServer(gate.New(gate.Options{Engine: engine, Region: region, Sessions: roles}))
	t.Cleanup(before.Close)
	of := httptest.NewServer(roles)
	t.Cleanup(of.Close)
	client := sts.NewClient(awssts.Options{Region: region, BaseEndpoint: &of.URL, Credentials: static(aws.Credentials{AccessKeyID: "any", SecretAccessKey: "any"})})
	return gated{before.URL, dynamotest.Table(t), sts.NewVendor(sts.Options{Client: client, RoleARN: roles.RoleARN()}), &now}
}

func static(c aws.Credentials) aws.CredentialsProvider {
	return aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) { return c, nil })
}

func (g gated) with(c aws.Credentials) *dynamodb.Client {
	return dynamo.NewClient(dynamodb.Options{
		Region: region, BaseEndpoint: &g.endpoint, Credentials: static(c), DisableValidateResponseChecksum: true,
	})
}

func (g gated) narrowed(t *testing.T, accountID, userID string) *dynamodb.Client {
	t.Helper()
	c, err := g.vendor.Credentials(t.Context(), accountID, userID)
	if err != nil {
		t.Fatal(err)
	}
	return g.with(c)
}

type item = map[string]types.AttributeValue

func at(pk string) item {
	return item{"PK": &types.AttributeValueMemberS{Value: pk}, "SK": &types.AttributeValueMemberS{Value: "S"}}
}

func put(table, pk string) types.TransactWriteItem {
	return types.TransactWriteItem{Put: &types.Put{TableName: &table, Item: at(pk)}}
}

func check(table, pk string) types.TransactWriteItem {
	return types.TransactWriteItem{ConditionCheck: &types.ConditionCheck{
		TableName: &table, Key: at(pk), ConditionExpression: aws.String("attribute_not_exists(absent)"),
	}}
}

// Whatever is not the account's own is refused, wherever in a request it stands;
// the SDK of AWS is the client.
func TestSessionsReachTheirOwnAccountAlone(t *testing.T) {
	t.Parallel()
	g := open(t)
	c, table := g.narrowed(t, "a", "user"), &g.table
	query := func(expression, pk string, index *string) *dynamodb.QueryInput {
		return &dynamodb.QueryInput{
			TableName: table, IndexName: index, KeyConditionExpression: &expression,
			ExpressionAttributeValues: item{":p": &types.AttributeValueMemberS{Value: pk}},
		}
	}
	transact := func(items ...types.TransactWriteItem) error {
		_, err := c.TransactWriteItems(t.Context(), &dynamodb.TransactWriteItemsInput{TransactItems: items})
		return err
	}
	batch := func(keys ...string) error {
		wanted := types.KeysAndAttributes{}
		for _, k := range keys {
			wanted.Keys = append(wanted.Keys, at(k))
		}
		_, err := c.BatchGetItem(t.Context(), &dynamodb.BatchGetItemInput{RequestItems: map[string]types.KeysAndAttributes{g.table: wanted}})
		return err
	}
	for name, test := range map[string]struct {
		err error
		// refused is the action that is not allowed; empty for none.
		refused string
	}{
		"own item put":                    {second(c.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: table, Item: at("DATA#a")})), ""},
		"another's put":                   {second(c.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: table, Item: at("DATA#b")})), "PutItem"},
		"one whose id goes on":            {second(c.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: table, Item: at("DATA#ab")})), "PutItem"},
		"one whose id ends before":        {second(c.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: table, Item: at("DATA#")})), "PutItem"},
		"own item deleted":                {second(c.DeleteItem(t.Context(), &dynamodb.DeleteItemInput{TableName: table, Key: at("DATA#a")})), ""},
		"own item got alone":              {second(c.GetItem(t.Context(), &dynamodb.GetItemInput{TableName: table, Key: at("DATA#a")})), "GetItem"},
		"own items in a batch":            {batch("DATA#a"), ""},
		"another's in a batch":            {batch("DATA#b"), "BatchGetItem"},
		"the user's in a batch":           {batch("USER#user"), "BatchGetItem"},
		"a transaction":                   {transact(put(g.table, "DATA#a"), check(g.table, "USER#user")), ""},
		"a transaction on another's":      {transact(put(g.table, "DATA#a"), put(g.table, "DATA#b")), "PutItem"},
		"a check of another user":         {transact(put(g.table, "DATA#a"), check(g.table, "USER#other")), "ConditionCheckItem"},
		"a check of an organization":      {transact(put(g.table, "DATA#a"), check(g.table, "ORG#a")), "ConditionCheckItem"},
		"a write to the user":             {transact(put(g.table, "USER#user")), "PutItem"},
		"own items queried":               {second(c.Query(t.Context(), query("PK = :p", "DATA#a", nil))), ""},
		"another's queried":               {second(c.Query(t.Context(), query("PK = :p", "DATA#b", nil))), "Query"},
		"the index queried":               {second(c.Query(t.Context(), query("GSI1PK = :p", "DATA#a", aws.String("GSI1")))), "Query"},
		"a query that cannot be followed": {second(c.Query(t.Context(), query("PK > :p", "DATA#a", nil))), "Query"},
		"a scan":                          {second(c.Scan(t.Context(), &dynamodb.ScanInput{TableName: table})), "Scan"},
		"SQL":                             {second(c.ExecuteStatement(t.Context(), &dynamodb.ExecuteStatementInput{Statement: aws.String(`SELECT * FROM "` + g.table + `"`)})), "ExecuteStatement"},
		"the table's description":         {second(c.DescribeTable(t.Context(), &dynamodb.DescribeTableInput{TableName: table})), "DescribeTable"},
		"the table's end":                 {second(c.DeleteTable(t.Context(), &dynamodb.DeleteTableInput{TableName: table})), "DeleteTable"},
	} {
		var api smithy.APIError
		switch {
		case test.refused == "" && test.err != nil:
			t.Errorf("%s: %v", name, test.err)
		case test.refused != "" && (!errors.As(test.err, &api) || api.ErrorCode() != "AccessDeniedException" ||
			!strings.Contains(api.ErrorMessage(), "assumed-role/data/user is not authorized to perform: dynamodb:"+test.refused+" on resource: arn:aws:dynamodb:")):
			t.Errorf("%s: %v", name, test.err)
		}
	}
	ordinary := g.with(aws.Credentials{AccessKeyID: "local", SecretAccessKey: "local"})
	all, err := ordinary.Scan(t.Context(), &dynamodb.ScanInput{TableName: table})
	if err != nil || len(all.Items) > 1 {
		t.Fatalf("%v, %v", all, err)
	}
	for _, i := range all.Items {
		if pk, _ := i["PK"].(*types.AttributeValueMemberS); pk.Value != "DATA#a" {
			t.Errorf("%s was written", pk.Value)
		}
	}
}

func second[T any](_ T, err error) error { return err }

func TestASessionMustBeWhatSTSGaveOut(t *testing.T) {
	t.Parallel()
	g := open(t)
	good, err := g.vendor.Credentials(t.Context(), "a", "user")
	if err != nil {
		t.Fatal(err)
	}
	withToken := func(token string) aws.Credentials {
		c := good
		c.SessionToken = token
		return c
	}
	get := func(c aws.Credentials) error {
		_, err := g.with(c).PutItem(t.Context(), &dynamodb.PutItemInput{TableName: &g.table, Item: at("DATA#a")})
		return err
	}
	for name, c := range map[string]aws.Credentials{
		"no token": withToken(""), "another token": withToken("x"),
		"an unknown key": {AccessKeyID: "ASIAUNKNOWN", SecretAccessKey: "s", SessionToken: good.SessionToken},
	} {
		var api smithy.APIError
		if err := get(c); !errors.As(err, &api) || api.ErrorCode() != "UnrecognizedClientException" {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := get(good); err != nil {
		t.Error(err)
	}
	*g.now = g.now.Add(2 * time.Hour)
	var api smithy.APIError
	if err := get(good); !errors.As(err, &api) || api.ErrorCode() != "ExpiredTokenException" {
		t.Errorf("after two hours: %v", err)
	}
}
