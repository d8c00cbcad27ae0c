package ses

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"hearth/internal/local/awsapi"
)

const (
	contentType = "application/json"
	path        = "/v2/email/outbound-emails"
	// Operation is the name of the one operation, in a plan of faults.
	Operation = "SendEmail"
	// maxSize is of the whole message in bytes, as transferred.
	// https://docs.aws.amazon.com/ses/latest/dg/quotas.html
	maxSize = 40 << 20
)

// Message is an accepted mail.
type Message struct {
	// From is the sender as it was given; To has the addresses alone.
	From                string
	To                  []string
	Subject, Text, HTML string
	SentAt              time.Time
}

// Options say what a server offers. Region and Deliver are required.
type Options struct {
	Region string
	// Deliver gets each accepted mail, before the answer.
	Deliver func(context.Context, Message) error
	// Now is the clock; nil is time.Now.
	Now func() time.Time
	// Faults is a plan of failures; nil plans none.
	Faults *awsapi.Faults
	// Log gets what went wrong inside; nil discards it.
	Log *slog.Logger
}

// Server is the endpoint. It is safe for concurrent use.
type Server struct{ options Options }

// New returns the server.
func New(o Options) (*Server, error) {
	if o.Region == "" || o.Deliver == nil {
		return nil, errors.New("ses: Region and Deliver are required")
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &Server{options: o}, nil
}

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	id := awsapi.NewRequestID()
	w.Header().Set("X-Amzn-Requestid", id)
	if failed := s.serve(w, r); failed != nil {
		awsapi.WriteError(w, contentType, failed)
		return
	}
	awsapi.Write(w, contentType, http.StatusOK, struct{ MessageId string }{id}) //nolint:revive // the member's name
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request) *awsapi.Error {
	if r.Method != http.MethodPost || r.URL.Path != path {
		return &awsapi.Error{Status: http.StatusNotFound, Code: "UnknownOperationException", Message: "The development host has no " + r.Method + " at this path of SES."}
	}
	if failed := awsapi.CheckSignature(r, "ses", s.options.Region); failed != nil {
		return failed
	}
	before, after := s.options.Faults.Take(Operation)
	if before != nil {
		return before
	}
	request, failed := read(w, r)
	if failed != nil {
		return failed
	}
	message, failed := request.message()
	if failed != nil {
		return failed
	}
	message.SentAt = s.options.Now().UTC()
	// What SES has accepted it sends, whether its caller waits or not.
	if err := s.options.Deliver(context.WithoutCancel(r.Context()), message); err != nil {
		s.options.Log.ErrorContext(r.Context(), "mail not delivered", slog.String("error", err.Error()))
		return &awsapi.Error{Status: http.StatusInternalServerError, Code: "InternalFailure", Message: "The message could not be delivered."}
	}
	return after
}

// read decodes the body and refuses members that are unknown here.
func read(w http.ResponseWriter, r *http.Request) (*sendEmail, *awsapi.Error) {
	media, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";")
	if !strings.EqualFold(strings.TrimSpace(media), contentType) {
		return nil, awsapi.Errorf("SerializationException", "Content-Type must be %s.", contentType)
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxSize))
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return nil, badRequest("Message length is more than %d bytes long.", maxSize)
	case err != nil:
		return nil, awsapi.Errorf("SerializationException", "The body could not be read.")
	case !json.Valid(body):
		return nil, awsapi.Errorf("SerializationException", "The body is not JSON.")
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.DisallowUnknownFields()
	var request sendEmail
	err = decoder.Decode(&request)
	var wrong *json.UnmarshalTypeError
	switch {
	case errors.As(err, &wrong):
		return nil, awsapi.Errorf("SerializationException", "%s is of the wrong type.", wrong.Field)
	case err != nil: // an unknown member, which the error names
		return nil, badRequest("The development host does not offer this: %s.", strings.TrimPrefix(err.Error(), "json: "))
	}
	return &request, nil
}

func badRequest(format string, args ...any) *awsapi.Error {
	return awsapi.Errorf("BadRequestException", format, args...)
}
