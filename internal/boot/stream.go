package boot

import (
	"github.com/aws/aws-lambda-go/lambda"

	"hearth/internal/dynamo"
)

// Stream builds the function that the table's stream feeds: what follows from
// a change, done after it.
func Stream(env Environment) (lambda.Handler, error) {
	images, err := env.images()
	if err != nil {
		return nil, err
	}
	service, _, err := env.service(images)
	if err != nil {
		return nil, err
	}
	return dynamo.Stream(service, logger()), nil
}
