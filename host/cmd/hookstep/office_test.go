package main_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/hookstep-dev/hookstep/plugins/oauth2/authserver"
)

// officeIntegration has a connection that a person authorizes, and one that a program has by itself. ISSUER and SERVICE are filled in.
const officeIntegration = `
name: Office
configVars:
  Person:
    type: connection
    connection: authorizationCode
    discover: ISSUER
    fields: {scopes: openid offline_access read}
    hosts: ["SERVICE"]
    test: SERVICE/me
  Robot: {type: connection, connection: clientCredentials, discover: ISSUER, fields: {scopes: read}, hosts: ["SERVICE"]}
flows:
  - name: By fetch
    synchronous: true
    steps:
      - name: Ask
        code: |
          module.exports = async () => {
            const answer = await fetch("SERVICE/me", { connection: "Person" });
            return { data: { status: answer.status } };
          };
  - name: By token
    synchronous: true
    steps:
      - name: Ask
        code: |
          module.exports = async ({ configVars }) => {
            const headers = { Authorization: "Bearer " + configVars.Person.token.access_token };
            return { data: { status: (await fetch("SERVICE/me", { headers })).status } };
          };
  - name: As robot
    synchronous: true
    steps:
      - name: Ask
        code: |
          module.exports = async () => {
            const answer = await fetch("SERVICE/me", { connection: "Robot" });
            return { data: { status: answer.status } };
          };
`

// office is a host in a folder, with a real authorization server, a service that asks that about tokens, and the address under which
// browsers reach the host.
type office struct {
	t       *testing.T
	folder  string
	server  *authserver.Server
	person  authserver.Client
	robot   authserver.Client
	service *bureau
	door    *door
	host    *hostUnderTest
}

func newOffice(t *testing.T, options authserver.Options) *office {
	t.Helper()
	made := &office{t: t, folder: t.TempDir(), server: authserver.ForTest(t, options), door: newDoor(t)}
	made.person = made.register(authserver.Client{RedirectURLs: []string{made.door.URL + "/oauth2/callback"}})
	made.robot = made.register(authserver.Client{Grants: []string{"client_credentials"}})
	made.service = newBureau(t, made.server, made.person)
	made.save("office/integration.yaml", strings.NewReplacer("ISSUER", made.server.Issuer, "SERVICE", made.service.URL).Replace(officeIntegration))
	made.save("hookstep.yaml", fmt.Sprintf("fetch: {allow: [127.0.0.1]}\noauth2: {callback: %q}\n", made.door.URL))
	return made
}

func (o *office) register(client authserver.Client) authserver.Client {
	o.t.Helper()
	known, err := o.server.Register(o.t.Context(), client)
	if err != nil {
		o.t.Fatal(err)
	}
	return known
}

func (o *office) save(path, text string) {
	o.t.Helper()
	path = filepath.Join(o.folder, path)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		o.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		o.t.Fatal(err)
	}
}

// serve starts a host, to which the door leads from now on.
func (o *office) serve(args ...string) {
	o.t.Helper()
	o.host = startServe(o.t, o.folder, args...)
	o.door.leadTo(o.t, o.host)
}

// kill ends the host as a loss of power would.
func (o *office) kill() {
	o.t.Helper()
	if err := o.host.server.command.Process.Kill(); err != nil {
		o.t.Fatal(err)
	}
	<-o.host.server.ended
}

// set fills in a connection of a client, as an operator does.
func (o *office) set(connection string, client authserver.Client, flags ...string) {
	o.t.Helper()
	o.save("id", client.ID+"\n")
	o.save("secret", client.Secret+"\n")
	o.cli(append([]string{"connections", "set", connection, "clientId=@id", "clientSecret=@secret"}, flags...)...)
}

func (o *office) command(args ...string) *exec.Cmd {
	made := exec.Command(filepath.Join(binary, "hookstep"), append(args, "--admin", o.host.admin)...)
	made.Dir = o.folder
	return made
}

// cli runs a command of an operator, which has to succeed, and gives what it prints.
func (o *office) cli(args ...string) string {
	o.t.Helper()
	command := o.command(args...)
	var out, failed bytes.Buffer
	command.Stdout, command.Stderr = &out, &failed
	if err := command.Run(); err != nil {
		o.t.Fatalf("hookstep %s: %v\n%s%s", strings.Join(args, " "), err, out.String(), failed.String())
	}
	return out.String()
}

// link gives a link to authorize Person with.
func (o *office) link() string {
	o.t.Helper()
	return strings.TrimSpace(o.cli("connections", "authorize", "Person", "--link"))
}

// walk goes with a browser to the authorization server, and gives where that sends it.
func (o *office) walk(browser *authserver.Browser, link string) *url.URL {
	o.t.Helper()
	back, err := browser.Authorize(o.t.Context(), link)
	if err != nil {
		o.t.Fatal(err)
	}
	if !strings.HasPrefix(back.String(), o.door.URL+"/oauth2/callback?") {
		o.t.Fatalf("the browser is sent to %s", back)
	}
	return back
}

// open has a browser open a page of the host, which must have the status and the words.
func (o *office) open(browser *authserver.Browser, address string, status int, words string) {
	o.t.Helper()
	got, page, err := browser.Open(o.t.Context(), address)
	if err != nil || got != status || !strings.Contains(page, words) {
		o.t.Fatalf("a page with status %d, want %d and %q; %v:\n%s", got, status, words, err, page)
	}
}

// post calls a flow.
func (o *office) post(path, body string) (status int, answer string) {
	o.t.Helper()
	response, err := o.host.client.Post(o.host.hooks+"/hooks/"+path, "application/json", strings.NewReader(body))
	if err != nil {
		o.t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		o.t.Fatal(err)
	}
	return response.StatusCode, string(text)
}

// works holds that a flow gets what it asks the service for, and gives the token that the service saw.
func (o *office) works(flow string) string {
	o.t.Helper()
	status, answer := o.post("office/"+flow, "{}")
	var told struct{ Status int }
	if err := json.Unmarshal([]byte(answer), &told); err != nil || status != http.StatusOK || told.Status != http.StatusOK {
		o.t.Fatalf("%s: %d %s %v", flow, status, answer, err)
	}
	return o.service.last()
}

// shows holds that a command of an operator prints a text.
func (o *office) shows(want string, args ...string) {
	o.t.Helper()
	if printed := o.cli(args...); !strings.Contains(strings.Join(strings.Fields(printed), " "), want) {
		o.t.Fatalf("hookstep %s: want %q in\n%s", strings.Join(args, " "), want, printed)
	}
}

// renewals are the tokens that were made of refresh tokens until now.
func (o *office) renewals() int { return o.server.Counts().Tokens["refresh_token"] }

// renewed waits until the host has renewed a token by itself.
func (o *office) renewed() {
	o.t.Helper()
	before := o.renewals()
	if err := poll(func() error {
		if o.renewals() == before {
			return errors.New("no token was renewed")
		}
		return nil
	}); err != nil {
		o.t.Fatal(err)
	}
}

// bureau is a service that answers who has a token that its authorization server calls good.
type bureau struct {
	*httptest.Server

	good    func(ctx context.Context, token string) (bool, error)
	lock    sync.Mutex
	seen    []string // good tokens
	banned  string   // the token that it does not take, whatever the authorization server says
	refused int
}

func newBureau(t *testing.T, server *authserver.Server, client authserver.Client) *bureau {
	t.Helper()
	made := &bureau{good: func(ctx context.Context, token string) (bool, error) { return server.Introspect(ctx, client, token) }}
	made.Server = httptest.NewServer(made.guard(func(writer http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(writer, `{}`) }))
	t.Cleanup(made.Close)
	return made
}

// guard lets nobody to a handler who has no good token.
func (b *bureau) guard(serve http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(writer http.ResponseWriter, request *http.Request) {
		token, _ := strings.CutPrefix(request.Header.Get("Authorization"), "Bearer ")
		good, err := b.good(request.Context(), token)
		b.lock.Lock()
		if good = good && token != b.banned; good {
			b.seen = append(b.seen, token)
		} else {
			b.refused++
		}
		b.lock.Unlock()
		switch {
		case err != nil:
			http.Error(writer, err.Error(), http.StatusInternalServerError)
		case !good:
			http.Error(writer, "no good token", http.StatusUnauthorized)
		default:
			serve(writer, request)
		}
	})
}

func (b *bureau) last() string {
	b.lock.Lock()
	defer b.lock.Unlock()
	if len(b.seen) == 0 {
		return ""
	}
	return b.seen[len(b.seen)-1]
}

func (b *bureau) tokens() []string {
	b.lock.Lock()
	defer b.lock.Unlock()
	return slices.Clone(b.seen)
}

// ban has a token refused from now on, as a service does that ends a session.
func (b *bureau) ban(token string) {
	b.lock.Lock()
	defer b.lock.Unlock()
	b.banned = token
}

func (b *bureau) refusals() int {
	b.lock.Lock()
	defer b.lock.Unlock()
	return b.refused
}

// door is the address under which browsers reach whichever host there is, as a load balancer's.
type door struct {
	*httptest.Server

	to atomic.Pointer[url.URL]
}

func newDoor(t *testing.T) *door {
	t.Helper()
	made := &door{}
	made.Server = httptest.NewServer(&httputil.ReverseProxy{Rewrite: func(request *httputil.ProxyRequest) { request.SetURL(made.to.Load()) }})
	t.Cleanup(made.Close)
	return made
}

func (d *door) leadTo(t *testing.T, host *hostUnderTest) {
	t.Helper()
	target, err := url.Parse(host.hooks)
	if err != nil {
		t.Fatal(err)
	}
	d.to.Store(target)
}
