package boot

import (
	"github.com/aws/aws-lambda-go/lambda"

	"hearth/internal/dynamo"
)

// Stream builds the function that the table's stream feeds: what follows from
// a change, done after it.
func Stream(env Environment) (lambda.Handler, error) {
	service, _, err := env.service()
	if err != nil {
		return nil, err
	}
	return dynamo.Stream(service, logger()), nil
}
