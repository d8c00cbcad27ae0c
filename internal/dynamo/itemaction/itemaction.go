// Package itemaction tells what a request to DynamoDB asks for as IAM sees it:
// which actions on the items of which table, and the partition keys that a
// policy's condition on dynamodb:LeadingKeys is held against. It fails closed:
// what it cannot read to the end is an error.
//
// A batch or a query is one action with its own name on a table. A transaction
// is one action for each of its parts, of the name that the part has by itself.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis-iam.html
package itemaction

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"

	"hearth/internal/dynamo"
)

// Action is one action that IAM allows or denies.
type Action struct {
	// Name is the action's without its service, such as "PutItem".
	Name  string
	Table string
	// Index is empty for the table itself.
	Index string
	// LeadingKeys are the partition keys that it names, in the request's order;
	// none for an action that reads whatever there is.
	LeadingKeys []string
}

// ErrUnknown is the error of an operation that is none on items.
var ErrUnknown = errors.New("not an operation on items")

type (
	value struct{ S *string }
	item  map[string]value
	// target is what one action on one item names: a write by its key, a put by
	// its whole item.
	target struct {
		TableName string
		Key, Item item
	}
	keysOf struct{ Keys []item }
	write  struct {
		PutRequest    *struct{ Item item }
		DeleteRequest *struct{ Key item }
	}
	transactPart struct{ ConditionCheck, Put, Update, Delete, Get *target }
	query        struct {
		TableName, IndexName, KeyConditionExpression string
		ExpressionAttributeNames                     map[string]string
		ExpressionAttributeValues                    item
		KeyConditions                                json.RawMessage
	}
)

// Of returns the actions of a request, by the name of its operation, such as
// "TransactWriteItems", and its body. It fails with ErrUnknown for an operation
// that is none on items.
func Of(operation string, body []byte) ([]Action, error) {
	switch operation {
	case "GetItem", "PutItem", "UpdateItem", "DeleteItem":
		return read(operation, body, func(t target) ([]Action, error) { return single(operation, t) })
	case "BatchGetItem":
		return read(operation, body, func(r struct{ RequestItems map[string]keysOf }) ([]Action, error) {
			return batch(operation, r.RequestItems, func(k keysOf) ([]item, error) { return k.Keys, nil })
		})
	case "BatchWriteItem":
		return read(operation, body, func(r struct{ RequestItems map[string][]write }) ([]Action, error) {
			return batch(operation, r.RequestItems, written)
		})
	case "TransactGetItems", "TransactWriteItems":
		return read(operation, body, func(r struct{ TransactItems []transactPart }) ([]Action, error) {
			return transaction(r.TransactItems)
		})
	case "Query":
		return read(operation, body, queried)
	case "Scan":
		return read(operation, body, func(q query) ([]Action, error) {
			return []Action{{Name: operation, Table: q.TableName, Index: q.IndexName}}, nil
		})
	}
	return nil, fmt.Errorf("%s: %w", operation, ErrUnknown)
}

func read[T any](operation string, body []byte, actions func(T) ([]Action, error)) ([]Action, error) {
	var request T
	if err := json.Unmarshal(body, &request); err != nil {
		return nil, fmt.Errorf("%s: %w", operation, err)
	}
	all, err := actions(request)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", operation, err)
	}
	if len(all) == 0 || slices.ContainsFunc(all, func(a Action) bool { return a.Table == "" }) {
		return nil, fmt.Errorf("%s: names no table", operation)
	}
	return all, nil
}

func single(name string, t target) ([]Action, error) {
	named := t.Key
	if name == "PutItem" {
		named = t.Item
	}
	key, err := partition(named, dynamo.PartitionKey)
	if err != nil {
		return nil, err
	}
	return []Action{{Name: name, Table: t.TableName, LeadingKeys: []string{key}}}, nil
}

func batch[T any](name string, tables map[string]T, items func(T) ([]item, error)) ([]Action, error) {
	var all []Action
	for _, table := range slices.Sorted(maps.Keys(tables)) {
		action := Action{Name: name, Table: table}
		named, err := items(tables[table])
		if err != nil {
			return nil, err
		}
		for _, i := range named {
			key, err := partition(i, dynamo.PartitionKey)
			if err != nil {
				return nil, err
			}
			action.LeadingKeys = append(action.LeadingKeys, key)
		}
		all = append(all, action)
	}
	return all, nil
}

func written(writes []write) ([]item, error) {
	var items []item
	for _, w := range writes {
		switch {
		case w.PutRequest != nil && w.DeleteRequest == nil:
			items = append(items, w.PutRequest.Item)
		case w.DeleteRequest != nil && w.PutRequest == nil:
			items = append(items, w.DeleteRequest.Key)
		default:
			return nil, errors.New("a part is not one write")
		}
	}
	return items, nil
}

func transaction(parts []transactPart) ([]Action, error) {
	var all []Action
	for _, p := range parts {
		before := len(all)
		for _, part := range []struct {
			name string
			*target
		}{
			{"ConditionCheckItem", p.ConditionCheck},
			{"PutItem", p.Put},
			{"UpdateItem", p.Update},
			{"DeleteItem", p.Delete},
			{"GetItem", p.Get},
		} {
			if part.target == nil {
				continue
			}
			actions, err := single(part.name, *part.target)
			if err != nil {
				return nil, err
			}
			all = append(all, actions...)
		}
		if len(all) != before+1 {
			return nil, errors.New("a part is not one action")
		}
	}
	return all, nil
}

// equality is a comparison of an attribute with a value. DynamoDB takes exactly
// one of a partition key, and neither OR nor NOT beside it.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Query.KeyConditionExpressions.html
var equality = regexp.MustCompile(`([#\w]+)\s*=\s*(:\w+)`)

func queried(q query) ([]Action, error) {
	attribute := dynamo.PartitionKey
	if q.IndexName != "" {
		attribute = dynamo.IndexPartitionKey
	}
	var keys []string
	for _, match := range equality.FindAllStringSubmatch(q.KeyConditionExpression, -1) {
		name := match[1]
		if written, ok := q.ExpressionAttributeNames[name]; ok {
			name = written
		}
		if name != attribute {
			continue
		}
		v := q.ExpressionAttributeValues[match[2]]
		if v.S == nil {
			return nil, errors.New("a partition key is no string")
		}
		keys = append(keys, *v.S)
	}
	if len(keys) != 1 || q.KeyConditions != nil {
		return nil, errors.New("the key condition does not name one partition")
	}
	return []Action{{Name: "Query", Table: q.TableName, Index: q.IndexName, LeadingKeys: keys}}, nil
}

func partition(i item, attribute string) (string, error) {
	v := i[attribute]
	if v.S == nil {
		return "", errors.New("a partition key is missing or no string")
	}
	return *v.S, nil
}
