package main

import (
	"context"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/go-cmp/cmp"
)

// unusedPort finds a port that is free together with those after it. It stays
// below those that systems give to clients, of which the tests that run at the
// same time take many.
func unusedPort(t *testing.T) int {
	t.Helper()
	for range 100 {
		port, free := 10000+rand.IntN(20000), true
		for offset := portAPI; free && offset <= portLast; offset++ {
			_, _, err := listenOnce(t, port+offset)
			free = err == nil
		}
		if free {
			return port
		}
	}
	t.Fatal("no free ports in a row")
	return 0
}

func listenOnce(t *testing.T, port int) ([]net.Listener, int, error) {
	t.Helper()
	listeners, port, err := listen(t.Context(), port, "a test")
	if err == nil {
		err = closeAll(listeners)
	}
	return listeners, port, err
}

// A developer's own host: its own DynamoDB Local, on fixed ports, restarted.
func TestSignInsDataAndMailOutliveARestart(t *testing.T) {
	t.Parallel()
	o := testOptions(t.TempDir(), "")
	o.DynamoDB, o.Port = "", unusedPort(t)
	first, err := start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	defer first.Close() //nolint:errcheck // closed below already
	p := newPerson(t, first, map[string]string{"name": "Barbara Liskov"})
	before, config := p.me(t), first.Config
	if !first.New {
		t.Error("the folder was empty, but is not reported as new")
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}

	second, err := start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := second.Close(); err != nil {
			t.Error(err)
		}
	}()
	if diff := cmp.Diff(config, second.Config); diff != "" || second.New {
		t.Errorf("new %v: %s", second.New, diff)
	}
	if diff := cmp.Diff(before, p.me(t)); diff != "" {
		t.Errorf("the access token sees something else: %s", diff)
	}
	_, err = p.cognito.InitiateAuth(t.Context(), &cognitoidentityprovider.InitiateAuthInput{
		AuthFlow: "REFRESH_TOKEN_AUTH", ClientId: aws.String(p.ClientID),
		AuthParameters: map[string]string{"REFRESH_TOKEN": p.RefreshToken},
	})
	if err != nil {
		t.Errorf("the refresh token: %v", err)
	}
	if len(second.Mail.List(p.Email)) != 1 {
		t.Error("the mail is gone")
	}
}

func TestTheTableDeletesExpiredItemsAndStreams(t *testing.T) {
	t.Parallel()
	client := dynamoClient(shared.host.Config.DynamoDBEndpoint)
	name := aws.String(shared.host.Config.TableName)
	lives, err := client.DescribeTimeToLive(t.Context(), &dynamodb.DescribeTimeToLiveInput{TableName: name})
	if err != nil {
		t.Fatal(err)
	}
	if status := lives.TimeToLiveDescription.TimeToLiveStatus; status != types.TimeToLiveStatusEnabled {
		t.Errorf("time to live is %s", status)
	}
	table, err := client.DescribeTable(t.Context(), &dynamodb.DescribeTableInput{TableName: name})
	if err != nil {
		t.Fatal(err)
	}
	if aws.ToString(table.Table.LatestStreamArn) == "" {
		t.Error("no stream")
	}
}

func TestASecondHostIsToldAboutTheFirst(t *testing.T) {
	t.Parallel()
	o := testOptions(t.TempDir(), "second")
	o.Port = unusedPort(t)
	first, err := start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := first.Close(); err != nil {
			t.Error(err)
		}
	})

	for name, test := range map[string]struct {
		change func(*options)
		want   []string
	}{
		"in the same folder": {func(o *options) { o.Port = 0 }, []string{"already running", first.Config.API, strconv.Itoa(os.Getpid())}},
		"on the same port":   {func(o *options) { o.Dir = t.TempDir() }, []string{"port " + strconv.Itoa(o.Port), "is taken", "PORT="}},
		"with its API on the other's Cognito": {
			func(o *options) { o.Dir, o.Port = t.TempDir(), o.Port+1 }, []string{"port " + strconv.Itoa(o.Port+1), "the API", "is taken"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			other := o
			test.change(&other)
			for what, try := range map[string]func() error{
				"start": func() error {
					h, err := start(t.Context(), other)
					if err == nil {
						return h.Close()
					}
					return err
				},
				"check": func() error { return prerequisites(t.Context(), other) },
			} {
				err := try()
				if err == nil {
					t.Errorf("%s: no error", what)
					continue
				}
				for _, want := range test.want {
					if !strings.Contains(err.Error(), want) {
						t.Errorf("%s: %q does not say %q", what, err, want)
					}
				}
			}
		})
	}
}

func TestADeadChildIsReported(t *testing.T) {
	t.Parallel()
	h := newHost(t, func(o *options) { o.DynamoDB = "" })
	h.engine.Stop()
	select {
	case err := <-h.Failed():
		if !strings.Contains(err.Error(), "DynamoDB Local") {
			t.Errorf("error %q", err)
		}
	case <-time.After(10 * time.Second):
		t.Error("nothing is reported")
	}
}

func TestClosingFreesPortsAndFolder(t *testing.T) {
	t.Parallel()
	o := testOptions(t.TempDir(), "closing")
	o.Port = unusedPort(t)
	h, err := start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	begun := time.Now()
	for range 2 {
		if err := h.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if took := time.Since(begun); took > 5*time.Second {
		t.Errorf("closing took %s; a watcher kills after 5 s", took)
	}
	if err := prerequisites(t.Context(), o); err != nil {
		t.Error(err)
	}
}

func TestAStartThatFailsLeavesNothing(t *testing.T) {
	t.Parallel()
	o := testOptions(t.TempDir(), "failing")
	o.Port = unusedPort(t)
	o.Config = `{"accountMode":"circus"}`
	if _, err := start(t.Context(), o); err == nil || !strings.Contains(err.Error(), "accountMode") {
		t.Errorf("error %v, want one that names accountMode", err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	o.Config, o.DynamoDB = "", ""
	if _, err := start(ended, o); err == nil {
		t.Error("started after it was interrupted")
	}
	if err := prerequisites(t.Context(), o); err != nil {
		t.Errorf("left behind: %v", err)
	}
}

func TestADamagedIdentityIsNotReplaced(t *testing.T) {
	t.Parallel()
	o := testOptions(t.TempDir(), "damaged")
	if err := os.WriteFile(filepath.Join(o.Dir, "identity.json"), []byte(`{"userPoolId":`), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := start(t.Context(), o); err == nil || !strings.Contains(err.Error(), "make reset") {
		t.Errorf("error %v", err)
	}
}
