// Package authserver runs real OAuth 2.0 authorization servers for tests.
//
// Two servers by different hands run on Node, on a loopback port: oidc-provider, which is OpenID-certified, and
// @node-oauth/oauth2-server. Between them and their clients stands a front of this package, which counts requests and, when it is
// asked to, loses answers. `make authserver` installs them once for each machine, with a Node of the version that they want; tests need no
// network then.
package authserver

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"testing"
	"time"
)

// Kind is which server it is.
type Kind string

// The servers.
const (
	// Certified is oidc-provider: OpenID metadata, iss in redirects, PKCE required, refresh tokens that end a grant when they are
	// used twice.
	Certified Kind = "certified"
	// Plain is @node-oauth/oauth2-server: OAuth 2.0 metadata of an issuer with a path, no iss, an account_id in its token responses.
	Plain Kind = "plain"
)

// Options of a server. The zero ones are a certified server that rotates refresh tokens.
type Options struct {
	Kind              Kind
	AccessTokenLife   time.Duration // whole seconds; an hour if zero
	RefreshTokenLife  time.Duration // whole seconds; a day if zero
	KeepRefreshTokens bool          // a refresh token stays the same and may be used again
}

// Server is a running authorization server. Its methods may be called from several goroutines.
type Server struct {
	Issuer        string
	AuthorizeURL  string
	TokenURL      string
	RevokeURL     string
	IntrospectURL string
	registerURL   string

	node  *node
	front *front
	serve *http.Server
}

// Start starts a server. An error of ErrMissing's kind says what to install. Close must follow.
func Start(ctx context.Context, options Options) (*Server, error) {
	options = options.filled()
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	origin := "http://" + listener.Addr().String()
	started, err := startNode(ctx, options, origin+options.base())
	if err != nil {
		return nil, errors.Join(err, listener.Close())
	}
	made := newServer(options, origin)
	made.node = started
	made.front = newFront(started.address, made.TokenURL, made.RevokeURL)
	made.serve = &http.Server{Handler: made.front, ReadHeaderTimeout: time.Minute}
	go made.serve.Serve(listener) //nolint:errcheck // it ends with Close
	return made, nil
}

// ForTest starts a server that ends with the test. Where it is not installed, the test is skipped and says how to install it.
func ForTest(tb testing.TB, options Options) *Server {
	tb.Helper()
	started, err := Start(context.WithoutCancel(tb.Context()), options)
	if errors.Is(err, ErrMissing) {
		tb.Skipf("NOT TESTED: what needs an authorization server: %v", err)
	}
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := started.Close(); err != nil {
			tb.Error(err)
		}
	})
	return started
}

// Close ends the server.
func (s *Server) Close() error {
	return errors.Join(s.serve.Close(), s.node.end())
}

func (o Options) filled() Options {
	if o.Kind == "" {
		o.Kind = Certified
	}
	if o.AccessTokenLife == 0 {
		o.AccessTokenLife = time.Hour
	}
	if o.RefreshTokenLife == 0 {
		o.RefreshTokenLife = 24 * time.Hour
	}
	return o
}

// base is the path of the issuer.
func (o Options) base() string {
	if o.Kind == Plain {
		return "/plain"
	}
	return ""
}

func newServer(options Options, origin string) *Server {
	issuer := origin + options.base()
	if options.Kind == Plain {
		return &Server{
			Issuer: issuer, AuthorizeURL: issuer + "/authorize", TokenURL: issuer + "/token", RevokeURL: issuer + "/revoke",
			IntrospectURL: issuer + "/introspect", registerURL: issuer + "/register",
		}
	}
	return &Server{
		Issuer: issuer, AuthorizeURL: issuer + "/auth", TokenURL: issuer + "/token", RevokeURL: issuer + "/token/revocation",
		IntrospectURL: issuer + "/token/introspection", registerURL: issuer + "/reg",
	}
}

// String names the server.
func (s *Server) String() string { return fmt.Sprintf("authorization server %s", s.Issuer) }
