package dynamo

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/expression"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"
	smithyrand "github.com/aws/smithy-go/rand"

	"hearth/internal/account"
)

// A transaction whose answer was lost is sent again, the same bytes with the
// same token, so that DynamoDB answers what it did the first time. It keeps a
// token for ten minutes.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html#transaction-apis-idempotency
const (
	sendTries = 3
	sendPause = 50 * time.Millisecond
)

// Commit makes the change in one TransactWriteItems.
func (s *Store) Commit(ctx context.Context, change account.Change) error {
	if err := change.Check(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	actions := plan(change)
	token, err := smithyrand.NewUUID(smithyrand.Reader).GetUUID()
	if err != nil {
		return fmt.Errorf("commit: request token: %w", err)
	}
	input := &dynamodb.TransactWriteItemsInput{ClientRequestToken: aws.String(token)}
	for _, a := range actions {
		item, err := a.transactItem(s.table)
		if err != nil {
			return err
		}
		input.TransactItems = append(input.TransactItems, item)
	}
	for try := 1; ; try++ {
		_, err := s.client.TransactWriteItems(ctx, input)
		var canceled *types.TransactionCanceledException
		switch {
		case err == nil:
			return nil
		case errors.As(err, &canceled):
			return cancellation(actions, change.AllPremises(), canceled)
		case try == sendTries || settled(err) || ctx.Err() != nil:
			return engineError("commit", err)
		}
		if err := pause(ctx, rand.N(sendPause<<try)); err != nil { //nolint:gosec // jitter is no secret
			return err
		}
	}
}

// settled reports whether sending again is of no use: the engine answered, or
// the SDK tried often enough. What is left is an answer that broke off, which
// the SDK does not ask for again; the transaction may have been made or not.
func settled(err error) bool {
	var api smithy.APIError
	var tried *retry.MaxAttemptsError
	return errors.As(err, &api) || errors.As(err, &tried)
}

// action is everything that a transaction does with one item: DynamoDB refuses
// two actions on one, so what is checked and what is written are merged.
type action struct {
	key      account.Key
	premises []account.Premise
	put      account.Record
	update   account.Update
	remove   bool
}

// plan groups a change by record, in the order in which they are first named.
func plan(change account.Change) []*action {
	var actions []*action
	at := func(k account.Key) *action {
		i := slices.IndexFunc(actions, func(a *action) bool { return a.key == k })
		if i < 0 {
			actions = append(actions, &action{key: k})
			i = len(actions) - 1
		}
		return actions[i]
	}
	for _, p := range change.AllPremises() {
		a := at(p.Key())
		a.premises = append(a.premises, p)
	}
	for _, r := range change.Puts {
		at(r.Key()).put = r
	}
	for _, u := range change.Updates {
		at(u.Key()).update = u
	}
	for _, k := range change.Deletes {
		at(k).remove = true
	}
	return actions
}

// transactItem is the action in DynamoDB's words. A failed condition sends the
// item back as it was, from which the failed premise is told.
func (a *action) transactItem(table string) (types.TransactWriteItem, error) {
	at, err := primaryKey(a.key)
	if err != nil {
		return types.TransactWriteItem{}, err
	}
	builder := expression.NewBuilder()
	var all expression.ConditionBuilder
	for _, p := range a.premises {
		c, err := condition(p)
		if err != nil {
			return types.TransactWriteItem{}, err
		}
		if all.IsSet() {
			c = all.And(c)
		}
		all = c
	}
	builder = builder.WithCondition(all)
	if a.update != nil {
		u, err := update(a.update)
		if err != nil {
			return types.TransactWriteItem{}, err
		}
		builder = builder.WithUpdate(u)
	}
	e, err := builder.Build()
	if err != nil {
		return types.TransactWriteItem{}, fmt.Errorf("commit %s: %w", a.key.Kind, err)
	}
	const old = types.ReturnValuesOnConditionCheckFailureAllOld
	switch {
	case a.put != nil:
		item, err := encode(a.put)
		if err != nil {
			return types.TransactWriteItem{}, err
		}
		return types.TransactWriteItem{Put: &types.Put{
			TableName: &table, Item: item, ConditionExpression: e.Condition(),
			ExpressionAttributeNames: e.Names(), ExpressionAttributeValues: e.Values(),
			ReturnValuesOnConditionCheckFailure: old,
		}}, nil
	case a.update != nil:
		return types.TransactWriteItem{Update: &types.Update{
			TableName: &table, Key: at.attributes(), UpdateExpression: e.Update(), ConditionExpression: e.Condition(),
			ExpressionAttributeNames: e.Names(), ExpressionAttributeValues: e.Values(),
			ReturnValuesOnConditionCheckFailure: old,
		}}, nil
	case a.remove:
		return types.TransactWriteItem{Delete: &types.Delete{
			TableName: &table, Key: at.attributes(), ConditionExpression: e.Condition(),
			ExpressionAttributeNames: e.Names(), ExpressionAttributeValues: e.Values(),
			ReturnValuesOnConditionCheckFailure: old,
		}}, nil
	default:
		return types.TransactWriteItem{ConditionCheck: &types.ConditionCheck{
			TableName: &table, Key: at.attributes(), ConditionExpression: e.Condition(),
			ExpressionAttributeNames: e.Names(), ExpressionAttributeValues: e.Values(),
			ReturnValuesOnConditionCheckFailure: old,
		}}, nil
	}
}
