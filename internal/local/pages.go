package main

import (
	_ "embed"
	"encoding/json"
	"html/template"
	"net"
	"net/http"
	"net/netip"
	"strings"

	"hearth/internal/local/docs"
	"hearth/internal/local/mailbox"
	"hearth/internal/product"
)

// pages are the routes that the development host has besides the API's.
type pages struct {
	host *host
	mux  *http.ServeMux
	// openAPI is the API's description, made once.
	openAPI []byte
}

//go:embed home.html
var homeHTML string

var homeTemplate = template.Must(template.New("home").Parse(homeHTML))

// homePolicy lets the page show mails, in frames without scripts, and no more.
const homePolicy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-src 'self'; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

func newPages(h *host) (*pages, error) {
	page, err := docs.New(h.options.nodeModules())
	if err != nil {
		return nil, err
	}
	document, err := product.OpenAPI()
	if err != nil {
		return nil, err
	}
	p := &pages{host: h, mux: http.NewServeMux(), openAPI: document}
	p.mux.HandleFunc("GET /_local/{$}", p.home)
	p.mux.Handle("GET /_local", http.RedirectHandler("/_local/", http.StatusSeeOther))
	p.mux.HandleFunc("GET /_local/config", p.config)
	p.mux.HandleFunc("GET /_local/mail", p.mail)
	p.mux.HandleFunc("POST /_local/maintenance", p.maintenance)
	p.mux.HandleFunc("GET /openapi.json", p.document)
	p.mux.Handle("GET /docs", page)
	p.mux.Handle("GET /docs/", page)
	return p, nil
}

// before answers the host's own routes and leaves every other request to the
// API, as it came: http.ServeMux would redirect paths that API Gateway does not.
func (p *pages) before(api http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !isOwn(r) {
			api.ServeHTTP(w, r)
			return
		}
		// A page of another site whose name was pointed at this machine must
		// not read codes and links.
		if !isLoopback(r.Host) {
			http.Error(w, "the development host answers under localhost alone", http.StatusForbidden)
			return
		}
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("Cache-Control", "no-store")
		p.mux.ServeHTTP(w, r)
	})
}

func isOwn(r *http.Request) bool {
	path := r.URL.Path
	if path == "/_local" || strings.HasPrefix(path, "/_local/") {
		return true
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		return false
	}
	return path == "/openapi.json" || path == "/docs" || strings.HasPrefix(path, "/docs/")
}

func isLoopback(hostport string) bool {
	name := hostport
	if host, _, err := net.SplitHostPort(hostport); err == nil {
		name = host
	}
	name = strings.TrimSuffix(strings.ToLower(strings.Trim(name, "[]")), ".")
	if address, err := netip.ParseAddr(name); err == nil {
		return address.IsLoopback()
	}
	return name == "localhost" || strings.HasSuffix(name, ".localhost")
}

func (p *pages) config(w http.ResponseWriter, _ *http.Request) { writeJSON(w, p.host.Config) }

func (p *pages) mail(w http.ResponseWriter, r *http.Request) {
	writeJSON(w, struct {
		Items []mailbox.Mail `json:"items"`
	}{p.host.Mail.List(r.URL.Query().Get("to"))})
}

func (p *pages) document(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(p.openAPI) // the client may have gone
}

func (p *pages) home(w http.ResponseWriter, r *http.Request) {
	to := strings.TrimSpace(r.URL.Query().Get("to"))
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", homePolicy)
	w.Header().Set("Referrer-Policy", "no-referrer")
	err := homeTemplate.Execute(w, struct {
		Config hostConfig
		To     string
		Mails  []mailbox.Mail
	}{p.host.Config, to, p.host.Mail.List(to)})
	if err != nil {
		p.host.options.Log.WarnContext(r.Context(), "mail page not written", "error", err)
	}
}

func writeJSON(w http.ResponseWriter, value any) {
	body, err := json.MarshalIndent(value, "", "  ")
	if err != nil {
		http.Error(w, "cannot be written as JSON", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(append(body, '\n')) // the client may have gone
}
