// Package functions_test runs the functions' own binaries as Lambda does, and
// replays the events in events/ through them.
package functions_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"hearth/internal/account"
	"hearth/internal/boot"
	"hearth/internal/cognito"
	"hearth/internal/dynamo"
	"hearth/internal/dynamo/dynamotest"
)

func TestMain(m *testing.M) { dynamotest.Main(m) }

// The pool, client and person of the events.
const (
	poolID   = "eu-central-1_ExAmPlE12"
	clientID = "3n4b5urk1ft4fl3mg5e62d9ado"
	issuer   = "https://cognito-idp.eu-central-1.amazonaws.com/" + poolID
	userID   = "b3d4c8f2-70a1-70c5-9f0e-2a6d1c9b7e34"
)

// One person through all functions: sign-up, the same again, first request,
// sessions, a team, another name, a forgotten password.
func TestEventsThroughTheBinaries(t *testing.T) {
	t.Parallel()
	table := dynamotest.Table(t)
	env := environment(t, table)
	profile, trigger, stream := start(t, "profile", env), start(t, "postconfirmation", env), start(t, "stream", env)
	organizations, security := start(t, "organizations", env), start(t, "security", env)
	store := dynamo.New(dynamotest.Client(t, nil), table)

	for range 2 { // Cognito calls a trigger up to three times
		var event events.CognitoEventUserPoolsPostConfirmation
		trigger.invoke(t, "post-confirmation-sign-up.json", &event)
		if event.UserName != userID || event.Response != (events.CognitoEventUserPoolsPostConfirmationResponse{}) {
			t.Errorf("the trigger answers %+v", event)
		}
	}

	var answer events.APIGatewayV2HTTPResponse
	profile.invoke(t, "http-api-get-config.json", &answer)
	if answer.StatusCode != http.StatusOK {
		t.Errorf("GET /config: %+v", answer)
	}
	profile.invoke(t, "http-api-get-me.json", &answer)
	var me struct {
		User    struct{ Name string }
		Account struct {
			ID, Name, Role string
			IsPersonal     bool
			MemberCount    int
		}
	}
	if err := json.Unmarshal([]byte(answer.Body), &me); err != nil {
		t.Fatal(err)
	}
	if answer.StatusCode != http.StatusOK || answer.Headers["x-account-id"] != userID || me.User.Name != "Ada Lovelace" ||
		me.Account.ID != userID || me.Account.Name != "Ada Lovelace's Organization" || me.Account.Role != "ORG_OWNER" ||
		!me.Account.IsPersonal || me.Account.MemberCount != 1 {
		t.Errorf("GET /me: %+v", answer)
	}
	profile.invoke(t, "http-api-get-me-id-token.json", &answer)
	if answer.StatusCode != http.StatusUnauthorized || answer.Headers["content-type"] != "application/problem+json" {
		t.Errorf("GET /me with the claims of an ID token: %+v", answer)
	}

	security.invoke(t, "http-api-get-sessions.json", &answer)
	var sessions struct{ Items []struct{ Current bool } }
	if err := json.Unmarshal([]byte(answer.Body), &sessions); err != nil {
		t.Fatal(err)
	}
	if answer.StatusCode != http.StatusOK || len(sessions.Items) != 1 || !sessions.Items[0].Current {
		t.Errorf("GET /me/sessions: %+v", answer)
	}
	var problem struct{ Code account.Code }
	security.invoke(t, "http-api-post-security-recovery.json", &answer)
	if err := json.Unmarshal([]byte(answer.Body), &problem); err != nil {
		t.Fatal(err)
	}
	if answer.StatusCode != http.StatusUnauthorized || problem.Code != account.CodeUnauthenticated {
		t.Errorf("POST /security/recovery by a stranger: %+v", answer)
	}

	for range 2 { // a client that lost the answer asks again with the same key
		organizations.invoke(t, "http-api-post-organizations.json", &answer)
		var team struct{ ID, Name, Slug, Role string }
		if err := json.Unmarshal([]byte(answer.Body), &team); err != nil {
			t.Fatal(err)
		}
		if answer.StatusCode != http.StatusCreated || answer.Headers["location"] != "/organizations/"+team.ID ||
			answer.Headers["x-account-id"] != userID || team.Name != "Analytical Engines" || team.Slug != "engines" || team.Role != "ORG_OWNER" {
			t.Errorf("POST /organizations: %+v", answer)
		}
	}

	projects := start(t, "projects", env)
	for range 2 {
		projects.invoke(t, "http-api-post-projects.json", &answer)
		var project struct{ ID, Name, Description, CreatedBy string }
		if err := json.Unmarshal([]byte(answer.Body), &project); err != nil {
			t.Fatal(err)
		}
		if answer.StatusCode != http.StatusCreated || answer.Headers["location"] != "/projects/"+project.ID ||
			answer.Headers["x-account-id"] != userID || project.Name != "Difference Engine" || project.CreatedBy != userID {
			t.Errorf("POST /projects: %+v", answer)
		}
	}
	if data, _, err := store.Data(t.Context(), userID, "", 10); err != nil || len(data) != 3 { // it, its entry, its key's record
		t.Errorf("after a project: %v, %v", data, err)
	}

	rename(t, table)
	var batch events.DynamoDBEventResponse
	stream.invoke(t, "dynamodb-stream-user-renamed.json", &batch)
	records, err := store.Read(t.Context(), account.MembershipKey(userID, userID), account.OrganizationKey(userID))
	if err != nil {
		t.Fatal(err)
	}
	if len(batch.BatchItemFailures) != 0 || records.Membership(userID, userID).UserName != "Ada King" ||
		records.Organization(userID).Name != "Ada King's Organization" {
		t.Errorf("after the stream: %+v, %+v", batch, records)
	}

	lose(t, store)
	var redriven dynamo.Redriven
	stream.invoke(t, "schedule-redrive.json", &redriven)
	records, err = store.Read(t.Context(), account.OrganizationKey("lost"), account.SlugKey("lost"))
	if err != nil {
		t.Fatal(err)
	}
	if redriven.Taken != 1 || len(records) != 0 {
		t.Errorf("after the schedule: %+v, %v", redriven, records)
	}

	deletion := start(t, "deletion", env)
	deletion.invoke(t, "http-api-get-deletion.json", &answer)
	var preview account.Preview
	if err := json.Unmarshal([]byte(answer.Body), &preview); err != nil {
		t.Fatal(err)
	}
	if answer.StatusCode != http.StatusOK || preview.Digest == "" || len(preview.Effects) != 4 {
		t.Errorf("GET /me/deletion: %+v", answer)
	}
	deletion.invoke(t, "http-api-post-export.json", &answer)
	if answer.StatusCode != http.StatusAccepted {
		t.Errorf("POST /me/export: %+v", answer)
	}
	deletion.invoke(t, "http-api-post-deletion.json", &answer)
	if err := json.Unmarshal([]byte(answer.Body), &problem); err != nil {
		t.Fatal(err)
	}
	if answer.StatusCode != http.StatusForbidden || problem.Code != account.CodeReauthentication {
		t.Errorf("POST /me/deletion years after the sign-in: %+v", answer)
	}

	var event events.CognitoEventUserPoolsPostConfirmation
	trigger.invoke(t, "post-confirmation-forgot-password.json", &event)
	profile.invoke(t, "http-api-get-me.json", &answer)
	if err := json.Unmarshal([]byte(answer.Body), &problem); err != nil {
		t.Fatal(err)
	}
	if problem.Code != account.CodeSessionRevoked {
		t.Errorf("GET /me after a password reset: %+v", answer)
	}
}

// What operators invoke: the one user is counted, disabled, and, since the pool
// knows nobody and the event allows that, deleted once they are not new any more.
func TestMaintenanceThroughTheBinary(t *testing.T) {
	t.Parallel()
	table := dynamotest.Table(t)
	env := environment(t, table)
	trigger, maintenance := start(t, "postconfirmation", env), start(t, "maintenance", env)
	var event events.CognitoEventUserPoolsPostConfirmation
	trigger.invoke(t, "post-confirmation-sign-up.json", &event)

	var checked account.Summary
	maintenance.invoke(t, "maintenance-check.json", &checked)
	if checked.Failure != "" || checked.Next != "" || checked.Items["user"] != 1 || len(checked.Findings) != 0 || checked.ReadUnits == 0 || checked.MemoryBytes == 0 {
		t.Errorf("check: %+v", checked)
	}
	var disabled boot.MaintenanceAnswer
	maintenance.invoke(t, "maintenance-user-disable.json", &disabled)
	if disabled.Failure != nil || disabled.User == nil || disabled.User.ID != userID || disabled.User.Status != account.UserInactive {
		t.Errorf("disable: %+v", disabled)
	}
	age(t, dynamo.New(dynamotest.Client(t, nil), table))
	var ensured account.Summary
	maintenance.invoke(t, "maintenance-ensure.json", &ensured)
	if ensured.Failure != "" || len(ensured.Findings) != 0 || len(ensured.Repairs) != 1 || ensured.Repairs[0].Rule != account.RuleVanished {
		t.Errorf("ensure: %+v", ensured)
	}
	erase(t, start(t, "stream", env), dynamo.New(dynamotest.Client(t, nil), table))
	var unknown boot.CertificateAnswer
	maintenance.invoke(t, "maintenance-certificate.json", &unknown)
	if unknown.Valid || unknown.Failure == nil || unknown.Failure.Code != account.CodeNotFound {
		t.Errorf("a certificate that there is not: %+v", unknown)
	}
}

// age has the one user made a day ago.
func age(t *testing.T, store account.Store) {
	t.Helper()
	key := account.UserKey(userID)
	records, err := store.Read(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	u := records.User(userID)
	change := account.Change{Premises: []account.Premise{account.VersionIs{Of: key, Version: u.Version}}, Puts: []account.Record{u}}
	u.CreatedAt, u.Version = u.CreatedAt.AddDate(0, 0, -1), u.Version+1
	if err := store.Commit(t.Context(), change); err != nil {
		t.Fatal(err)
	}
}

// erase has the worker finish the deletion, a chunk for each record of the stream.
func erase(t *testing.T, stream *runtime, store account.Store) {
	t.Helper()
	for range 30 {
		var batch events.DynamoDBEventResponse
		if stream.invoke(t, "dynamodb-stream-deletion-accepted.json", &batch); len(batch.BatchItemFailures) != 0 {
			t.Fatalf("the worker failed: %+v", batch)
		}
		records, err := store.Read(t.Context(), account.DeletionKey(userID), account.UserKey(userID))
		if err != nil {
			t.Fatal(err)
		}
		if d := records.Deletion(userID); d != nil && d.Status == account.DeletionCompleted && records.User(userID) == nil {
			return
		}
	}
	t.Error("the deletion does not end")
}

// rename changes the user's name as a profile update does.
func rename(t *testing.T, table string) {
	t.Helper()
	update, name := "SET #name = :name ADD version :one", "Ada King"
	_, err := dynamotest.Client(t, nil).UpdateItem(t.Context(), &dynamodb.UpdateItemInput{
		TableName: &table,
		Key: map[string]types.AttributeValue{
			dynamo.PartitionKey: &types.AttributeValueMemberS{Value: "USER#" + userID},
			dynamo.SortKey:      &types.AttributeValueMemberS{Value: "USER"},
		},
		UpdateExpression: &update, ExpressionAttributeNames: map[string]string{"#name": "name"},
		ExpressionAttributeValues: map[string]types.AttributeValue{
			":name": &types.AttributeValueMemberS{Value: name}, ":one": &types.AttributeValueMemberN{Value: "1"},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
}

// lose leaves an organization as one whose deletion the stream gave up on.
func lose(t *testing.T, store account.Store) {
	t.Helper()
	o := &account.Organization{
		ID: "lost", Slug: "lost", Status: account.OrganizationClosing, DueAt: time.Now().Add(-time.Hour).UTC(), Version: 1,
	}
	slug := &account.Slug{Slug: "lost", OrganizationID: "lost", Version: 1}
	if err := store.Commit(t.Context(), account.Change{
		Premises: []account.Premise{account.IsAbsent{Of: o.Key()}, account.IsAbsent{Of: slug.Key()}},
		Puts:     []account.Record{o, slug},
	}); err != nil {
		t.Fatal(err)
	}
}

// What the schedule sends on AWS is what is replayed here.
func TestScheduleSendsItsEvent(t *testing.T) {
	t.Parallel()
	file, err := os.ReadFile(filepath.Join("..", "events", "schedule-redrive.json"))
	if err != nil {
		t.Fatal(err)
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, file); err != nil || compact.String() != dynamo.RedriveEvent {
		t.Errorf("%s, %v, want %s", compact.String(), err, dynamo.RedriveEvent)
	}
}

// A function that lacks its environment says so and ends, instead of failing
// on its first request.
func TestStartWithoutEnvironment(t *testing.T) {
	t.Parallel()
	command := exec.CommandContext(t.Context(), "go", "run", "-tags", "lambda.norpc", "./profile")
	command.Env = append(os.Environ(), "AWS_LAMBDA_RUNTIME_API=127.0.0.1:1")
	output, err := command.CombinedOutput()
	if err == nil || !bytes.Contains(output, []byte(cognito.EnvUserPoolID+" is not set")) {
		t.Errorf("%v: %s", err, output)
	}
}
