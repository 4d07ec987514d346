package oauth2_test

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hookstep-dev/hookstep/plugins/oauth2"
	"github.com/hookstep-dev/hookstep/sdk/connection"
)

// sent is what a token endpoint got.
type sent struct {
	Kind, User, Password string
	Headers              map[string]string // those of a preset
	Form                 map[string]string
}

// recorder is a token endpoint that answers so and keeps the last request.
func recorder(t *testing.T, answer string) (address string, got *sent) {
	t.Helper()
	got = &sent{}
	address = endpointOf(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		*got = sent{Kind: r.Header.Get("Content-Type"), Headers: map[string]string{}, Form: map[string]string{}}
		got.User, got.Password, _ = r.BasicAuth()
		if version := r.Header.Get("Notion-Version"); version != "" {
			got.Headers["Notion-Version"] = version
		}
		if json.Unmarshal(body, &got.Form) != nil {
			form, _ := url.ParseQuery(string(body))
			for key := range form {
				got.Form[key] = form.Get(key)
			}
		}
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, answer)
	})
	return address, got
}

// What services have of their own reaches them.
func TestTokenRequests(t *testing.T) {
	t.Parallel()
	const form, object = "application/x-www-form-urlencoded", "application/json"
	for _, test := range []struct {
		kind            string
		options, fields connection.Values
		want            sent
	}{
		{
			oauth2.ClientCredentials, nil,
			connection.Values{"scopes": " read  write "},
			sent{form, "id", "secret", map[string]string{}, map[string]string{"grant_type": "client_credentials", "scope": "read write"}},
		},
		{
			oauth2.ClientCredentials,
			connection.Values{"authStyle": "body", "audience": "https://api", "resource": "https://r", "tokenParams": "tier=gold"},
			nil,
			sent{form, "", "", map[string]string{}, map[string]string{
				"grant_type": "client_credentials", "client_id": "id", "client_secret": "secret", "audience": "https://api", "resource": "https://r", "tier": "gold",
			}},
		},
		{
			oauth2.ClientCredentials,
			connection.Values{"preset": "zoom-server-to-server"},
			connection.Values{"accountId": "acc1"},
			sent{form, "id", "secret", map[string]string{}, map[string]string{"grant_type": "account_credentials", "account_id": "acc1"}},
		},
		{
			oauth2.AuthorizationCode,
			connection.Values{"preset": "notion"},
			nil,
			sent{object, "id", "secret", map[string]string{"Notion-Version": "2022-06-28"}, map[string]string{"grant_type": "refresh_token", "refresh_token": canaryRefresh}},
		},
		{
			oauth2.AuthorizationCode,
			connection.Values{"preset": "atlassian"},
			nil,
			sent{object, "", "", map[string]string{}, map[string]string{
				"grant_type": "refresh_token", "refresh_token": canaryRefresh, "client_id": "id", "client_secret": "secret",
			}},
		},
		{
			oauth2.AuthorizationCode,
			connection.Values{"authStyle": "none"},
			nil,
			sent{form, "", "", map[string]string{}, map[string]string{"grant_type": "refresh_token", "refresh_token": canaryRefresh, "client_id": "id"}},
		},
		{
			oauth2.AuthorizationCode, nil,
			connection.Values{"clientSecret": "s+p/a=c%e"},
			sent{form, "id", url.QueryEscape("s+p/a=c%e"), map[string]string{}, map[string]string{"grant_type": "refresh_token", "refresh_token": canaryRefresh}},
		},
	} {
		address, got := recorder(t, `{"access_token":"new"}`)
		fields := connection.Values{"tokenUrl": address, "clientId": "id", "clientSecret": "secret"}
		maps.Copy(fields, test.fields)
		if _, err := oauth2.New().Refresh(t.Context(), connection.Settings{Type: test.kind, Options: test.options, Fields: fields}, oldToken()); err != nil {
			t.Errorf("%v: %v", test.options, err)
		}
		if diff := cmp.Diff(test.want, *got); diff != "" {
			t.Errorf("%v (-want +got):\n%s", test.options, diff)
		}
	}
}

// Slack's token for a user stands where every other token does, and stays where Slack put it.
func TestNestedToken(t *testing.T) {
	t.Parallel()
	const answer = `{"ok":true,"team":{"id":"T1"},"authed_user":{"id":"U1","access_token":"xoxp-user","refresh_token":"xoxe-1","expires_in":43200,"scope":"search:read"}}`
	address, _ := recorder(t, answer)
	token, err := oauth2.New().Exchange(t.Context(), connection.Exchange{
		Settings: connection.Settings{Type: oauth2.AuthorizationCode, Options: connection.Values{"preset": "slack-user"}, Fields: connection.Values{
			"tokenUrl": address, "clientId": "id", "clientSecret": "secret",
		}},
		Parameters: []connection.Pair{{Key: "code", Value: "c"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if member(t, token, "access_token") != "xoxp-user" || !token.Renews || token.ExpiresAt.IsZero() {
		t.Errorf("token %q, renewable %t, until %s", member(t, token, "access_token"), token.Renews, token.ExpiresAt)
	}
	var whole struct {
		User struct{ ID string } `json:"authed_user"`
	}
	if err := json.Unmarshal(token.Response, &whole); err != nil || whole.User.ID != "U1" {
		t.Errorf("the response is not whole: %v", err)
	}
}

func TestAuthorizeURL(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		options, fields connection.Values
		address         string
		want            map[string]string
	}{
		"plain": {
			nil,
			connection.Values{"authorizeUrl": "https://auth.example.com/authorize?tenant=7&state=mine"},
			"https://auth.example.com/authorize",
			map[string]string{"tenant": "7"},
		},
		"google": {
			connection.Values{"preset": "google", "authorizeParams": "prompt=select_account&login_hint=a%40b"},
			connection.Values{"scopes": "openid  email"},
			"https://accounts.google.com/o/oauth2/v2/auth",
			map[string]string{"access_type": "offline", "prompt": "select_account", "login_hint": "a@b", "scope": "openid email"},
		},
		"shopify": {
			connection.Values{"preset": "shopify"},
			connection.Values{"shop": "acme", "authorizeUrl": "https://{shop}.myshopify.com/admin/oauth/authorize", "scopes": "read_orders write_orders"},
			"https://acme.myshopify.com/admin/oauth/authorize",
			map[string]string{"scope": "read_orders,write_orders"},
		},
		"slack-user": {
			connection.Values{"preset": "slack-user"},
			connection.Values{"scopes": "search:read"},
			"https://slack.com/oauth/v2/authorize",
			map[string]string{"user_scope": "search:read"},
		},
		"microsoft": {
			connection.Values{"preset": "microsoft", "resource": "https://a https://b"},
			nil, "https://login.microsoftonline.com/common/oauth2/v2.0/authorize",
			map[string]string{"resource": "https://a"},
		},
		"options": {
			connection.Values{"audience": "https://api", "authorizeParams": "state=stolen&client_id=other"},
			connection.Values{"authorizeUrl": "https://auth.example.com/a"},
			"https://auth.example.com/a",
			map[string]string{"audience": "https://api"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fields := connection.Values{"clientId": "id", "clientSecret": "canary", "headers": `[{"key":"X-Tenant","value":"canary"}]`}
			maps.Copy(fields, test.fields)
			link, err := oauth2.New().BeginAuthorize(t.Context(), connection.Begin{
				Settings:    connection.Settings{Type: oauth2.AuthorizationCode, Options: test.options, Fields: fields},
				RedirectURL: callback, State: "the-state", CodeChallenge: "the-challenge",
			})
			if err != nil {
				t.Fatal(err)
			}
			got, err := url.Parse(link)
			if err != nil {
				t.Fatal(err)
			}
			query := map[string]string{}
			for key := range got.Query() {
				query[key] = got.Query().Get(key)
			}
			maps.Copy(test.want, map[string]string{
				"response_type": "code", "client_id": "id", "redirect_uri": callback, "state": "the-state", "code_challenge": "the-challenge", "code_challenge_method": "S256",
			})
			if diff := cmp.Diff(test.want, query); diff != "" {
				t.Errorf("query (-want +got):\n%s", diff)
			}
			if got.RawQuery = ""; got.String() != test.address {
				t.Errorf("address %s, want %s", got, test.address)
			}
		})
	}
}

// LinkedIn refuses a client that has a secret and shows a verifier.
func TestWithoutPKCE(t *testing.T) {
	t.Parallel()
	address, got := recorder(t, `{"access_token":"new"}`)
	settings := connection.Settings{Type: oauth2.AuthorizationCode, Options: connection.Values{"preset": "linkedin"}, Fields: connection.Values{
		"tokenUrl": address, "clientId": "id", "clientSecret": "secret",
	}}
	link, err := oauth2.New().BeginAuthorize(t.Context(), connection.Begin{Settings: settings, RedirectURL: callback, State: "s", CodeChallenge: "c"})
	if err != nil || strings.Contains(link, "code_challenge") {
		t.Errorf("link %s, %v", link, err)
	}
	_, err = oauth2.New().Exchange(t.Context(), connection.Exchange{
		Settings: settings, RedirectURL: callback, CodeVerifier: "v", Parameters: []connection.Pair{{Key: "code", Value: "k"}},
	})
	want := map[string]string{"grant_type": "authorization_code", "code": "k", "redirect_uri": callback, "client_id": "id", "client_secret": "secret"}
	if diff := cmp.Diff(want, got.Form); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}

// Calendly takes tokens from a client in the header, and revocations from one in the body.
func TestStyleOfRevocations(t *testing.T) {
	t.Parallel()
	address, got := recorder(t, `{}`)
	err := oauth2.New().Revoke(t.Context(), connection.Settings{
		Type: oauth2.AuthorizationCode, Options: connection.Values{"preset": "calendly", "revokeUrl": address}, Fields: connection.Values{"clientId": "id", "clientSecret": "secret"},
	}, connection.Token{Response: []byte(`{"access_token":"a"}`)})
	want := map[string]string{"token": "a", "token_type_hint": "access_token", "client_id": "id", "client_secret": "secret"}
	if diff := cmp.Diff(want, got.Form); diff != "" || err != nil || got.User != "" {
		t.Errorf("%v, user %q (-want +got):\n%s", err, got.User, diff)
	}
}
