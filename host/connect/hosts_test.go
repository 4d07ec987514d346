package connect_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/hookstep-dev/hookstep/host/connect"
	"github.com/hookstep-dev/hookstep/host/store"
	"github.com/hookstep-dev/hookstep/host/store/postgres/scratch"
	"github.com/hookstep-dev/hookstep/plugins/oauth2/authserver"
	"github.com/hookstep-dev/hookstep/sdk/connection"
)

// together makes the cluster of a test, and its first host, at whose callback browsers come back.
func together(t *testing.T, fields func(callback string) (fields, options connection.Values)) (*cluster, *host) {
	t.Helper()
	var first *host
	site := httptest.NewServer(http.HandlerFunc(func(writer http.ResponseWriter, request *http.Request) {
		first.room.Handler().ServeHTTP(writer, request)
	}))
	t.Cleanup(site.Close)
	made := &cluster{Database: scratch.ForTest(t).URL(), Keys: t.TempDir(), Callback: site.URL + connect.CallbackPath, Holder: "first"}
	made.Fields, made.Options = fields(made.Callback)
	ctx := context.WithoutCancel(t.Context())
	var err error
	if first, err = made.host(ctx, slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := first.close(); err != nil {
			t.Error(err)
		}
	})
	return made, first
}

// TestEightHostsRenewOneTokenFiveTimes is on a certified authorization server whose refresh tokens are good once: one that is used
// again ends the grant. Hosts and providers are processes of their own.
func TestEightHostsRenewOneTokenFiveTimes(t *testing.T) {
	t.Parallel()
	const hosts, expiries = 8, 5
	server := authserver.ForTest(t, authserver.Options{AccessTokenLife: time.Hour})
	var client authserver.Client
	of, first := together(t, func(callback string) (fields, options connection.Values) {
		var err error
		if client, err = server.Register(t.Context(), authserver.Client{RedirectURLs: []string{callback}}); err != nil {
			t.Fatal(err)
		}
		return connection.Values{
			"authorizeUrl": server.AuthorizeURL, "tokenUrl": server.TokenURL, "clientId": client.ID, "clientSecret": client.Secret,
			"scopes": "openid offline_access",
		}, connection.Values{"authorizeParams": "prompt=consent", "issuer": server.Issuer}
	})
	authorizeAt(t, first)
	children := make([]*child, hosts)
	for i := range children {
		children[i] = of.start(t, fmt.Sprintf("child-%d", i))
	}
	for _, one := range children {
		one.ready()
	}
	valid := 0
	for expiry := range expiries {
		ahead := time.Duration(expiry+1) * (time.Hour + time.Minute)
		tokens := make([]string, hosts)
		var work sync.WaitGroup
		for i, one := range children {
			work.Go(func() {
				one.ask(ahead)
				tokens[i] = one.answer()
			})
		}
		work.Wait()
		for i, token := range tokens {
			active, err := server.Introspect(t.Context(), client, token)
			if err != nil || !active || token != tokens[0] {
				t.Errorf("expiry %d, host %d: the token is good: %v, %v", expiry, i, active, err)
				continue
			}
			valid++
		}
	}
	if n := server.Counts().Tokens["refresh_token"]; n != expiries || valid != hosts*expiries {
		t.Errorf("%d valid tokens of %d renewals, not %d of %d", valid, n, hosts*expiries, expiries)
	}
	last, err := first.token(t.Context(), (expiries+1)*(time.Hour+time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	if active, err := server.Introspect(t.Context(), client, last); err != nil || !active {
		t.Errorf("the grant is not alive in the end: %v, %v", active, err)
	}
}

// authorizeAt goes the whole way at a host with the browser of the authorization server's own kit.
func authorizeAt(t *testing.T, first *host) {
	t.Helper()
	begun, err := first.room.Authorize(t.Context(), key(), connect.Back{})
	if err != nil {
		t.Fatal(err)
	}
	browser := authserver.NewBrowser("ada")
	callback, err := browser.Authorize(t.Context(), begun.Link)
	if err != nil {
		t.Fatal(err)
	}
	status, page, err := browser.Open(t.Context(), callback.String())
	if err != nil || status != http.StatusOK || !strings.Contains(page, "is connected") {
		t.Fatalf("%d, %v: %s", status, err, page)
	}
}

// TestHolderThatIsKilled kills the host that renews after the service has given the new token, and before it is kept.
func TestHolderThatIsKilled(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("a claim has to run out")
	}
	for name, test := range map[string]struct {
		forgiving bool
		want      store.ConnectionStatus
	}{
		"a server with reuse detection": {false, store.ConnectionNeedsReconnect},
		"a server that forgives":        {true, store.ConnectionActive},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := newAuthority(t)
			server.forgiving = test.forgiving
			of, first := together(t, func(string) (fields, options connection.Values) {
				return server.fields("authorizationCode"), nil
			})
			authorizeAt(t, first)
			reached, killed := make(chan struct{}), make(chan struct{})
			var once sync.Once
			server.meddle = func(http.ResponseWriter, *http.Request) bool {
				once.Do(func() {
					close(reached)
					<-killed
				})
				return false
			}
			holder, other := of.start(t, "holder"), of.start(t, "other")
			holder.ready()
			other.ready()
			holder.ask(tokenLife + time.Minute)
			<-reached
			holder.kill()
			close(killed)
			other.ask(tokenLife + time.Minute)
			token := other.answer()
			if n := server.count("refresh_token"); n != 2 {
				t.Errorf("the service was asked %d times, not twice", n)
			}
			if alive := test.want == store.ConnectionActive; server.good(token) != alive {
				t.Errorf("the other host has the token %q", token)
			}
			shown, err := first.room.Show(t.Context(), key())
			if err != nil || shown.Status.Status != test.want {
				t.Errorf("shown: %+v, %v", shown.Status, err)
			}
		})
	}
}

// TestProviderThatIsKilled kills the provider's process while it waits for the service's answer.
func TestProviderThatIsKilled(t *testing.T) {
	t.Parallel()
	log := &book{}
	processes := provider(slog.New(slog.NewTextHandler(log, nil)))
	t.Cleanup(func() {
		if err := processes.Close(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	s := newSite(t, func(options *connect.Options) { options.Providers = processes })
	s.authority.forgiving = true
	s.authorize()
	reached, killed := make(chan struct{}), make(chan struct{})
	var once sync.Once
	s.authority.meddle = func(http.ResponseWriter, *http.Request) bool {
		once.Do(func() {
			close(reached)
			<-killed
		})
		return false
	}
	s.clock.advance(tokenLife + time.Second)
	asked := make(chan string)
	go func() { asked <- s.token(0) }()
	<-reached
	for _, one := range processes.Stats() {
		if one.PID != 0 {
			if err := syscall.Kill(one.PID, syscall.SIGKILL); err != nil {
				t.Error(err)
			}
		}
	}
	close(killed)
	if token := <-asked; token != "" {
		t.Errorf("there is a token: %s", token)
	}
	s.clock.advance(time.Minute)
	if token := s.token(0); !s.authority.good(token) {
		t.Errorf("in a new process there is no good token, but %q\n%s\n%s", token, s.log, log)
	}
	if n := s.authority.count("refresh_token"); n != 2 {
		t.Errorf("the service was asked %d times, not twice", n)
	}
}
