package authserver_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hookstep-dev/hookstep/plugins/oauth2/authserver"
)

// Each server gives a token to a person who logs in, tells of it, and forgets it; the front counts, and loses what it is told to.
func TestServers(t *testing.T) {
	t.Parallel()
	for _, kind := range []authserver.Kind{authserver.Certified, authserver.Plain} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			server := authserver.ForTest(t, authserver.Options{Kind: kind, AccessTokenLife: 90 * time.Second})
			client, err := server.Register(t.Context(), authserver.Client{RedirectURLs: []string{"http://127.0.0.1:1/callback"}})
			if err != nil {
				t.Fatal(err)
			}
			token := authorize(t, server, client)
			if token.ExpiresIn < 80 || token.ExpiresIn > 90 || token.Refresh == "" {
				t.Errorf("a token for %d s, renewable: %t", token.ExpiresIn, token.Refresh != "")
			}
			if active, err := server.Introspect(t.Context(), client, token.Access); err != nil || !active {
				t.Errorf("a new token is active: %t, %v", active, err)
			}
			server.Lose(1)
			if answer, err := post(t, client, server.TokenURL, url.Values{"grant_type": {"refresh_token"}, "refresh_token": {token.Refresh}}); err == nil {
				t.Errorf("a lost answer came: %s", answer.Status)
			}
			answer, err := post(t, client, server.RevokeURL, url.Values{"token": {token.Access}})
			if err != nil || answer.StatusCode != http.StatusOK {
				t.Errorf("revoking gave %v, %v", answer, err)
			}
			if active, err := server.Introspect(t.Context(), client, token.Access); err != nil || active {
				t.Errorf("a revoked token is active: %t, %v", active, err)
			}
			want := authserver.Counts{Tokens: map[string]int{"authorization_code": 1, "refresh_token": 1}, Revocations: 1}
			if diff := cmp.Diff(want, server.Counts()); diff != "" {
				t.Errorf("counts (-want +got):\n%s", diff)
			}
		})
	}
}

type token struct {
	Access    string `json:"access_token"`
	Refresh   string `json:"refresh_token"`
	ExpiresIn int    `json:"expires_in"`
}

func authorize(t *testing.T, server *authserver.Server, client authserver.Client) token {
	t.Helper()
	const verifier = "a-verifier-that-is-as-long-as-the-standard-wants-it"
	challenge := sha256.Sum256([]byte(verifier))
	query := url.Values{
		"response_type": {"code"}, "client_id": {client.ID}, "redirect_uri": client.RedirectURLs, "state": {"a-state"}, "scope": {"read"},
		"code_challenge": {base64.RawURLEncoding.EncodeToString(challenge[:])}, "code_challenge_method": {"S256"},
	}
	back, err := authserver.NewBrowser("ada").Authorize(t.Context(), server.AuthorizeURL+"?"+query.Encode())
	if err != nil {
		t.Fatal(err)
	}
	if back.Query().Get("state") != "a-state" || back.Query().Get("code") == "" {
		t.Fatalf("redirected to %s", back)
	}
	answer, err := post(t, client, server.TokenURL, url.Values{
		"grant_type": {"authorization_code"}, "code": {back.Query().Get("code")}, "redirect_uri": client.RedirectURLs, "code_verifier": {verifier},
	})
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	var given token
	if err := json.Unmarshal(text, &given); err != nil || given.Access == "" {
		t.Fatalf("the token endpoint answered %s: %s", answer.Status, text)
	}
	return given
}

func post(t *testing.T, client authserver.Client, address string, form url.Values) (*http.Response, error) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.SetBasicAuth(client.ID, client.Secret)
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	encoded := form.Encode()
	request.Body, request.ContentLength = io.NopCloser(strings.NewReader(encoded)), int64(len(encoded))
	answer, err := http.DefaultClient.Do(request)
	if err == nil {
		t.Cleanup(func() { answer.Body.Close() })
	}
	return answer, err
}
