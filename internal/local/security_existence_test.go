package main

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	dynamotypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/go-cmp/cmp"

	"hearth/internal/dynamo"
)

const (
	// existenceRuns is how often each kind of address is asked about.
	existenceRuns = 200
	// existencePersons share the runs, a few tries each before their lock-out.
	existencePersons = 10
	existenceTries   = 4
	// existenceBound is by how much the medians may differ: the share of the
	// larger one. A busy machine gets some measurements to show it.
	existenceBound        = 0.10
	existenceMeasurements = 6
)

// The one open route that takes an address answers for an unknown address as
// for a known one: the same status, the same body, and as fast.
func TestRecoveryDoesNotTellWhoExists(t *testing.T) {
	t.Parallel()
	h := newHost(t, nil)
	function, _ := securityOver(t, h)
	known := make([]*person, existencePersons)
	for i := range known {
		known[i] = newPerson(t, h, nil) // without a device, so that a sign-in ends their count of failed ones
	}
	var refused map[string]any
	ask := func(email string) time.Duration {
		ip := fmt.Sprintf("198.18.%d.%d", rand.IntN(256), rand.IntN(256))
		began := time.Now()
		got := recoverBy(t, function, ip, email, "a wrong password", "AAAAAA-AAAAAA-AAAAAA-AAAAAA")
		took := time.Since(began)
		body := got.want(t, http.StatusUnauthorized).body(t)
		if refused == nil {
			refused = body
		}
		if diff := cmp.Diff(refused, body); diff != "" {
			t.Fatalf("the answers differ:\n%s", diff)
		}
		return took
	}
	measure := func() float64 {
		var ofKnown, ofUnknown []time.Duration
		for len(ofKnown) < existenceRuns {
			forgetTries(t, h, known)
			unknown := make([]string, len(known))
			for i := range unknown {
				unknown[i] = "person-" + newAddress()
			}
			for range existenceTries {
				for i, p := range known {
					if rand.IntN(2) == 0 { // neither is always the one that comes second
						ofKnown, ofUnknown = append(ofKnown, ask(p.Email)), append(ofUnknown, ask(unknown[i]))
					} else {
						ofUnknown, ofKnown = append(ofUnknown, ask(unknown[i])), append(ofKnown, ask(p.Email))
					}
				}
			}
		}
		a, b := median(ofKnown), median(ofUnknown)
		t.Logf("medians of %d: known %s, unknown %s", len(ofKnown), a, b)
		return 1 - float64(min(a, b))/float64(max(a, b))
	}
	var differences []float64
	for range existenceMeasurements {
		difference := measure()
		if difference <= existenceBound {
			return
		}
		differences = append(differences, difference)
	}
	t.Errorf("the medians differ by %.2f each time, at most %.2f", differences, existenceBound)
}

func median(of []time.Duration) time.Duration {
	slices.Sort(of)
	return of[len(of)/2]
}

// forgetTries has each person sign in, which ends the count of failed tries at
// Cognito, and empties those of the table.
func forgetTries(t *testing.T, h *host, persons []*person) {
	t.Helper()
	for _, p := range persons {
		_, err := p.cognito.AdminInitiateAuth(t.Context(), &cognitoidentityprovider.AdminInitiateAuthInput{
			UserPoolId: aws.String(p.UserPoolID), ClientId: aws.String(h.id.ServerClientID), AuthFlow: types.AuthFlowTypeAdminUserPasswordAuth,
			AuthParameters: map[string]string{"USERNAME": p.Email, "PASSWORD": p.Password},
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	client := dynamoClient(h.Config.DynamoDBEndpoint)
	pages := dynamodb.NewScanPaginator(client, &dynamodb.ScanInput{
		TableName: aws.String(h.Config.TableName), ProjectionExpression: aws.String(dynamo.PartitionKey + ", " + dynamo.SortKey),
		FilterExpression: aws.String("begins_with(" + dynamo.PartitionKey + ", :limit)"), // of addresses and networks
		ExpressionAttributeValues: map[string]dynamotypes.AttributeValue{
			":limit": &dynamotypes.AttributeValueMemberS{Value: "LIMIT#"},
		},
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, key := range page.Items {
			if _, err := client.DeleteItem(t.Context(), &dynamodb.DeleteItemInput{TableName: aws.String(h.Config.TableName), Key: key}); err != nil {
				t.Fatal(err)
			}
		}
	}
}
