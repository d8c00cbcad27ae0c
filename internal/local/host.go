package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"sync"

	"hearth/internal/cognito"
	"hearth/internal/dynamo/dynamolocal"
	"hearth/internal/local/gateway"
	"hearth/internal/local/mailbox"
	"hearth/internal/local/userpool"
	"hearth/internal/product"
)

// host is all of Hearth, running in this process and one child.
type host struct {
	// Config says what runs where, as GET /_local/config tells it.
	Config hostConfig
	// Mail holds what was sent.
	Mail *mailbox.Mailbox
	// New reports that the data folder held nothing before.
	New bool

	options   options
	id        identity
	functions functions
	streamARN string
	engine    *dynamolocal.Engine // nil when it is not this host's
	engineURL string              // of the engine itself, behind the gate
	failed    chan error
	once      sync.Once
	stops     []func() error // in the order of starting
	stopErr   error
}

// start runs a host and returns when every part of it answers. ctx bounds the
// start alone; Close ends the host. After an error nothing is left running.
func start(ctx context.Context, o options) (*host, error) {
	h := &host{options: o.withDefaults(), failed: make(chan error, 8)}
	if err := h.start(ctx); err != nil {
		return nil, errors.Join(err, h.Close())
	}
	return h, nil
}

// Failed gives the error of a part that ended by itself.
func (h *host) Failed() <-chan error { return h.failed }

// Close stops every part, the last started first: clients are turned away
// before what serves them goes. It may be called more than once.
func (h *host) Close() error {
	h.once.Do(func() {
		var errs []error
		for i := len(h.stops) - 1; i >= 0; i-- {
			errs = append(errs, h.stops[i]())
		}
		h.stopErr = errors.Join(errs...)
	})
	return h.stopErr
}

func (h *host) onClose(stop func() error) { h.stops = append(h.stops, stop) }

func (h *host) start(ctx context.Context) error {
	if err := h.openFolder(); err != nil {
		return err
	}
	ports, err := h.listen(ctx)
	if err != nil {
		return err
	}
	pages, err := newPages(h)
	if err != nil {
		return err
	}
	if err := h.startDynamoDB(ctx); err != nil {
		return err
	}
	if err := h.startS3(ctx, ports.s3); err != nil {
		return err
	}
	roles, err := h.startServices(ctx, ports.services)
	if err != nil {
		return err
	}
	if err := h.startGate(ctx, roles, ports.dynamoDB); err != nil {
		return err
	}
	if h.functions, err = newFunctions(environment(h.options, h.id, h.Config)); err != nil {
		return err
	}
	if err := h.startEventSource(ctx); err != nil {
		return err
	}
	h.startSchedule(ctx)
	if err := h.startUserPool(ctx, ports.cognito); err != nil {
		return err
	}
	return h.startAPI(ctx, pages, ports.api)
}

// openFolder takes the data folder and reads what it keeps.
func (h *host) openFolder() error {
	lock, err := lockFolder(h.options.Dir)
	if err != nil {
		return err
	}
	h.onClose(lock.release)
	if h.id, h.New, err = loadIdentity(h.options.Dir); err != nil {
		return err
	}
	if h.Mail, err = mailbox.Open(filepath.Join(h.options.Dir, "mail.jsonl"), 0); err != nil {
		return err
	}
	h.onClose(h.Mail.Close)
	if h.options.Port != 0 {
		return lock.hold(localhost(h.options.Port))
	}
	return nil
}

// ports are those that this process answers on.
type ports struct{ api, cognito, dynamoDB, s3, services []net.Listener }

// listen takes the ports, so that a taken one is told before anything starts.
// Clients that come early wait until their server serves.
func (h *host) listen(ctx context.Context) (taken ports, err error) {
	take := func(offset int, purpose string) (listeners []net.Listener, url string, err error) {
		port := h.options.Port
		if port != 0 {
			port += offset
		}
		listeners, port, err = listen(ctx, port, purpose)
		if err != nil {
			return nil, "", err
		}
		h.onClose(func() error { return closeAll(listeners) })
		return listeners, localhost(port), nil
	}
	h.Config = hostConfig{
		Region: region, UserPoolID: h.id.UserPoolID, ClientID: h.id.WebClientID,
		TableName: h.options.Table, Bucket: bucket,
	}
	if taken.api, h.Config.API, err = take(portAPI, "the API"); err != nil {
		return ports{}, err
	}
	if taken.cognito, h.Config.CognitoEndpoint, err = take(portCognito, "Cognito"); err != nil {
		return ports{}, err
	}
	if taken.dynamoDB, h.Config.DynamoDBEndpoint, err = take(portDynamoDB, "DynamoDB"); err != nil {
		return ports{}, err
	}
	if taken.s3, h.Config.S3Endpoint, err = take(portS3, "S3"); err != nil {
		return ports{}, err
	}
	var services string
	if taken.services, services, err = take(portServices, "SES, KMS and STS"); err != nil {
		return ports{}, err
	}
	h.Config.SESEndpoint, h.Config.KMSEndpoint, h.Config.STSEndpoint = services+pathSES, services+pathKMS, services+pathSTS
	h.Config.Issuer = h.Config.CognitoEndpoint + "/" + h.id.UserPoolID
	return taken, nil
}

func (h *host) startDynamoDB(ctx context.Context) error {
	h.engineURL = h.options.DynamoDB
	if h.options.DynamoDB == "" {
		engine, err := dynamolocal.Start(ctx, dynamolocal.Options{Dir: filepath.Join(h.options.Dir, "dynamodb")})
		if err != nil {
			return err
		}
		h.engine = engine
		h.engineURL = engine.Endpoint
		stopping := make(chan struct{})
		h.onClose(func() error {
			close(stopping)
			engine.Stop()
			return nil
		})
		go func() {
			select {
			case <-stopping:
			case <-engine.Done():
				h.failed <- errors.New("DynamoDB Local ended by itself")
			}
		}()
	}
	var err error
	h.streamARN, err = ensureTable(ctx, dynamoClient(h.engineURL), h.Config.TableName)
	return err
}

func (h *host) startUserPool(ctx context.Context, listeners []net.Listener) error {
	pool, err := userpool.Open(userpool.Options{
		Settings:       cognito.Settings(cognito.Options{RelyingPartyID: "localhost", PasswordSignIn: true}),
		Region:         h.Config.Region,
		PoolID:         h.id.UserPoolID,
		WebClientID:    h.id.WebClientID,
		ServerClientID: h.id.ServerClientID,
		Issuer:         h.Config.Issuer,
		Dir:            filepath.Join(h.options.Dir, "userpool"),
		Now:            h.options.Now,
		Deliver:        deliver(h.Mail),
		Triggers:       userpool.Triggers{PostConfirmation: invoke(h.functions.postConfirmation)},
		Faults:         h.options.Faults,
		Log:            h.options.Log,
	})
	if err != nil {
		return err
	}
	h.onClose(pool.Close)
	h.serve(ctx, pool, listeners, "Cognito")
	return nil
}

func (h *host) startAPI(ctx context.Context, pages *pages, listeners []net.Listener) error {
	config, err := product.Config(h.options.Config)
	if err != nil {
		return err
	}
	api, err := gateway.New(gateway.Options{
		Routes:    product.Routes(),
		Functions: h.functions.api,
		Issuer:    h.Config.Issuer,
		Audience:  h.id.WebClientID,
		Scope:     cognito.Scope,
		JWKSURL:   h.Config.Issuer + "/.well-known/jwks.json",
		Origins:   config.CORSOrigins,
		Now:       h.options.Now,
		Log:       h.options.Log,
	})
	if err != nil {
		return fmt.Errorf("API: %w", err)
	}
	h.serve(ctx, pages.before(logRequests(h.options.Out, api)), listeners, "the API")
	return nil
}
