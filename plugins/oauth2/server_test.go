package oauth2_test

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hookstep-dev/hookstep/plugins/oauth2"
	"github.com/hookstep-dev/hookstep/plugins/oauth2/authserver"
	"github.com/hookstep-dev/hookstep/sdk/connection"
	"github.com/hookstep-dev/hookstep/sdk/fault"
)

const callback = "https://hooks.example.com/oauth2/callback"

// host does what a host does for a connection: it keeps state and verifier, and sends a person to the authorization server.
type host struct {
	provider connection.Provider
	settings connection.Settings
	verifier string
}

func newHost(options, fields connection.Values) *host {
	return &host{oauth2.New(), connection.Settings{Type: oauth2.AuthorizationCode, Options: options, Fields: fields}, rand.Text() + rand.Text()}
}

// discovering is a host whose connection knows the issuer alone.
func discovering(t *testing.T, server *authserver.Server, client authserver.Client) *host {
	t.Helper()
	return newHost(connection.Values{"discover": server.Issuer},
		connection.Values{"clientId": client.ID, "clientSecret": client.Secret, "scopes": "openid offline_access read"})
}

func register(t *testing.T, server *authserver.Server, client authserver.Client) authserver.Client {
	t.Helper()
	if client.Grants == nil {
		client.RedirectURLs = []string{callback}
	}
	known, err := server.Register(t.Context(), client)
	if err != nil {
		t.Fatal(err)
	}
	return known
}

// authorized sends a person, and gives what comes back.
func (h *host) authorized(t *testing.T) connection.Exchange {
	t.Helper()
	challenge := sha256.Sum256([]byte(h.verifier))
	state := rand.Text()
	link, err := h.provider.BeginAuthorize(t.Context(), connection.Begin{
		Settings: h.settings, RedirectURL: callback, State: state, CodeChallenge: base64.RawURLEncoding.EncodeToString(challenge[:]),
	})
	if err != nil {
		t.Fatal(err)
	}
	back, err := authserver.NewBrowser("ada").Authorize(t.Context(), link)
	if err != nil {
		t.Fatal(err)
	}
	if got := back.Query().Get("state"); got != state || !strings.HasPrefix(back.String(), callback+"?") {
		t.Fatalf("redirected to %s", back)
	}
	return connection.Exchange{Settings: h.settings, RedirectURL: callback, CodeVerifier: h.verifier, Parameters: pairs(back.Query())}
}

func (h *host) token(t *testing.T) connection.Token {
	t.Helper()
	token, err := h.provider.Exchange(t.Context(), h.authorized(t))
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func (h *host) refresh(t *testing.T, token connection.Token) connection.Token {
	t.Helper()
	renewed, err := h.provider.Refresh(t.Context(), h.settings, token)
	if err != nil {
		t.Fatal(err)
	}
	return renewed
}

func pairs(query url.Values) []connection.Pair {
	var all []connection.Pair
	for key, values := range query {
		for _, value := range values {
			if key != "state" {
				all = append(all, connection.Pair{Key: key, Value: value})
			}
		}
	}
	return all
}

func member(t *testing.T, token connection.Token, key string) string {
	t.Helper()
	var object map[string]any
	if err := json.Unmarshal(token.Response, &object); err != nil {
		t.Fatal(err)
	}
	text, _ := object[key].(string)
	return text
}

func wantActive(t *testing.T, server *authserver.Server, client authserver.Client, token string, want bool) {
	t.Helper()
	active, err := server.Introspect(t.Context(), client, token)
	if err != nil || active != want {
		t.Errorf("the token is active: %t, %v; want %t", active, err, want)
	}
}

func wantCode(t *testing.T, err error, want fault.Code) {
	t.Helper()
	if !fault.Is(err, want) {
		t.Errorf("error %v, want one of code %s", err, want)
	}
}

// The whole life of a connection against each server, with each way in which a client shows itself.
func TestLife(t *testing.T) {
	t.Parallel()
	for _, kind := range []authserver.Kind{authserver.Certified, authserver.Plain} {
		server := authserver.ForTest(t, authserver.Options{Kind: kind, AccessTokenLife: 10 * time.Minute})
		for style, method := range map[string]string{"header": "client_secret_basic", "body": "client_secret_post"} {
			t.Run(string(kind)+" "+style, func(t *testing.T) {
				t.Parallel()
				client := register(t, server, authserver.Client{AuthMethod: method})
				h := discovering(t, server, client)
				h.settings.Options["authStyle"] = style
				begun := time.Now()
				token := h.token(t)
				wantActive(t, server, client, member(t, token, "access_token"), true)
				if life := token.ExpiresAt.Sub(token.ObtainedAt); !token.Renews || life < 9*time.Minute || life > 10*time.Minute || token.ObtainedAt.Before(begun) {
					t.Errorf("a token for %s, renewable: %t", life, token.Renews)
				}
				renewed := h.refresh(t, token)
				if member(t, renewed, "access_token") == member(t, token, "access_token") || member(t, renewed, "refresh_token") == "" {
					t.Error("the token is not renewed")
				}
				if err := h.provider.Revoke(t.Context(), h.settings, renewed); err != nil {
					t.Fatal(err)
				}
				wantActive(t, server, client, member(t, renewed, "access_token"), false)
				_, err := h.provider.Refresh(t.Context(), h.settings, renewed)
				wantCode(t, err, fault.Reauthorize)
				if err := h.provider.Revoke(t.Context(), h.settings, renewed); err != nil {
					t.Errorf("revoking what is revoked: %v", err)
				}
			})
		}
	}
}

func TestWhatTheServiceTellsIsKept(t *testing.T) {
	t.Parallel()
	server := authserver.ForTest(t, authserver.Options{Kind: authserver.Plain})
	h := discovering(t, server, register(t, server, authserver.Client{}))
	exchange := h.authorized(t)
	exchange.Parameters = append(exchange.Parameters, connection.Pair{Key: "realmId", Value: "4620"}, connection.Pair{Key: "session_state", Value: "x"})
	token, err := h.provider.Exchange(t.Context(), exchange)
	if err != nil {
		t.Fatal(err)
	}
	renewed := h.refresh(t, token)
	for name, got := range map[string]connection.Token{"first": token, "renewed": renewed} {
		if member(t, got, "account_id") != "account-of-ada" || string(got.Context) != `{"realmId":"4620"}` {
			t.Errorf("%s: account %q, context %s", name, member(t, got, "account_id"), got.Context)
		}
	}
}

func TestWrongVerifier(t *testing.T) {
	t.Parallel()
	for _, kind := range []authserver.Kind{authserver.Certified, authserver.Plain} {
		server := authserver.ForTest(t, authserver.Options{Kind: kind})
		h := discovering(t, server, register(t, server, authserver.Client{}))
		exchange := h.authorized(t)
		exchange.CodeVerifier = rand.Text() + rand.Text()
		_, err := h.provider.Exchange(t.Context(), exchange)
		wantCode(t, err, fault.Reauthorize)
	}
}

// A code that comes twice was stolen: the certified server ends the grant, and with it the token that the first one got.
func TestReplayedCode(t *testing.T) {
	t.Parallel()
	server := authserver.ForTest(t, authserver.Options{})
	client := register(t, server, authserver.Client{})
	h := discovering(t, server, client)
	exchange := h.authorized(t)
	token, err := h.provider.Exchange(t.Context(), exchange)
	if err != nil {
		t.Fatal(err)
	}
	wantActive(t, server, client, member(t, token, "access_token"), true)
	_, err = h.provider.Exchange(t.Context(), exchange)
	wantCode(t, err, fault.Reauthorize)
	wantActive(t, server, client, member(t, token, "access_token"), false)
	_, err = h.provider.Refresh(t.Context(), h.settings, token)
	wantCode(t, err, fault.Reauthorize)
}

// With rotation each refresh token is good once. Its second use ends the grant, the newer token included.
func TestReusedRefreshToken(t *testing.T) {
	t.Parallel()
	server := authserver.ForTest(t, authserver.Options{})
	client := register(t, server, authserver.Client{})
	h := discovering(t, server, client)
	token := h.token(t)
	renewed := h.refresh(t, token)
	if member(t, renewed, "refresh_token") == member(t, token, "refresh_token") {
		t.Fatal("the server does not rotate refresh tokens")
	}
	_, err := h.provider.Refresh(t.Context(), h.settings, token)
	wantCode(t, err, fault.Reauthorize)
	wantActive(t, server, client, member(t, renewed, "access_token"), false)
	_, err = h.provider.Refresh(t.Context(), h.settings, renewed)
	wantCode(t, err, fault.Reauthorize)
}

// Without rotation the answer of the plain server has no refresh token: the old one stays.
func TestKeptRefreshToken(t *testing.T) {
	t.Parallel()
	for _, kind := range []authserver.Kind{authserver.Certified, authserver.Plain} {
		server := authserver.ForTest(t, authserver.Options{Kind: kind, KeepRefreshTokens: true})
		h := discovering(t, server, register(t, server, authserver.Client{}))
		token := h.token(t)
		renewed := h.refresh(t, h.refresh(t, token))
		if got := member(t, renewed, "refresh_token"); got == "" || got != member(t, token, "refresh_token") || !renewed.Renews {
			t.Errorf("%s: the refresh token is not kept", kind)
		}
	}
}

// An answer that is lost in transit may have spent the refresh token. Both outcomes are told apart by trying again.
func TestLostAnswer(t *testing.T) {
	t.Parallel()
	server := authserver.ForTest(t, authserver.Options{})
	h := discovering(t, server, register(t, server, authserver.Client{}))
	token := h.token(t)
	server.Lose(1)
	_, err := h.provider.Refresh(t.Context(), h.settings, token)
	wantCode(t, err, fault.Unreachable)
	_, err = h.provider.Refresh(t.Context(), h.settings, token)
	wantCode(t, err, fault.Reauthorize)
	want := authserver.Counts{Tokens: map[string]int{"authorization_code": 1, "refresh_token": 2}}
	if diff := cmp.Diff(want, server.Counts()); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
}

func TestIssuerOfTheRedirect(t *testing.T) {
	t.Parallel()
	server := authserver.ForTest(t, authserver.Options{})
	h := discovering(t, server, register(t, server, authserver.Client{}))
	genuine := h.authorized(t)
	for name, change := range map[string]func(connection.Pair) []connection.Pair{
		"another": func(connection.Pair) []connection.Pair {
			return []connection.Pair{{Key: "iss", Value: "https://evil.example"}}
		},
		"missing": func(connection.Pair) []connection.Pair { return nil },
		"twice": func(iss connection.Pair) []connection.Pair {
			return []connection.Pair{iss, {Key: "iss", Value: "https://evil.example"}}
		},
	} {
		exchange := genuine
		exchange.Parameters = nil
		for _, each := range genuine.Parameters {
			if each.Key == "iss" {
				exchange.Parameters = append(exchange.Parameters, change(each)...)
			} else {
				exchange.Parameters = append(exchange.Parameters, each)
			}
		}
		if _, err := h.provider.Exchange(t.Context(), exchange); err == nil {
			t.Errorf("%s: iss is not checked", name)
		}
	}
	if sent := server.Counts().Tokens["authorization_code"]; sent != 0 {
		t.Errorf("%d codes were sent to the token endpoint, want none", sent)
	}
	if _, err := h.provider.Exchange(t.Context(), genuine); err != nil {
		t.Errorf("the genuine redirect: %v", err)
	}
}

func TestClientCredentials(t *testing.T) {
	t.Parallel()
	for _, kind := range []authserver.Kind{authserver.Certified, authserver.Plain} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			server := authserver.ForTest(t, authserver.Options{Kind: kind})
			client := register(t, server, authserver.Client{Grants: []string{"client_credentials"}})
			provider, settings := oauth2.New(), connection.Settings{Type: oauth2.ClientCredentials, Fields: connection.Values{
				"tokenUrl": server.TokenURL, "clientId": client.ID, "clientSecret": client.Secret, "scopes": "read write",
			}}
			token, err := provider.Refresh(t.Context(), settings, connection.Token{})
			if err != nil {
				t.Fatal(err)
			}
			wantActive(t, server, client, member(t, token, "access_token"), true)
			if token.ExpiresAt.IsZero() {
				t.Error("it is not known when the token ends")
			}
			again, err := provider.Refresh(t.Context(), settings, token)
			if err != nil || member(t, again, "access_token") == member(t, token, "access_token") {
				t.Errorf("the second token is the first, or none: %v", err)
			}
			settings.Fields["clientSecret"] = "canary-of-a-secret"
			_, err = provider.Refresh(t.Context(), settings, token)
			wantCode(t, err, fault.Misconfigured)
			if err != nil && (strings.Contains(err.Error(), "canary") || !strings.Contains(err.Error(), "check the client ID")) {
				t.Errorf("error %q", err)
			}
		})
	}
}
