package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"hearth/internal/dynamo"
)

// tableProperties are those of AWS::DynamoDB::Table that Hearth sets.
type tableProperties struct {
	AttributeDefinitions             []attributeDefinition
	KeySchema                        []keySchema
	GlobalSecondaryIndexes           []index
	BillingMode                      string
	StreamSpecification              struct{ StreamViewType string }
	TimeToLiveSpecification          timeToLive
	PointInTimeRecoverySpecification struct{ PointInTimeRecoveryEnabled bool }
	DeletionProtectionEnabled        bool
}

type (
	attributeDefinition struct{ AttributeName, AttributeType string }
	keySchema           struct{ AttributeName, KeyType string }
	index               struct {
		IndexName  string
		KeySchema  []keySchema
		Projection struct{ ProjectionType string }
	}
	timeToLive struct {
		AttributeName string
		Enabled       bool
	}
)

func TestTableOfTheHost(t *testing.T) {
	t.Parallel()
	host := dynamo.CreateTableInput("table")
	var want tableProperties
	for _, a := range host.AttributeDefinitions {
		want.AttributeDefinitions = append(want.AttributeDefinitions, attributeDefinition{*a.AttributeName, string(a.AttributeType)})
	}
	for _, k := range host.KeySchema {
		want.KeySchema = append(want.KeySchema, keySchema{*k.AttributeName, string(k.KeyType)})
	}
	for _, i := range host.GlobalSecondaryIndexes {
		made := index{IndexName: *i.IndexName}
		made.Projection.ProjectionType = string(i.Projection.ProjectionType)
		for _, k := range i.KeySchema {
			made.KeySchema = append(made.KeySchema, keySchema{*k.AttributeName, string(k.KeyType)})
		}
		want.GlobalSecondaryIndexes = append(want.GlobalSecondaryIndexes, made)
	}
	want.BillingMode = string(host.BillingMode)
	want.StreamSpecification.StreamViewType = string(host.StreamSpecification.StreamViewType)
	want.TimeToLiveSpecification = timeToLive{AttributeName: dynamo.TTLAttribute, Enabled: true}
	want.PointInTimeRecoverySpecification.PointInTimeRecoveryEnabled = true
	for name, synthesized := range stages(t) {
		want.DeletionProtectionEnabled = name == "prod"
		got := decode[tableProperties](t, synthesized.Resources["Table"].Properties)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: table (-host +template):\n%s", name, diff)
		}
		if n := len(synthesized.ofType("AWS::DynamoDB::Table")); n != 1 {
			t.Errorf("%s: %d tables, want one", name, n)
		}
	}
}

func TestProductionOutlivesItsStack(t *testing.T) {
	t.Parallel()
	policies := map[string]string{"dev": "Delete", "prod": "Retain"}
	for name, synthesized := range stages(t) {
		for _, id := range []string{"Table", "UserPool", "WebClient", "ServerClient", "ProfileLogs", "ImageBucket", "MacKey"} {
			r := synthesized.Resources[id]
			if r.DeletionPolicy != policies[name] || r.UpdateReplacePolicy != policies[name] {
				t.Errorf("%s: %s: deletion %q, replacement %q, want %q", name, id, r.DeletionPolicy, r.UpdateReplacePolicy, policies[name])
			}
		}
	}
}
