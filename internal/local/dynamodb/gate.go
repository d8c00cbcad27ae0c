// Package dynamodb stands before DynamoDB Local, which ignores IAM, and does for
// the credentials of internal/local/sts what the role's policy does on AWS:
// item by item, also inside transactions and batches, it refuses what is not
// the account's own, a Scan, and every operation that it does not know.
//
// Credentials that STS did not give out are ordinary ones and pass. Signatures
// are not verified, so that any static credentials do; but whoever presents a
// session's access key must present its token, too.
package dynamodb

import (
	"bytes"
	"io"
	"log/slog"
	"net/http"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"

	"hearth/internal/dynamo"
	"hearth/internal/dynamo/itemaction"
	"hearth/internal/local/awsapi"
	"hearth/internal/local/sts"
	hearthsts "hearth/internal/sts"
)

const (
	contentType  = "application/x-amz-json-1.0"
	targetPrefix = "DynamoDB_20120810."
	// maxBody is that of DynamoDB.
	maxBody = 16 << 20
)

// Sessions are the sessions of the role, as STS knows them.
type Sessions interface {
	// Session returns the session that an access key and a token belong to.
	Session(accessKeyID, token string) (sts.Session, *awsapi.Error)
}

// Options are what a gate needs; all but Log are required.
type Options struct {
	// Engine is the endpoint of DynamoDB Local.
	Engine   *url.URL
	Region   string
	Sessions Sessions
	// Log gets what went wrong on the way to the engine; nil discards it.
	Log *slog.Logger
}

// Gate is the endpoint. It is safe for concurrent use.
type Gate struct {
	options Options
	engine  *httputil.ReverseProxy
}

// New returns a gate before an engine.
func New(o Options) *Gate {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &Gate{options: o, engine: &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(o.Engine) },
		// Bodies pass as they are.
		Transport: &http.Transport{DisableCompression: true, MaxIdleConnsPerHost: 64},
		ErrorLog:  slog.NewLogLogger(o.Log.Handler(), slog.LevelWarn),
	}}
}

// ServeHTTP lets a request pass or refuses it.
func (g *Gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	key := accessKeyID(r.Header.Get("Authorization"))
	if strings.HasPrefix(key, sts.KeyPrefix) {
		if refused := g.check(w, r, key); refused != nil {
			w.Header().Set("X-Amzn-Requestid", awsapi.NewRequestID())
			awsapi.WriteError(w, contentType, refused)
			return
		}
	}
	g.engine.ServeHTTP(w, r)
}

// accessKeyID is that of a Signature Version 4 header, empty where there is
// none.
func accessKeyID(authorization string) string {
	_, after, _ := strings.Cut(authorization, "Credential=")
	key, _, _ := strings.Cut(after, "/")
	return key
}

// check answers why a session may not do what it asks for; nil if it may.
func (g *Gate) check(w http.ResponseWriter, r *http.Request, key string) *awsapi.Error {
	session, failed := g.options.Sessions.Session(key, r.Header.Get("X-Amz-Security-Token"))
	if failed != nil {
		return failed
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		return awsapi.Errorf("SerializationException", "The body has more than %d bytes or broke off.", maxBody)
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	r.ContentLength = int64(len(body))
	operation, _ := strings.CutPrefix(r.Header.Get("X-Amz-Target"), targetPrefix)
	actions, err := itemaction.Of(operation, body)
	if err != nil { // another operation, or none that can be understood
		return g.denied(session, itemaction.Action{Name: operation, Table: "*"})
	}
	for _, action := range actions {
		if !allowed(session, action) {
			return g.denied(session, action)
		}
	}
	return nil
}

// allowed is the role's policy.
func allowed(s sts.Session, a itemaction.Action) bool {
	only := func(partition string) bool {
		return len(a.LeadingKeys) > 0 && !slices.ContainsFunc(a.LeadingKeys, func(key string) bool { return key != partition })
	}
	switch {
	case a.Index != "":
		return false
	case slices.Contains(dynamo.DataActions, a.Name) && only(dynamo.DataPartition(s.Tags[hearthsts.AccountTag])):
		return true
	}
	return slices.Contains(dynamo.UserActions, a.Name) && only(dynamo.UserPartition(s.Tags[hearthsts.UserTag]))
}

// denied is the error in the words of AWS.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
func (g *Gate) denied(s sts.Session, a itemaction.Action) *awsapi.Error {
	resource := "arn:aws:dynamodb:" + g.options.Region + ":" + sts.AWSAccountID + ":table/" + a.Table
	if a.Index != "" {
		resource += "/index/" + a.Index
	}
	return awsapi.Errorf("AccessDeniedException", "User: %s is not authorized to perform: dynamodb:%s on resource: %s "+
		"because no identity-based policy allows the dynamodb:%s action", s.ARN, a.Name, resource, a.Name)
}
