package userpool

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"strings"
)

// discovery is the part of Cognito's openid-configuration that a pool without
// a domain of its own can serve: there is no authorization endpoint.
// https://docs.aws.amazon.com/cognito/latest/developerguide/federation-endpoints.html
type discovery struct {
	Issuer                           string   `json:"issuer"`
	JWKSURI                          string   `json:"jwks_uri"`
	ResponseTypesSupported           []string `json:"response_types_supported"`
	SubjectTypesSupported            []string `json:"subject_types_supported"`
	IDTokenSigningAlgValuesSupported []string `json:"id_token_signing_alg_values_supported"`
}

// serveDiscovery serves the documents by which tokens are verified.
func (p *Pool) serveDiscovery(w http.ResponseWriter, r *http.Request) {
	var body []byte
	var err error
	switch strings.TrimPrefix(r.URL.Path, "/"+p.options.PoolID+"/.well-known/") {
	case "jwks.json":
		body = p.signer.keySet
	case "openid-configuration":
		body, err = json.Marshal(discovery{
			Issuer: p.options.Issuer, JWKSURI: p.options.Issuer + "/.well-known/jwks.json",
			ResponseTypesSupported: []string{"code", "token"}, SubjectTypesSupported: []string{"public"},
			IDTokenSigningAlgValuesSupported: []string{"RS256"},
		})
	default:
		http.NotFound(w, r)
		return
	}
	if err != nil {
		p.answerError(w, r, "", err)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-cache")
	if _, err := w.Write(body); err != nil {
		p.options.Log.LogAttrs(r.Context(), slog.LevelDebug, "user pool answer not delivered", slog.String("error", err.Error()))
	}
}
