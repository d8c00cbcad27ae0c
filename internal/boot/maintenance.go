package boot

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"

	"hearth/internal/account"
	"hearth/internal/cognito"
	"hearth/internal/dynamo"
)

// MaintenanceOrder is the event of the maintenance function: a job, or "user"
// with an order of support, or "certificate".
type MaintenanceOrder struct {
	account.Job
	account.Order
	// DeletionID is what JobCertificate is about.
	DeletionID string `json:"deletionId,omitempty"`
	// CapacityUnits is how many read and write units a second the job may use;
	// 0 is defaultCapacity, less than 0 any.
	CapacityUnits float64 `json:"capacityUnits"`
}

// JobUser is the job of MaintenanceOrder that is about one user.
const JobUser account.JobName = "user"

// defaultCapacity is small beside what a table of on-demand capacity takes from
// its first day: 12,000 reads and 4,000 writes a second.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/on-demand-capacity-mode.html
const defaultCapacity = 1000

// MaintenanceAnswer is what the function answers about one user: the user, or
// why nothing was done.
type MaintenanceAnswer struct {
	User    *account.Dossier `json:"user,omitempty"`
	Failure *Refusal         `json:"failure,omitempty"`
}

// Refusal is an error that operators see.
type Refusal struct {
	Code     account.Code      `json:"code"`
	Detail   string            `json:"detail"`
	Blockers []account.Blocker `json:"blockers,omitempty"`
}

// errOrder tells nothing of the event, which holds an address.
var errOrder = errors.New("the event is no order of maintenance")

// Maintenance builds the function that operators invoke. It has no route, and it
// alone scans the table.
func Maintenance(env Environment) (lambda.Handler, error) {
	if _, err := env.maintenance(dynamo.NewMeter(0, time.Now)); err != nil {
		return nil, err
	}
	log := logger()
	var rolls account.Rolls
	return lambda.NewHandler(func(ctx context.Context, payload json.RawMessage) (any, error) {
		var order MaintenanceOrder
		if err := json.Unmarshal(payload, &order); err != nil {
			return nil, errOrder
		}
		units := order.CapacityUnits
		if units == 0 {
			units = defaultCapacity
		}
		m, err := env.maintenance(dynamo.NewMeter(units, time.Now))
		if err != nil {
			return nil, err
		}
		if order.Name == JobUser {
			return operate(ctx, m, order.Order, log), nil
		}
		if order.Name == JobCertificate {
			return verifyCertificate(ctx, m, order.DeletionID, log), nil
		}
		ctx, cancel := bound(ctx)
		defer cancel()
		return m.Sharing(&rolls).Run(ctx, order.Job, func(s account.Summary) { tell(ctx, log, s) }), nil
	}), nil
}

// answerReserve is the most that a job leaves of the function's time for its
// answer.
const answerReserve = 5 * time.Second

// bound ends a job's time before the function's.
func bound(ctx context.Context) (context.Context, context.CancelFunc) {
	end, bounded := ctx.Deadline()
	if !bounded {
		return context.WithCancel(ctx)
	}
	return context.WithDeadline(ctx, end.Add(-min(answerReserve, time.Until(end)/10)))
}

// tellEvery is how many pages pass between two lines of the log.
const tellEvery = 20

// tell logs how far a job is, for who watches.
func tell(ctx context.Context, log *slog.Logger, s account.Summary) {
	items := 0
	for _, n := range s.Items {
		items += n
	}
	if s.Next != "" && s.Pages%tellEvery != 0 {
		return
	}
	log.InfoContext(ctx, "maintenance", slog.String("job", string(s.Job)), slog.Int("people", s.People), slog.Int("items", items),
		slog.Int("findings", len(s.Findings)), slog.Int("repairs", len(s.Repairs)), slog.Float64("seconds", s.Seconds),
		slog.Float64("readUnits", s.ReadUnits), slog.Bool("done", s.Next == ""))
}

// operate answers a refusal, rather than failing: what fails is invoked again.
func operate(ctx context.Context, m *account.Maintenance, order account.Order, log *slog.Logger) MaintenanceAnswer {
	user, err := m.Operate(ctx, order)
	if err == nil {
		return MaintenanceAnswer{User: &user}
	}
	return MaintenanceAnswer{Failure: refusalOf(ctx, err, string(order.Do), log)}
}

// maintenance is the domain with what maintenance alone has, its calls to the
// table measured.
func (e Environment) maintenance(meter *dynamo.Meter) (*account.Maintenance, error) {
	images, imagesErr := e.images()
	directory, directoryErr := e.directory()
	mac, macErr := e.mac()
	service, _, serviceErr := e.service(parts{images: images, mac: mac, meter: meter})
	store, storeErr := e.metered(meter)
	if err := errors.Join(imagesErr, directoryErr, macErr, serviceErr, storeErr); err != nil {
		return nil, err
	}
	used := func() (read, write float64) {
		u := meter.Used()
		return u.Read, u.Write
	}
	return account.NewMaintenance(service, store, directory, used), nil
}

// metered is the table that the environment names, its calls measured and paced
// by a meter; nil does neither.
func (e Environment) metered(meter *dynamo.Meter) (*dynamo.Store, error) {
	client, name, err := e.table(meter)
	if err != nil {
		return nil, err
	}
	return dynamo.New(client, name), nil
}

// A job can wait: its client of the pool slows down when it is throttled, and
// tries long.
const (
	directoryTimeout  = 10 * time.Second
	directoryAttempts = 8
)

// directory is the pool as operators see it.
func (e Environment) directory() (*cognito.Directory, error) {
	values, err := e.require("AWS_REGION", cognito.EnvUserPoolID)
	if err != nil {
		return nil, err
	}
	return cognito.NewDirectory(cognitoidentityprovider.New(cognitoidentityprovider.Options{
		Region: values["AWS_REGION"], Credentials: e.credentials(), BaseEndpoint: e.endpoint("COGNITO_IDENTITY_PROVIDER"),
		HTTPClient: awshttp.NewBuildableClient().WithTimeout(directoryTimeout),
		Retryer: retry.NewAdaptiveMode(func(a *retry.AdaptiveModeOptions) {
			a.StandardOptions = append(a.StandardOptions, func(s *retry.StandardOptions) { s.MaxAttempts = directoryAttempts })
		}),
	}), values[cognito.EnvUserPoolID]), nil
}
