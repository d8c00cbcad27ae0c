package sts

import (
	"crypto/rand"
	"encoding/xml"
	"errors"
	"net/http"
	"strings"
	"sync"
	"time"

	"hearth/internal/local/awsapi"
)

const (
	// AWSAccountID is the owner of the role.
	AWSAccountID = "000000000000"
	// KeyPrefix begins the access keys of sessions, as it does on AWS.
	// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-prefixes
	KeyPrefix = "ASIA"

	version   = "2011-06-15"
	namespace = "https://sts.amazonaws.com/doc/2011-06-15/"
	maxBody   = 64 << 10
)

// Options say what a server offers. Region, Role and Tags are required.
type Options struct {
	Region string
	// Role is the name of the one role.
	Role string
	// Tags are the keys of the session tags that its trust policy wants.
	Tags []string
	// Now is the clock; nil is time.Now.
	Now func() time.Time
	// Faults is a plan of failures; nil plans none.
	Faults *awsapi.Faults
}

// Session is one session of the role.
type Session struct {
	// ARN names it, such as
	// "arn:aws:sts::000000000000:assumed-role/role/name".
	ARN     string
	Tags    map[string]string
	Expires time.Time

	token string
}

// Server is the endpoint. It is safe for concurrent use.
type Server struct {
	options Options

	mu sync.Mutex
	// sessions are those that STS gave credentials out for, by access key.
	sessions map[string]Session
}

// New returns the server of a role.
func New(o Options) (*Server, error) {
	if o.Region == "" || o.Role == "" || len(o.Tags) == 0 {
		return nil, errors.New("sts: Region, Role and Tags are required")
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Server{options: o, sessions: map[string]Session{}}, nil
}

// RoleARN names the role.
func (s *Server) RoleARN() string { return "arn:aws:iam::" + AWSAccountID + ":role/" + s.options.Role }

// Session returns the session that an access key and a token belong to. The
// errors are those of the services that are asked with them.
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/CommonErrors.html
func (s *Server) Session(accessKeyID, token string) (Session, *awsapi.Error) {
	s.mu.Lock()
	session, found := s.sessions[accessKeyID]
	s.mu.Unlock()
	switch {
	case !found || session.token != token:
		return Session{}, awsapi.Errorf("UnrecognizedClientException", "The security token included in the request is invalid.")
	case !s.options.Now().Before(session.Expires):
		return Session{}, awsapi.Errorf("ExpiredTokenException", "The security token included in the request is expired")
	}
	return session, nil
}

// keep adds a session and returns its access key. Now and then it forgets those
// that expired a while ago.
func (s *Server) keep(session Session) string {
	key := KeyPrefix + rand.Text()[:16]
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.sessions)%256 == 255 {
		for old, kept := range s.sessions {
			if kept.Expires.Add(time.Hour).Before(s.options.Now()) {
				delete(s.sessions, old)
			}
		}
	}
	s.sessions[key] = session
	return key
}

// ServeHTTP answers one request of the query protocol.
// https://smithy.io/2.0/aws/protocols/aws-query-protocol.html
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	id := awsapi.NewRequestID()
	answer, failed := s.serve(w, r)
	w.Header().Set("X-Amzn-Requestid", id)
	w.Header().Set("Content-Type", "text/xml")
	if failed != nil {
		kind := "Sender"
		if failed.Status >= http.StatusInternalServerError {
			kind = "Receiver"
		}
		write(w, failed.Status, errorResponse{Namespace: namespace, Type: kind, Code: failed.Code, Message: failed.Message, RequestID: id})
		return
	}
	answer.Namespace, answer.RequestID = namespace, id
	write(w, http.StatusOK, answer)
}

func write(w http.ResponseWriter, status int, body any) {
	raw, err := xml.Marshal(body)
	if err != nil {
		http.Error(w, "cannot be written as XML", http.StatusInternalServerError)
		return
	}
	w.WriteHeader(status)
	_, _ = w.Write(raw) //nolint:gosec // XML that the encoder escaped; the client may have gone
}

type errorResponse struct {
	XMLName   xml.Name `xml:"ErrorResponse"`
	Namespace string   `xml:"xmlns,attr"`
	Type      string   `xml:"Error>Type"`
	Code      string   `xml:"Error>Code"`
	Message   string   `xml:"Error>Message"`
	RequestID string   `xml:"RequestId"`
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request) (*assumeRoleResponse, *awsapi.Error) {
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	if r.Method != http.MethodPost || strings.TrimSuffix(r.URL.Path, "/") != "" || r.URL.RawQuery != "" || r.ParseForm() != nil {
		return nil, awsapi.Errorf("MalformedInput", "The development host wants a form of at most %d bytes, posted to the root.", maxBody)
	}
	action := r.PostForm.Get("Action")
	if action != operationAssumeRole || r.PostForm.Get("Version") != version {
		return nil, awsapi.Errorf("InvalidAction", "Could not find operation %s for version %s", action, r.PostForm.Get("Version"))
	}
	if failed := awsapi.CheckSignature(r, "sts", s.options.Region); failed != nil {
		return nil, failed
	}
	before, after := s.options.Faults.Take(action)
	if before != nil {
		return nil, before
	}
	answer, failed := s.assumeRole(r)
	if after != nil {
		return nil, after
	}
	return answer, failed
}
