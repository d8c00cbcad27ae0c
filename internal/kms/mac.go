// Package kms makes and checks message authentication codes by a key that never
// leaves AWS KMS. An invitation's token is one: it proves that Hearth made the
// invitation, so that the table holds no secret and whoever reads the table can
// accept nothing.
//
// A MAC has no date in it. What it authenticates has to say what ends it, as an
// invitation's does with its number of sendings. It goes into the mail and
// nowhere else: not into an error, a log or the table. Nor does the message.
//
// Each call is one request to KMS, billed and counted against the region's quota
// of cryptographic operations, which the account's other keys share.
// https://docs.aws.amazon.com/kms/latest/developerguide/requests-per-second.html
package kms

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"hearth/internal/account"
	"hearth/internal/fault"
)

// EnvKey is the environment variable that holds the id or ARN of the HMAC key.
const EnvKey = "HEARTH_MAC_KEY"

const (
	// Size is the length of a MAC, in bytes.
	Size = 32
	// MaxMessage is the longest message that KMS takes, in bytes; the shortest
	// has one.
	// https://docs.aws.amazon.com/kms/latest/APIReference/API_GenerateMac.html
	MaxMessage = 4096
)

const algorithm = types.MacAlgorithmSpecHmacSha256

// MAC makes and checks codes by one key, of the type HMAC_256.
type MAC struct {
	client *kms.Client
	key    string
}

// New returns the MAC of a key, given by its id or ARN.
func New(client *kms.Client, keyID string) *MAC { return &MAC{client: client, key: keyID} }

// Sign returns the code of a message of 1 to MaxMessage bytes: Size bytes, the
// same each time. It fails with account.ErrUnavailable when KMS cannot answer
// now, else with account.ErrInternal.
func (m *MAC) Sign(ctx context.Context, message []byte) ([]byte, error) {
	if err := checkMessage(message); err != nil {
		return nil, err
	}
	answer, err := m.client.GenerateMac(ctx, &kms.GenerateMacInput{
		KeyId: aws.String(m.key), MacAlgorithm: algorithm, Message: message,
	})
	if err != nil {
		return nil, failure("GenerateMac", err)
	}
	if len(answer.Mac) != Size {
		return nil, account.ErrInternal.Because(errors.New("kms: GenerateMac: a code of another size"))
	}
	return answer.Mac, nil
}

// Verify reports whether a code is that of a message of 1 to MaxMessage bytes.
// KMS compares in constant time. A code of any other size is wrong without
// asking. It fails as Sign does.
func (m *MAC) Verify(ctx context.Context, message, mac []byte) (bool, error) {
	if err := checkMessage(message); err != nil {
		return false, err
	}
	if len(mac) != Size {
		return false, nil
	}
	answer, err := m.client.VerifyMac(ctx, &kms.VerifyMacInput{
		KeyId: aws.String(m.key), MacAlgorithm: algorithm, Message: message, Mac: mac,
	})
	var wrong *types.KMSInvalidMacException
	switch {
	case errors.As(err, &wrong):
		return false, nil
	case err != nil:
		return false, failure("VerifyMac", err)
	}
	return answer.MacValid, nil
}

func checkMessage(message []byte) error {
	if n := len(message); n < 1 || n > MaxMessage {
		return account.ErrInternal.Because(fmt.Errorf("kms: a message of %d bytes", n))
	}
	return nil
}

// failure turns the errors of KMS into Hearth's, in this one place. Of an error
// that KMS answered only its name stays, since the text of a refused parameter
// repeats the parameter.
func failure(operation string, err error) error {
	return fault.Of(err, "DependencyTimeoutException", "KMSInternalException", "KeyUnavailableException",
		"LimitExceededException", "RequestLimitExceeded", "ServiceUnavailable", "ThrottlingException").
		Because(fault.Named("kms: "+operation, err))
}
