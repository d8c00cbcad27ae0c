package dynamo

import (
	"fmt"
	"reflect"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"hearth/internal/account"
	"hearth/internal/fault"
)

// The reasons of a cancelled transaction that can be met here.
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
const (
	reasonNone      = "None"
	reasonCondition = "ConditionalCheckFailed"
	reasonConflict  = "TransactionConflict"
	reasonThrottled = "ThrottlingError"
	reasonCapacity  = "ProvisionedThroughputExceeded"
)

// cancellation turns a cancelled transaction into what it means, in this one
// place. A premise that failed says more than a conflict or a throttle beside
// it, since it holds for any later try too.
func cancellation(actions []*action, premises []account.Premise, canceled *types.TransactionCanceledException) error {
	var failed []account.Premise
	found := account.Records{}
	var contended, throttled, other bool
	for i, reason := range canceled.CancellationReasons {
		code := reasonNone
		if reason.Code != nil {
			code = *reason.Code
		}
		switch code {
		case reasonNone:
		case reasonCondition:
			if i >= len(actions) {
				return account.ErrInternal.Because(canceled)
			}
			broken, record, err := actions[i].failed(reason.Item)
			if err != nil {
				return err
			}
			if record != nil {
				found[actions[i].key] = record
			}
			failed = append(failed, broken...)
			// No premise names the reason: the item changed in between.
			contended = contended || len(broken) == 0
		case reasonConflict:
			contended = true
		case reasonThrottled, reasonCapacity:
			throttled = true
		default:
			other = true
		}
	}
	switch {
	case len(failed) > 0:
		return &account.PremiseError{Failed: inOrder(failed, premises), Found: found}
	case other:
		return account.ErrInternal.Because(canceled)
	case throttled:
		return account.ErrUnavailable.Because(canceled)
	case contended:
		return fmt.Errorf("%w: %w", account.ErrContended, canceled)
	}
	return account.ErrInternal.Because(canceled)
}

// failed asks each premise of the action on the item as it was, and returns
// that too; nil if there was none.
func (a *action) failed(item attributes) (failed []account.Premise, record account.Record, err error) {
	if len(item) > 0 {
		if record, err = decode(item); err != nil {
			return nil, nil, err
		}
	}
	for _, p := range a.premises {
		if !p.Holds(record) {
			failed = append(failed, p)
		}
	}
	return failed, record, nil
}

// inOrder returns the failed premises in the order of the change, since the
// first one is the answer.
func inOrder(failed, premises []account.Premise) []account.Premise {
	return slices.DeleteFunc(slices.Clone(premises), func(p account.Premise) bool {
		return !slices.ContainsFunc(failed, func(f account.Premise) bool { return reflect.DeepEqual(f, p) })
	})
}

// engineError turns DynamoDB's own failures into what a caller may see: try
// again, or a fault of ours.
func engineError(doing string, err error) error {
	cause := fmt.Errorf("dynamodb: %s: %w", doing, err)
	if fault.Name(err) == "TransactionConflictException" {
		return fmt.Errorf("%w: %w", account.ErrContended, cause)
	}
	return fault.Of(err, "ProvisionedThroughputExceededException", "RequestLimitExceeded", "ThrottlingException",
		"InternalServerError", "ServiceUnavailable", "TransactionInProgressException", "LimitExceededException").Because(cause)
}
