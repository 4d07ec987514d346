package scope_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/scope"
	"github.com/hookstep-dev/hookstep/sdk/hostapi"
)

// held is a credential that goes to hosts as integration.yaml names them.
type held struct {
	hosts   []string
	headers map[string]string
	query   map[string]string
	signs   bool // adds what was signed as a header
	secrets []scope.Secret
	again   func() (scope.Credential, error)
}

func (h *held) Hosts() []string         { return h.hosts }
func (h *held) Secrets() []scope.Secret { return h.secrets }
func (h *held) Allows(target *url.URL) bool {
	return slices.ContainsFunc(h.hosts, func(host string) bool {
		pattern, err := integration.ParseHostPattern(host)
		return err == nil && pattern.Matches(target)
	})
}

func (h *held) Add(_ context.Context, request *http.Request, body []byte) error {
	for name, value := range h.headers {
		request.Header.Set(name, value)
	}
	for name, value := range h.query {
		request.URL.RawQuery = strings.TrimPrefix(request.URL.RawQuery+"&"+name+"="+url.QueryEscape(value), "&")
	}
	if h.signs {
		request.Header.Set("Signature", signature(request.Method, request.URL.RequestURI(), body))
	}
	return nil
}

func signature(method, uri string, body []byte) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s %s %s", method, uri, body))
	return hex.EncodeToString(sum[:])
}

func (h *held) Again(context.Context) (scope.Credential, error) {
	if h.again == nil {
		return nil, nil //nolint:nilnil // there is none to be had
	}
	return h.again()
}

// secret is the value of the credential in these tests.
const secret = "s3cr3t/of+the&shop"

func bearer(hosts ...string) *held {
	return &held{hosts: hosts, headers: map[string]string{"Authorization": "Bearer " + secret}, secrets: []scope.Secret{{Name: "Shop API.apiKey", Value: secret}}}
}

func inQuery(hosts ...string) *held {
	return &held{hosts: hosts, query: map[string]string{"key": secret}, secrets: []scope.Secret{{Name: "Shop API.apiKey", Value: secret}}}
}

// credentials are held by the names of their connections.
type credentials map[string]scope.Credential

func (c credentials) Credential(_ context.Context, _ *integration.Target, name string) (scope.Credential, error) {
	return c[name], nil
}

// call makes a call of code that is lent credentials.
func call(t *testing.T, held scope.Credentials, request hostapi.FetchRequest) (hostapi.FetchResponse, error) {
	t.Helper()
	running := execution(0)
	running.Target.Integration.ConfigVars = []integration.ConfigVar{
		{Name: "App Base URL", Type: integration.VarString}, {Name: "Shop API", Type: integration.VarConnection}, {Name: "Bank", Type: integration.VarConnection},
	}
	shared := &scope.Shared{Log: slog.New(slog.DiscardHandler), Fetcher: fetcher(t, nil), Credentials: held}
	return shared.For(running, false).Fetch(t.Context(), request)
}

// shop makes a call with the connection "Shop API".
func shop(t *testing.T, credential scope.Credential, request hostapi.FetchRequest) (hostapi.FetchResponse, error) {
	t.Helper()
	request.Connection = "Shop API"
	return call(t, credentials{"Shop API": credential}, request)
}

// arrived is a request as a service saw it.
type arrived struct {
	Method, URI, Body string
	Header            http.Header
}

// service is a server that remembers what it was asked.
type service struct {
	URL string

	mu   sync.Mutex
	seen []arrived
}

func (s *service) requests() []arrived {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.seen)
}

// last is the request that came last.
func (s *service) last() arrived {
	all := s.requests()
	if len(all) == 0 {
		return arrived{Header: http.Header{}}
	}
	return all[len(all)-1]
}

// open serves with a handler; nil answers ok.
func listen(t *testing.T, tls bool, handler http.HandlerFunc) *service {
	t.Helper()
	made := &service{}
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(writer http.ResponseWriter, request *http.Request) {
		body, err := io.ReadAll(request.Body)
		if err != nil {
			t.Error(err)
		}
		made.mu.Lock()
		made.seen = append(made.seen, arrived{request.Method, request.RequestURI, string(body), request.Header.Clone()})
		made.mu.Unlock()
		if handler != nil {
			handler(writer, request)
			return
		}
		_, _ = io.WriteString(writer, "ok")
	}))
	if tls {
		server.StartTLS()
	} else {
		server.Start()
	}
	t.Cleanup(server.Close)
	made.URL = server.URL
	return made
}

// to answers with a redirect.
func to(status int, location string) http.HandlerFunc {
	return func(writer http.ResponseWriter, _ *http.Request) {
		writer.Header().Set("Location", location)
		writer.WriteHeader(status)
	}
}

func requireNoSecret(t *testing.T, where, text string) {
	t.Helper()
	for _, form := range []string{secret, url.QueryEscape(secret), url.PathEscape(secret)} {
		if strings.Contains(text, form) {
			t.Errorf("%s tells the secret: %s", where, text)
		}
	}
}
