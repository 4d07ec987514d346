package connect_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hookstep-dev/hookstep/host/connect"
	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/store"
	"github.com/hookstep-dev/hookstep/sdk/connection"
)

// site is a host that browsers reach.
type site struct {
	*world

	server    *httptest.Server
	authority *authority
	of        *integration.Integration
	room      *connect.Room
}

func newSite(tb testing.TB, change func(*connect.Options)) *site {
	tb.Helper()
	made := &site{world: newWorld(tb), authority: newAuthority(tb)}
	var handler atomic.Pointer[http.Handler]
	made.server = httptest.NewServer(http.HandlerFunc(func(writer http.ResponseWriter, request *http.Request) {
		(*handler.Load()).ServeHTTP(writer, request)
	}))
	tb.Cleanup(made.server.Close)
	made.change = func(options *connect.Options) {
		options.Callback = made.server.URL + connect.CallbackPath
		if change != nil {
			change(options)
		}
	}
	made.of = shop(made.authority.declared(tb, "authorizationCode"), made.authority.fields("authorizationCode"))
	made.room = made.host(made.of)
	serves := made.room.Handler()
	handler.Store(&serves)
	return made
}

func (s *site) begin(back connect.Back) string {
	s.tb.Helper()
	begun, err := s.room.Authorize(s.tb.Context(), key(), back)
	if err != nil {
		s.tb.Fatal(err)
	}
	return begun.Link
}

// authorize goes the whole way, as a person does.
func (s *site) authorize() {
	s.tb.Helper()
	status, page, _ := newBrowser(s.tb).open(s.begin(connect.Back{}))
	if status != http.StatusOK || !strings.Contains(page, "Shop API is connected") {
		s.tb.Fatalf("the page says %d: %s", status, page)
	}
}

func (s *site) token(within time.Duration) string {
	s.tb.Helper()
	return accessToken(s.tb, s.room, s.of, within)
}

func (s *site) show() connect.Details {
	s.tb.Helper()
	shown, err := s.room.Show(s.tb.Context(), key())
	if err != nil {
		s.tb.Fatal(err)
	}
	return shown
}

// browser keeps cookies, and follows redirects unless it is held.
type browser struct {
	tb     testing.TB
	client *http.Client
}

func newBrowser(tb testing.TB) *browser {
	tb.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		tb.Fatal(err)
	}
	return &browser{tb, &http.Client{Jar: jar}}
}

// open gives what the last page has, and where it is.
func (b *browser) open(link string) (status int, page string, at *url.URL) {
	b.tb.Helper()
	return b.do(b.client, http.MethodGet, link)
}

// step opens a link without following where it leads, and gives that.
func (b *browser) step(link string) (status int, leads string) {
	b.tb.Helper()
	held := *b.client
	held.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	request, err := http.NewRequestWithContext(b.tb.Context(), http.MethodGet, link, nil)
	if err != nil {
		b.tb.Fatal(err)
	}
	answer, err := held.Do(request)
	if err != nil {
		b.tb.Fatal(err)
	}
	answer.Body.Close()
	return answer.StatusCode, answer.Header.Get("Location")
}

func (b *browser) do(client *http.Client, method, link string) (status int, page string, at *url.URL) {
	b.tb.Helper()
	request, err := http.NewRequestWithContext(b.tb.Context(), method, link, nil)
	if err != nil {
		b.tb.Fatal(err)
	}
	answer, err := client.Do(request)
	if err != nil {
		b.tb.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		b.tb.Fatal(err)
	}
	return answer.StatusCode, string(text), answer.Request.URL
}

func TestAuthorizationWalk(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	if token := s.token(0); token != "" {
		t.Fatalf("there is a token before anybody authorized: %s", token)
	}
	if shown := s.show(); shown.Status.Status != store.ConnectionPending || shown.Callback != s.server.URL+"/oauth2/callback" {
		t.Errorf("before: %+v", shown)
	}
	s.authorize()
	if !s.authority.good(s.token(time.Minute)) {
		t.Error("the token is not good")
	}
	values, err := s.room.Values(t.Context(), target(s.of), 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"account_id":"account-7"`, `"context":{"realmId":"realm-7"}`} {
		if !strings.Contains(string(values.JSON["Shop API"]), want) {
			t.Errorf("%s is missing in %s", want, values.JSON["Shop API"])
		}
	}
	shown := s.show()
	if shown.Status.Status != store.ConnectionActive || !shown.HasToken || shown.ExpiresAt.Before(s.clock.Now()) || len(shown.Events) != 1 || shown.Events[0].Kind != "authorized" {
		t.Errorf("after: %+v", shown)
	}
	if s.authority.count("authorization_code") != 1 {
		t.Errorf("%d codes were exchanged", s.authority.count("authorization_code"))
	}
}

// TestAnswersThatAreRefused goes the way up to the callback, and then does something else than a browser would.
func TestAnswersThatAreRefused(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		misuse func(s *site, browser *browser, callback *url.URL) (int, string)
		status int
		words  string
	}{
		"another browser": {func(s *site, _ *browser, callback *url.URL) (int, string) {
			status, page, _ := newBrowser(s.tb).open(callback.String())
			return status, page
		}, http.StatusForbidden, "This browser did not begin"},
		"a replay": {func(_ *site, browser *browser, callback *url.URL) (int, string) {
			browser.open(callback.String())
			status, page, _ := browser.open(callback.String())
			return status, page
		}, http.StatusForbidden, "reloading this page does nothing"},
		"a replay with the cookie kept": {func(_ *site, browser *browser, callback *url.URL) (int, string) {
			cookies := browser.client.Jar.Cookies(callback)
			browser.open(callback.String())
			browser.client.Jar.SetCookies(callback, cookies)
			status, page, _ := browser.open(callback.String())
			return status, page
		}, http.StatusGone, "completed already"},
		"a cookie that was made up": {func(_ *site, browser *browser, callback *url.URL) (int, string) {
			cookies := browser.client.Jar.Cookies(callback)
			cookies[0].Value, cookies[0].Path = strings.Repeat("A", len(cookies[0].Value)), "/oauth2/"
			browser.client.Jar.SetCookies(callback, cookies)
			status, page, _ := browser.open(callback.String())
			return status, page
		}, http.StatusForbidden, "Begin again with a new link"},
		"a state that ran out": {func(s *site, browser *browser, callback *url.URL) (int, string) {
			s.clock.advance(16 * time.Minute)
			status, page, _ := browser.open(callback.String())
			return status, page
		}, http.StatusGone, "took too long"},
		"another state": {func(_ *site, browser *browser, callback *url.URL) (int, string) {
			query := callback.Query()
			query.Set("state", strings.Repeat("A", 26))
			callback.RawQuery = query.Encode()
			status, page, _ := browser.open(callback.String())
			return status, page
		}, http.StatusForbidden, "This browser did not begin"},
		"two states": {func(_ *site, browser *browser, callback *url.URL) (int, string) {
			callback.RawQuery += "&state=other"
			status, page, _ := browser.open(callback.String())
			return status, page
		}, http.StatusBadRequest, "not complete"},
		"a code that is not the service's": {func(_ *site, browser *browser, callback *url.URL) (int, string) {
			query := callback.Query()
			query.Set("code", "stolen")
			callback.RawQuery = query.Encode()
			status, page, _ := browser.open(callback.String())
			return status, page
		}, http.StatusBadGateway, "could not be authorized"},
		"no": {func(_ *site, browser *browser, callback *url.URL) (int, string) {
			query := callback.Query()
			query.Del("code")
			query.Set("error", "access_denied")
			query.Set("error_description", `<script>alert("x")</script>`)
			callback.RawQuery = query.Encode()
			status, page, _ := browser.open(callback.String())
			return status, page
		}, http.StatusBadRequest, "somebody said no"},
		"no of another server": {func(_ *site, browser *browser, callback *url.URL) (int, string) {
			callback.RawQuery = url.Values{
				"error": {"access_denied"}, "error_description": {"call 555-0100"}, "iss": {"https://evil.example"}, "state": {callback.Query().Get("state")},
			}.Encode()
			status, page, _ := browser.open(callback.String())
			if strings.Contains(page, "555") || strings.Contains(page, "said no") {
				status = http.StatusTeapot // it was believed
			}
			return status, page
		}, http.StatusBadGateway, "evil.example"},
		"settings that were changed": {func(s *site, browser *browser, callback *url.URL) (int, string) {
			fields := s.authority.fields("authorizationCode")
			fields["clientId"] = "another"
			if err := s.room.Use(s.tb.Context(), []*integration.Integration{shop(s.authority.declared(s.tb, "authorizationCode"), fields)}); err != nil {
				s.tb.Fatal(err)
			}
			status, page, _ := browser.open(callback.String())
			return status, page
		}, http.StatusConflict, "settings were changed"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, nil)
			browser := newBrowser(t)
			_, service := browser.step(s.begin(connect.Back{}))
			_, back := browser.step(service)
			callback, err := url.Parse(back)
			if err != nil {
				t.Fatal(err)
			}
			status, page := test.misuse(s, browser, callback)
			if status != test.status || !strings.Contains(page, test.words) {
				t.Errorf("status %d, page %s", status, page)
			}
			if strings.Contains(page, "<script") {
				t.Error("the page holds markup of a stranger")
			}
		})
	}
}

func TestLinkIsGoodForOneAuthorization(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	link := s.begin(connect.Back{})
	looker := newBrowser(t)
	if status, _, _ := looker.do(looker.client, http.MethodHead, link); status != http.StatusOK {
		t.Errorf("HEAD of the link: %d", status)
	}
	if status, _ := looker.step(link); status != http.StatusFound { // a program that shows previews, say
		t.Errorf("the first look at the link: %d", status)
	}
	if status, page, _ := newBrowser(t).open(link); status != http.StatusOK || !strings.Contains(page, "is connected") {
		t.Errorf("the person: %d %s", status, page)
	}
	if status, page, _ := newBrowser(t).open(link); status != http.StatusGone || !strings.Contains(page, "not good any more") {
		t.Errorf("afterwards: %d %s", status, page)
	}
	late := s.begin(connect.Back{})
	s.clock.advance(31 * time.Minute)
	if status, _, _ := newBrowser(t).open(late); status != http.StatusGone {
		t.Errorf("a link of half an hour ago: %d", status)
	}
}

// TestLinkOfWhichTwoMakeUse has somebody else open a link too, and come back when it has been used.
func TestLinkOfWhichTwoMakeUse(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	link, other := s.begin(connect.Back{}), newBrowser(t)
	_, asks := other.step(link)
	_, returns := other.step(asks)
	s.clock.advance(14 * time.Minute)
	if status, page, _ := newBrowser(t).open(link); status != http.StatusOK {
		t.Fatalf("the first: %d %s", status, page)
	}
	token := s.token(0)
	if status, page, _ := other.open(returns); status != http.StatusConflict || !strings.Contains(page, "new link") {
		t.Errorf("the second: %d %s", status, page)
	}
	if s.token(0) != token {
		t.Error("the second has replaced the token")
	}
}

func TestPagesAreProtected(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	for _, link := range []string{s.server.URL + "/oauth2/start/nothing", s.server.URL + "/oauth2/callback", s.server.URL + "/oauth2/", s.begin(connect.Back{})} {
		held := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, link, nil)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := held.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		header := answer.Header
		if header.Get("Cache-Control") != "no-store" || header.Get("Referrer-Policy") != "no-referrer" {
			t.Errorf("%s: %v", link, header)
		}
		if answer.StatusCode != http.StatusFound && !strings.HasPrefix(header.Get("Content-Security-Policy"), "default-src 'none'; style-src 'sha256-") {
			t.Errorf("%s: %v", link, header)
		}
		for _, cookie := range answer.Cookies() {
			if !cookie.HttpOnly || cookie.SameSite != http.SameSiteLaxMode || cookie.Path != "/oauth2/" || cookie.MaxAge > 900 || cookie.Secure {
				t.Errorf("the cookie is %v", cookie)
			}
		}
	}
	for _, method := range []string{http.MethodPost, http.MethodPut} {
		browser := newBrowser(t)
		if status, _, _ := browser.do(browser.client, method, s.server.URL+"/oauth2/callback"); status != http.StatusMethodNotAllowed {
			t.Errorf("%s: %d", method, status)
		}
	}
}

func TestBrowsersAreSentBackWhereTheyMayGo(t *testing.T) {
	t.Parallel()
	app := httptest.NewServer(http.HandlerFunc(func(writer http.ResponseWriter, request *http.Request) {
		_, _ = io.WriteString(writer, request.URL.RequestURI())
	}))
	defer app.Close()
	s := newSite(t, func(options *connect.Options) { options.Back = []string{app.URL} })
	_, page, _ := newBrowser(t).open(s.begin(connect.Back{Success: app.URL + "/done?tenant=7"}))
	if page != "/done?tenant=7" {
		t.Errorf("the browser is at %s", page)
	}
	browser := newBrowser(t)
	_, service := browser.step(s.begin(connect.Back{Failure: app.URL + "/failed?tenant=7"}))
	_, callback := browser.step(service)
	_, page, _ = browser.open(strings.ReplaceAll(callback, "code=", "error=access_denied&was="))
	if want := "/failed?error=access_denied&error_description="; !strings.HasPrefix(page, want) || !strings.HasSuffix(page, "&tenant=7") {
		t.Errorf("the browser is at %s", page)
	}
	for _, elsewhere := range []string{"https://evil.example/", "//evil.example/", "javascript:alert(1)", app.URL + "@evil.example/", strings.Replace(app.URL, "http:", "https:", 1), "/here"} {
		_, err := s.room.Authorize(t.Context(), key(), connect.Back{Success: elsewhere})
		if invalid, ok := errors.AsType[*connect.Invalid](err); !ok || invalid.Findings[0].Key != "success" {
			t.Errorf("%s: %v", elsewhere, err)
		}
	}
}

func TestAuthorizeSaysWhatIsInTheWay(t *testing.T) {
	t.Parallel()
	w, server := newWorld(t), newAuthority(t)
	fields := server.fields("authorizationCode")
	delete(fields, "clientSecret")
	room := w.host(shop(server.declared(t, "authorizationCode"), fields))
	_, err := room.Authorize(t.Context(), key(), connect.Back{})
	invalid, ok := errors.AsType[*connect.Invalid](err)
	if !ok {
		t.Fatal(err)
	}
	want := []connection.Finding{{Key: "clientSecret", Message: "is missing: set it before anybody authorizes"}}
	if diff := cmp.Diff(want, invalid.Findings); diff != "" {
		t.Error(diff)
	}
	static := w.host(shop(&integration.Declaration{Type: typeOf(t, "apiKey")}, nil))
	if _, err := static.Authorize(t.Context(), key(), connect.Back{}); !errors.Is(err, store.ErrConflict) {
		t.Errorf("an API key: %v", err)
	}
}

// TestClosedBrowserLosesNothing ends the browser's request while its code is redeemed.
func TestClosedBrowserLosesNothing(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	reached, goOn := make(chan struct{}), make(chan struct{})
	s.authority.meddle = func(http.ResponseWriter, *http.Request) bool {
		close(reached)
		<-goOn
		return false
	}
	browser := newBrowser(t)
	_, service := browser.step(s.begin(connect.Back{}))
	_, callback := browser.step(service)
	ctx, leave := context.WithCancel(t.Context())
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, callback, nil)
	if err != nil {
		t.Fatal(err)
	}
	left := make(chan struct{})
	go func() {
		defer close(left)
		if answer, err := browser.client.Do(request); err == nil {
			answer.Body.Close()
		}
	}()
	<-reached
	leave()
	<-left
	close(goOn)
	until(t, "the token is there", func() bool { return s.show().HasToken })
}

// until waits for what has to become true.
func until(tb testing.TB, what string, holds func() bool) {
	tb.Helper()
	deadline := time.Now().Add(patience)
	for !holds() {
		if time.Now().After(deadline) {
			tb.Fatalf("not within %s: %s", patience, what)
		}
		time.Sleep(5 * time.Millisecond) //nolint:forbidigo // a poll with a deadline
	}
}
