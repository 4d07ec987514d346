package oauth2_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hookstep-dev/hookstep/plugins/oauth2"
	"github.com/hookstep-dev/hookstep/sdk/connection"
	"github.com/hookstep-dev/hookstep/sdk/fault"
)

// What is sent to every endpoint of these tests, and must not stand in any error.
const (
	canarySecret  = "canary/secret+of=the&client"
	canaryRefresh = "canary-refresh-token-0123456789"
	canaryHeader  = "canary-header-value"
)

// endpointOf is a token endpoint that answers so.
func endpointOf(t *testing.T, answer http.HandlerFunc) string {
	t.Helper()
	server := httptest.NewServer(answer)
	t.Cleanup(server.Close)
	return server.URL
}

func settingsOf(address string) connection.Settings {
	return connection.Settings{Type: oauth2.AuthorizationCode, Options: connection.Values{}, Fields: connection.Values{
		"authorizeUrl": "https://auth.example.com", "tokenUrl": address, "clientId": "client", "clientSecret": canarySecret,
		"headers": `[{"key":"X-Tenant","value":"` + canaryHeader + `"}]`,
	}}
}

func oldToken() connection.Token {
	return connection.Token{
		Response: []byte(`{"access_token":"canary-old-access","refresh_token":"` + canaryRefresh + `","expires_in":60,"scope":"read","instance_url":"https://eu.example.com"}`),
		Context:  []byte(`{"realmId":"1"}`), Renews: true,
	}
}

func answering(status int, kind, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", kind)
		w.WriteHeader(status)
		fmt.Fprint(w, body)
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	const form, plain, page, object = "application/x-www-form-urlencoded", "text/plain", "text/html", "application/json"
	large := "<!DOCTYPE html>" + strings.Repeat("<p>the gateway is down</p>", 50_000)
	for name, test := range map[string]struct {
		answer http.HandlerFunc
		code   fault.Code
		words  string
	}{
		"an HTML 502 of 1 MB":        {answering(502, page, large), fault.Unreachable, "answered 502 with an HTML page"},
		"a 200 that does not end":    {answering(200, object, `{"access_token":"`+strings.Repeat("a", 2<<20)), fault.Unreachable, "answered 200 with more than 1 MiB"},
		"an HTML 200":                {answering(200, page, "<html>log in first</html>"), fault.Unreachable, "answered 200 with an HTML page"},
		"an empty 200":               {answering(200, object, ""), fault.Unreachable, "answered 200 with an empty body"},
		"broken JSON":                {answering(200, object, `{"access_token":`), fault.Unreachable, "something other than a JSON object"},
		"a list":                     {answering(200, object, `[{"access_token":"a"}]`), fault.Unreachable, "something other than a JSON object"},
		"no token":                   {answering(200, object, `{"token_type":"bearer"}`), fault.Unreachable, "has no access_token"},
		"a token that is no text":    {answering(200, object, `{"access_token":{"a":1}}`), fault.Unreachable, "has no access_token"},
		"an empty token":             {answering(200, object, `{"access_token":""}`), fault.Unreachable, "has no access_token"},
		"a form without token":       {answering(200, form, "a=b"), fault.Unreachable, "something other than a JSON object"},
		"200 with an error":          {answering(200, object, `{"error":"invalid_grant","error_description":"expired"}`), fault.Reauthorize, "refused: invalid_grant: expired"},
		"200 with an error, as form": {answering(200, form, "error=bad_refresh_token&error_description=The+token+is+gone"), fault.Reauthorize, "bad_refresh_token: The token is gone"},
		"error and token":            {answering(200, object, `{"error":"invalid_client","access_token":"a"}`), fault.Misconfigured, "invalid_client; check the client ID"},
		"Slack's form":               {answering(200, object, `{"ok":false,"error":"invalid_refresh_token"}`), fault.Reauthorize, "invalid_refresh_token"},
		"Facebook's form":            {answering(400, object, `{"error":{"message":"bad","type":"OAuthException","code":190}}`), fault.Misconfigured, "OAuthException: bad"},
		"HubSpot's form":             {answering(400, object, `{"status":"BAD_REFRESH_TOKEN","message":"unknown"}`), fault.Reauthorize, "BAD_REFRESH_TOKEN: unknown"},
		"400 in plain text":          {answering(400, plain, "Bad Request"), fault.Misconfigured, "answered 400 with something other than a JSON object"},
		"400 in plain JSON":          {answering(400, plain, `{"error":"invalid_grant"}`), fault.Reauthorize, "invalid_grant"},
		"401 without a word":         {answering(401, "", ""), fault.Misconfigured, "check its URL, the client ID"},
		"404":                        {answering(404, page, "<html>"), fault.Misconfigured, "answered 404 with an HTML page"},
		"unauthorized_client":        {answering(400, object, `{"error":"unauthorized_client"}`), fault.Misconfigured, "allow the client"},
		"invalid_scope":              {answering(400, object, `{"error":"invalid_scope"}`), fault.Misconfigured, "check the scopes"},
		"unsupported_grant_type":     {answering(400, object, `{"error":"unsupported_grant_type"}`), fault.Misconfigured, "unsupported_grant_type"},
		"an error nobody knows":      {answering(400, object, `{"error":"moon_phase"}`), fault.Misconfigured, "moon_phase"},
		"temporarily_unavailable":    {answering(400, object, `{"error":"temporarily_unavailable"}`), fault.Unreachable, "temporarily_unavailable"},
		"503 with invalid_grant":     {answering(503, object, `{"error":"invalid_grant"}`), fault.Unreachable, "answered 503"},
		"error_uri":                  {answering(400, object, `{"error":"invalid_grant","error_uri":"https://docs.example.com/e1"}`), fault.Reauthorize, "see https://docs.example.com/e1"},
		"an error_uri that runs":     {answering(400, object, `{"error":"invalid_grant","error_uri":"javascript:alert(1)"}`), fault.Reauthorize, "refused: invalid_grant"},
		"words of several lines":     {answering(400, object, `{"error":"invalid_grant","error_description":"a\u001b[31m\n\tb\u202ec"}`), fault.Reauthorize, "invalid_grant: a[31m bc"},
		"no end of words":            {answering(400, object, `{"error":"invalid_grant","error_description":"`+strings.Repeat("more ", 5000)+`"}`), fault.Reauthorize, "more…"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := oauth2.New().Refresh(t.Context(), settingsOf(endpointOf(t, test.answer)), oldToken())
			wantCode(t, err, test.code)
			if err == nil || !strings.Contains(err.Error(), test.words) || len(err.Error()) > 700 || strings.Contains(err.Error(), "javascript:") {
				t.Errorf("error %q, want %q in it", err, test.words)
			}
		})
	}
}

func TestAnswersThatAreUnderstood(t *testing.T) {
	t.Parallel()
	const object = "application/json"
	for name, test := range map[string]struct {
		kind, body string
		life       time.Duration // 0: not known
		member     string        // a member and its value
	}{
		"a number":           {object, `{"access_token":"new","expires_in":3600}`, time.Hour, "access_token=new"},
		"a string":           {object, `{"access_token":"new","expires_in":" 3600 "}`, time.Hour, "access_token=new"},
		"a float":            {object, `{"access_token":"new","expires_in":3600.5}`, time.Hour + 500*time.Millisecond, "access_token=new"},
		"an exponent":        {object, `{"access_token":"new","expires_in":3.6e3}`, time.Hour, "access_token=new"},
		"zero":               {object, `{"access_token":"new","expires_in":0}`, 0, "access_token=new"},
		"negative":           {object, `{"access_token":"new","expires_in":-1}`, 0, "access_token=new"},
		"absent":             {object, `{"access_token":"new"}`, 0, "access_token=new"},
		"null":               {object, `{"access_token":"new","expires_in":null}`, 0, "access_token=new"},
		"no number":          {object, `{"access_token":"new","expires_in":"soon"}`, 0, "access_token=new"},
		"endless":            {object, `{"access_token":"new","expires_in":1e300}`, 0, "access_token=new"},
		"JSON as plain text": {"text/plain; charset=utf-8", `{"access_token":"new","expires_in":60}`, time.Minute, "access_token=new"},
		"JSON as HTML":       {"text/html", `{"access_token":"new","expires_in":60}`, time.Minute, "access_token=new"},
		"a form":             {"application/x-www-form-urlencoded", "access_token=n%2Bew&scope=repo%2Cgist&expires_in=60", time.Minute, "access_token=n+ew"},
		"a form as text":     {"text/plain", "access_token=new&expires_in=60", time.Minute, "access_token=new"},
		"a byte order mark":  {object, "\xef\xbb\xbf" + `{"access_token":"new"}`, 0, "access_token=new"},
		"members twice":      {object, `{"access_token":"first","access_token":"new"}`, 0, "access_token=new"},
		"another case":       {object, `{"Access_Token":"other","access_token":"new"}`, 0, "access_token=new"},
		"type in capitals":   {object, `{"access_token":"new","token_type":"BEARER"}`, 0, "token_type=BEARER"},
		"an error of null":   {object, `{"access_token":"new","error":null}`, 0, "access_token=new"},
		"an error of none":   {object, `{"access_token":"new","error":""}`, 0, "access_token=new"},
		"extras that stay":   {object, `{"access_token":"new"}`, 0, "instance_url=https://eu.example.com"},
		"extras that change": {object, `{"access_token":"new","instance_url":"https://us.example.com"}`, 0, "instance_url=https://us.example.com"},
		"no refresh token":   {object, `{"access_token":"new"}`, 0, "refresh_token=" + canaryRefresh},
		"an empty one":       {object, `{"access_token":"new","refresh_token":""}`, 0, "refresh_token=" + canaryRefresh},
		"a new one":          {object, `{"access_token":"new","refresh_token":"next"}`, 0, "refresh_token=next"},
		"the scope":          {object, `{"access_token":"new"}`, 0, "scope=read"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			token, err := oauth2.New().Refresh(t.Context(), settingsOf(endpointOf(t, answering(200, test.kind, test.body))), oldToken())
			if err != nil {
				t.Fatal(err)
			}
			var life time.Duration
			if !token.ExpiresAt.IsZero() {
				life = token.ExpiresAt.Sub(token.ObtainedAt)
			}
			key, want, _ := strings.Cut(test.member, "=")
			if got := member(t, token, key); life != test.life || got != want {
				t.Errorf("life %s, %s %q; want %s, %q", life, key, got, test.life, want)
			}
			if !token.Renews || string(token.Context) != `{"realmId":"1"}` {
				t.Errorf("renews %t, context %s", token.Renews, token.Context)
			}
		})
	}
}

// A number that no float64 has comes out as the service wrote it.
func TestResponseIsKeptAsItCame(t *testing.T) {
	t.Parallel()
	address := endpointOf(t, answering(200, "application/json", `{"access_token":"new","account":12345678901234567890,"nested":{"b":[1.0,true]}}`))
	token, err := oauth2.New().Refresh(t.Context(), settingsOf(address), oldToken())
	if err != nil {
		t.Fatal(err)
	}
	want := `{"access_token":"new","account":12345678901234567890,"instance_url":"https://eu.example.com","nested":{"b":[1.0,true]},` +
		`"refresh_token":"` + canaryRefresh + `","scope":"read"}`
	if diff := cmp.Diff(want, string(token.Response)); diff != "" {
		t.Errorf("response (-want +got):\n%s", diff)
	}
}

// Nothing is sent to where an endpoint redirects.
func TestRedirectsAreNotFollowed(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]fault.Code{301: fault.Misconfigured, 302: fault.Unreachable, 303: fault.Unreachable, 307: fault.Unreachable, 308: fault.Misconfigured} {
		var reached atomic.Int32
		elsewhere := endpointOf(t, func(http.ResponseWriter, *http.Request) { reached.Add(1) })
		address := endpointOf(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, elsewhere, status) })
		_, err := oauth2.New().Refresh(t.Context(), settingsOf(address), oldToken())
		wantCode(t, err, want)
		if host := strings.TrimPrefix(elsewhere, "http://"); err == nil || !strings.Contains(err.Error(), "a redirect to "+host) {
			t.Errorf("%d: error %q", status, err)
		}
		if reached.Load() != 0 {
			t.Errorf("%d: the other host was asked", status)
		}
	}
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	for _, status := range []int{429, 503} {
		address := endpointOf(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "120")
			w.WriteHeader(status)
		})
		_, err := oauth2.New().Refresh(t.Context(), settingsOf(address), oldToken())
		wantCode(t, err, fault.Unreachable)
		if found := fault.As(err, fault.Host); found.RetryAfter != 2*time.Minute {
			t.Errorf("%d: try again after %s", status, found.RetryAfter)
		}
	}
}

func TestNobodyAnswers(t *testing.T) {
	t.Parallel()
	closed := httptest.NewServer(http.NotFoundHandler())
	closed.Close()
	for name, test := range map[string]struct{ address, words string }{
		"a closed port":   {closed.URL, "takes no connections"},
		"an unknown host": {"https://no..such.example/token", "there is no host no..such.example"},
		"no HTTP": {endpointOf(t, func(w http.ResponseWriter, _ *http.Request) {
			if connection, _, err := http.NewResponseController(w).Hijack(); err == nil {
				fmt.Fprint(connection, "SSH-2.0-OpenSSH_9.2\r\n")
				connection.Close()
			}
		}), "broke off"},
		"half an answer": {endpointOf(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "500")
			fmt.Fprint(w, `{"access_token":"new"`)
		}), "broke off"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := oauth2.New().Refresh(t.Context(), settingsOf(test.address), oldToken())
			wantCode(t, err, fault.Unreachable)
			if err == nil || !strings.Contains(err.Error(), test.words) {
				t.Errorf("error %q, want %q in it", err, test.words)
			}
		})
	}
}

func TestUnknownCertificate(t *testing.T) {
	t.Parallel()
	server := httptest.NewUnstartedServer(answering(200, "application/json", `{"access_token":"new"}`))
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // it tells of every client that hangs up
	server.StartTLS()
	t.Cleanup(server.Close)
	_, err := oauth2.New().Refresh(t.Context(), settingsOf(server.URL), oldToken())
	wantCode(t, err, fault.Unreachable)
	if err == nil || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("error %q", err)
	}
}

// A caller's own limit counts as well, and one who gives up is told so.
func TestNeverAnswering(t *testing.T) {
	t.Parallel()
	end := make(chan struct{})
	silent := endpointOf(t, func(http.ResponseWriter, *http.Request) { <-end })
	given, giveUp := context.WithCancel(t.Context())
	defer giveUp()
	watched := endpointOf(t, func(http.ResponseWriter, *http.Request) {
		giveUp()
		<-end
	})
	t.Cleanup(func() { close(end) })
	limited, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err := oauth2.New().Refresh(limited, settingsOf(silent), oldToken())
	wantCode(t, err, fault.Unreachable)
	_, err = oauth2.New().Refresh(given, settingsOf(watched), oldToken())
	wantCode(t, err, fault.Canceled)
}

// An endpoint that hands back what it was sent, in any form, does not get it into an error.
func TestNoErrorTellsASecret(t *testing.T) {
	t.Parallel()
	forms := map[string]func(string) string{
		"raw": func(s string) string { return s }, "query": url.QueryEscape, "path": url.PathEscape, "upper": strings.ToUpper,
		"base64": func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) },
		"hex":    func(s string) string { return fmt.Sprintf("%x", s) }, "quoted": func(s string) string { return fmt.Sprintf("%q", s) },
		"cut": func(s string) string { return s[:max(0, len(s)-4)] },
	}
	for form, write := range forms {
		for _, style := range []string{"header", "body"} {
			t.Run(form+" "+style, func(t *testing.T) {
				t.Parallel()
				address := endpointOf(t, func(w http.ResponseWriter, r *http.Request) {
					r.ParseForm()
					_, password, _ := r.BasicAuth()
					w.Header().Set("Content-Type", "application/x-www-form-urlencoded")
					fmt.Fprint(w, url.Values{"error": {"invalid_grant " + write(r.PostForm.Get("refresh_token"))}, "error_description": {
						write(canarySecret) + " " + password + " " + r.Header.Get("Authorization") + " " + write(r.PostForm.Get("client_secret")) + " " +
							write(r.PostForm.Get("code")) + " " + write(r.PostForm.Get("code_verifier")) + " " + write(r.Header.Get("X-Tenant")),
					}, "error_uri": {"https://example.com/?t=" + url.QueryEscape(write(r.PostForm.Get("refresh_token")))}}.Encode())
				})
				settings := settingsOf(address)
				settings.Options["authStyle"] = style
				_, refreshed := oauth2.New().Refresh(t.Context(), settings, oldToken())
				_, exchanged := oauth2.New().Exchange(t.Context(), connection.Exchange{
					Settings: settings, RedirectURL: callback, CodeVerifier: "canary-verifier-of-the-host", Parameters: []connection.Pair{{Key: "code", Value: "canary-code-4711"}},
				})
				for _, err := range []error{refreshed, exchanged} {
					wantNoCanary(t, err, canarySecret, canaryRefresh, canaryHeader, "canary-verifier-of-the-host", "canary-code-4711", url.QueryEscape(canarySecret))
				}
			})
		}
	}
}

func wantNoCanary(t *testing.T, err error, canaries ...string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), "[hidden]") {
		t.Fatalf("error %v, want one with something hidden", err)
	}
	told := strings.ToLower(err.Error())
	for _, canary := range canaries {
		for _, form := range []string{canary, fmt.Sprintf("%x", canary), base64.StdEncoding.EncodeToString([]byte(canary))} {
			if form = strings.ToLower(form); strings.Contains(told, form[:len(form)-6]) {
				t.Error("the error tells a secret")
			}
		}
	}
}
