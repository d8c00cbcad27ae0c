package boot

import (
	"github.com/aws/aws-lambda-go/lambda"

	"hearth/internal/cognito"
)

// PostConfirmation builds the trigger that the user pool calls when somebody
// confirmed their sign-up or reset their password. It learns the pool from each
// event: a reference to it would make a cycle in the template.
func PostConfirmation(env Environment) (lambda.Handler, error) {
	mac, err := env.mac()
	if err != nil {
		return nil, err
	}
	service, pool, err := env.service(parts{mac: mac})
	if err != nil {
		return nil, err
	}
	return cognito.PostConfirmation(service, pool, logger()), nil
}
