package scope_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hookstep-dev/hookstep/host/scope"
	"github.com/hookstep-dev/hookstep/sdk/fault"
	"github.com/hookstep-dev/hookstep/sdk/hostapi"
)

func TestFetchWithAConnection(t *testing.T) {
	t.Parallel()
	api := listen(t, false, nil)
	headers := []hostapi.Header{{Name: "Authorization", Value: "Bearer of the code"}, {Name: "X-Own", Value: "stays"}}
	got, err := shop(t, bearer(api.URL), hostapi.FetchRequest{Method: http.MethodPut, URL: api.URL + "/a?b=c&b=d;e", Headers: headers, Body: []byte("text")})
	if err != nil || string(got.Body) != "ok" || got.URL != api.URL+"/a?b=c&b=d;e" {
		t.Fatalf("got %+v, %v", got, err)
	}
	seen := api.last()
	if diff := cmp.Diff([]string{"Bearer " + secret}, seen.Header.Values("Authorization")); diff != "" {
		t.Errorf("the connection's header (-want +got):\n%s", diff)
	}
	if seen.Method != http.MethodPut || seen.URI != "/a?b=c&b=d;e" || seen.Body != "text" || seen.Header.Get("X-Own") != "stays" {
		t.Errorf("got %+v", seen)
	}
	got, err = shop(t, inQuery(api.URL), hostapi.FetchRequest{URL: api.URL + "/a?b=c"})
	if err != nil || got.URL != api.URL+"/a?b=c" || api.last().URI != "/a?b=c&key=s3cr3t%2Fof%2Bthe%26shop" {
		t.Errorf("a parameter: code sees %s, the service saw %s, %v", got.URL, api.last().URI, err)
	}
}

func TestFetchRefusesToSendTheCredential(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ url, connection, want string }{
		"other host":    {"https://evil.example/?a", "Shop API", `the connection "Shop API" may be sent to https://api.shop.example, http://127.0.0.1:1 only; add "evil.example" to its hosts in integration.yaml`},
		"other port":    {"https://api.shop.example:8443/", "Shop API", `add "api.shop.example:8443" to its hosts`},
		"other scheme":  {"http://api.shop.example/", "Shop API", `add "http://api.shop.example" to its hosts`},
		"nowhere":       {"https://api.bank.example/", "Bank", `the connection "Bank" does not say where it may be sent; add hosts: ["api.bank.example"] to it in integration.yaml`},
		"user":          {"https://me:pass@api.shop.example/", "Shop API", `the connection "Shop API" cannot go with a URL that has a user name of its own`},
		"host as user":  {"https://api.shop.example@evil.example/", "Shop API", `cannot go with a URL that has a user name`},
		"other letters": {"https://ap\u0130.shop.example/", "Shop API", `the connection "Shop API" is sent to hosts in the letters a to z only: write "apİ.shop.example" in the form that begins with xn--`},
		"near":          {"https://api.shop.example/", "Shop AIP", `there is no connection "Shop AIP"; did you mean "Shop API"?`},
		"unknown":       {"https://api.shop.example/", "Weather", `there is no connection "Weather"; known: Shop API, Bank`},
		"no connection": {"https://api.shop.example/", "App Base URL", `"App Base URL" is no connection, but a config variable of type string`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			held := credentials{"Shop API": bearer("https://api.shop.example", "http://127.0.0.1:1"), "Bank": bearer()}
			_, err := call(t, held, hostapi.FetchRequest{URL: test.url, Connection: test.connection})
			if !fault.Is(err, fault.Refused) || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v\nwant %s", err, test.want)
			}
		})
	}
	_, err := call(t, nil, hostapi.FetchRequest{URL: "https://x.example", Connection: "Bank"})
	if !fault.Is(err, fault.Unavailable) || !strings.Contains(err.Error(), `"Bank"`) {
		t.Errorf("without a room for them: %v", err)
	}
}

func TestFetchDropsTheCredentialOnItsWayElsewhere(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name       string
		first, end bool // TLS
		allowed    bool // the end
		want       string
	}{
		{"other host", false, false, false, ""},
		{"other host of its own", false, false, true, "Bearer " + secret},
		{"to http", true, false, false, ""},
		{"to http of its own", true, false, true, "Bearer " + secret},
		{"to https", false, true, false, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			end := listen(t, test.end, nil)
			first := listen(t, test.first, to(http.StatusTemporaryRedirect, end.URL+"/end"))
			hosts := []string{first.URL}
			if test.allowed {
				hosts = append(hosts, end.URL)
			}
			got, err := shop(t, bearer(hosts...), hostapi.FetchRequest{Method: "POST", URL: first.URL, Body: []byte("order")})
			if err != nil || got.Status != http.StatusOK || got.URL != end.URL+"/end" {
				t.Fatalf("got %+v, %v", got, err)
			}
			if got := first.last().Header.Get("Authorization"); got != "Bearer "+secret {
				t.Errorf("the first saw %q", got)
			}
			if diff := cmp.Diff(test.want, end.last().Header.Get("Authorization")); diff != "" {
				t.Errorf("the end (-want +got):\n%s", diff)
			}
			if got := end.last().Body; got != "order" {
				t.Errorf("the end got the body %q", got)
			}
		})
	}
}

// TestFetchWritesHostsAsOneLikes: in capitals, as an address of IPv6 at its full length.
func TestFetchWritesHostsAsOneLikes(t *testing.T) {
	t.Parallel()
	api := listen(t, false, nil)
	port := api.URL[strings.LastIndex(api.URL, ":"):]
	if _, err := shop(t, bearer("http://localhost"+port), hostapi.FetchRequest{URL: "HTTP://LOCALHOST" + port}); err != nil || api.last().Header.Get("Authorization") == "" {
		t.Error(err)
	}
	six, err := net.Listen("tcp6", "[::1]:0")
	if err != nil {
		t.Skip("no IPv6 here")
	}
	server := &httptest.Server{Listener: six, Config: &http.Server{Handler: http.HandlerFunc(func(writer http.ResponseWriter, request *http.Request) {
		_, _ = io.WriteString(writer, request.Header.Get("Authorization"))
	})}}
	server.Start()
	defer server.Close()
	port = server.URL[strings.LastIndex(server.URL, ":"):]
	got, err := shop(t, bearer("http://[::1]"+port), hostapi.FetchRequest{URL: "http://[0:0:0:0:0:0:0:1]" + port})
	if err != nil || string(got.Body) != "Bearer "+secret {
		t.Errorf("IPv6: %s, %v", got.Body, err)
	}
}

// TestFetchShowsTheCredentialAgainWhereItMay: there, elsewhere, and back.
func TestFetchShowsTheCredentialAgainWhereItMay(t *testing.T) {
	t.Parallel()
	var api *service
	elsewhere := listen(t, false, func(writer http.ResponseWriter, request *http.Request) {
		to(http.StatusFound, api.URL+"/back")(writer, request)
	})
	api = listen(t, false, func(writer http.ResponseWriter, request *http.Request) {
		if request.URL.Path != "/back" {
			to(http.StatusFound, elsewhere.URL)(writer, request)
		}
	})
	if _, err := shop(t, bearer(api.URL), hostapi.FetchRequest{URL: api.URL}); err != nil {
		t.Fatal(err)
	}
	if elsewhere.last().Header.Get("Authorization") != "" || api.last().URI != "/back" || api.last().Header.Get("Authorization") == "" {
		t.Errorf("elsewhere saw %v, back %+v", elsewhere.last().Header, api.last())
	}
}

// TestFetchSignsEachHop: what is signed is what is sent, after each kind of redirect.
func TestFetchSignsEachHop(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		status       int
		method, body string // of the second hop
	}{
		{http.StatusMovedPermanently, "GET", ""},
		{http.StatusFound, "GET", ""},
		{http.StatusSeeOther, "GET", ""},
		{http.StatusTemporaryRedirect, "POST", "order"},
		{http.StatusPermanentRedirect, "POST", "order"},
	} {
		t.Run(http.StatusText(test.status), func(t *testing.T) {
			t.Parallel()
			end := listen(t, false, nil)
			first := listen(t, false, to(test.status, end.URL+"/v2?page=2"))
			if _, err := shop(t, &held{hosts: []string{first.URL, end.URL}, signs: true}, hostapi.FetchRequest{Method: "POST", URL: first.URL + "/v1", Body: []byte("order")}); err != nil {
				t.Fatal(err)
			}
			for _, one := range append(first.requests(), end.requests()...) {
				if got := one.Header.Get("Signature"); got != signature(one.Method, one.URI, []byte(one.Body)) {
					t.Errorf("%s %s %q has a wrong signature", one.Method, one.URI, one.Body)
				}
			}
			if got := end.last(); got.Method != test.method || got.Body != test.body {
				t.Errorf("the end got %s %q", got.Method, got.Body)
			}
		})
	}
}

// TestFetchTakesTheSecretOffRedirects: a service that sends on to where it was asked, parameters and all.
func TestFetchTakesTheSecretOffRedirects(t *testing.T) {
	t.Parallel()
	end := listen(t, false, nil)
	api := listen(t, false, func(writer http.ResponseWriter, request *http.Request) {
		switch request.URL.Path {
		case "/here":
			to(http.StatusFound, "/v2?"+request.URL.RawQuery)(writer, request)
		case "/there":
			to(http.StatusFound, end.URL+"/v2?"+request.URL.RawQuery)(writer, request)
		case "/path":
			to(http.StatusFound, end.URL+"/v2/"+strings.ReplaceAll(secret, "/", "%2f"))(writer, request)
		case "/broken":
			to(http.StatusFound, "http://["+request.URL.RawQuery)(writer, request)
		}
	})
	get := func(path string, mode hostapi.Redirect) (hostapi.FetchResponse, error) {
		return shop(t, inQuery(api.URL), hostapi.FetchRequest{URL: api.URL + path, Redirect: mode})
	}
	got, err := get("/here?a=1&b=%20", hostapi.Follow)
	if err != nil || got.URL != api.URL+"/v2?a=1&b=%20" || !strings.Contains(api.last().URI, "key=") {
		t.Errorf("here: code sees %s, the service saw %s, %v", got.URL, api.last().URI, err)
	}
	got, err = get("/there?a=1", hostapi.Follow)
	if err != nil || got.URL != end.URL+"/v2?a=1" || end.last().URI != "/v2?a=1" {
		t.Errorf("there: code sees %s, the service saw %s, %v", got.URL, end.last().URI, err)
	}
	got, err = get("/here?a=1", hostapi.Manual)
	if err != nil || header(got.Headers, "location") != "/v2?a=1" {
		t.Errorf("not followed: %+v, %v", got, err)
	}
	_, err = get("/path", hostapi.Follow)
	if !fault.Is(err, fault.Refused) || len(end.requests()) != 1 {
		t.Errorf("in the path: %v", err)
	}
	requireNoSecret(t, "the refusal", fmt.Sprint(err))
	_, err = get("/broken", hostapi.Follow)
	if !fault.Is(err, fault.Unreachable) {
		t.Errorf("a broken redirect: %v", err)
	}
	requireNoSecret(t, "the error", fmt.Sprint(err))
}

// doorman lets in who shows one of the tokens.
func doorman(tokens ...string) http.HandlerFunc {
	return func(writer http.ResponseWriter, request *http.Request) {
		for _, token := range tokens {
			if request.Header.Get("Authorization") == "Bearer "+token {
				_, _ = io.WriteString(writer, "welcome")
				return
			}
		}
		writer.Header().Set("WWW-Authenticate", `Bearer realm="shop"`)
		writer.WriteHeader(http.StatusUnauthorized)
		_, _ = io.WriteString(writer, "who are you?")
	}
}

func TestFetchRepeatsOnceWithANewerToken(t *testing.T) {
	t.Parallel()
	api := listen(t, false, doorman("new"))
	body := bytes.Repeat([]byte("0123456789abcdef"), 2<<20) // 32 MiB
	for _, test := range []struct {
		name, newer string
		err         error
		status      int
		asked       int
	}{
		{"newer", "new", nil, http.StatusOK, 2},
		{"newer is no better", "other", nil, http.StatusUnauthorized, 2},
		{"none", "", nil, http.StatusUnauthorized, 1},
		{"no renewal", "", fault.New(fault.Downstream, fault.Unreachable, "the token endpoint does not answer"), 0, 1},
	} {
		before := len(api.requests())
		old := bearer(api.URL)
		asked := 0
		old.again = func() (scope.Credential, error) {
			asked++
			if test.newer == "" {
				return nil, test.err
			}
			newer := bearer(api.URL)
			newer.headers["Authorization"] = "Bearer " + test.newer
			newer.again = func() (scope.Credential, error) { return nil, errors.New("asked twice") }
			return newer, nil
		}
		got, err := shop(t, old, hostapi.FetchRequest{Method: "POST", URL: api.URL, Body: body})
		if !errors.Is(err, test.err) || got.Status != test.status || asked != 1 || len(api.requests()) != before+test.asked {
			t.Errorf("%s: status %d, %v, asked %d times", test.name, got.Status, err, asked)
		}
		if got.Status == http.StatusUnauthorized && (header(got.Headers, "www-authenticate") != `Bearer realm="shop"` || string(got.Body) != "who are you?") {
			t.Errorf("%s: the answer was touched: %+v", test.name, got)
		}
		if api.last().Body != string(body) {
			t.Errorf("%s: the body of the last request is another", test.name)
		}
	}
}

// TestFetchLeavesARedirectWithAUserAlone: who is named there is another one.
func TestFetchLeavesARedirectWithAUserAlone(t *testing.T) {
	t.Parallel()
	api := listen(t, false, func(writer http.ResponseWriter, request *http.Request) {
		if request.URL.Path == "/" {
			to(http.StatusFound, strings.Replace("http://"+request.Host, "http://", "http://me:pw@", 1)+"/in")(writer, request)
		}
	})
	_, err := shop(t, bearer(api.URL), hostapi.FetchRequest{URL: api.URL + "/"})
	if got := api.last(); err != nil || got.URI != "/in" || strings.Contains(got.Header.Get("Authorization"), secret) {
		t.Errorf("got %+v, %v", got, err)
	}
}

// TestFetchRepeatsAfterARedirect: the host that does not let in is not the first, and no other one has the token renewed.
func TestFetchRepeatsAfterARedirect(t *testing.T) {
	t.Parallel()
	end := listen(t, false, doorman("new"))
	first := listen(t, false, to(http.StatusPermanentRedirect, end.URL))
	old := bearer(first.URL, end.URL)
	old.again = func() (scope.Credential, error) {
		newer := bearer(first.URL, end.URL)
		newer.headers["Authorization"] = "Bearer new"
		return newer, nil
	}
	got, err := shop(t, old, hostapi.FetchRequest{Method: "PUT", URL: first.URL, Body: []byte("x")})
	if err != nil || got.Status != http.StatusOK || len(first.requests()) != 1 || len(end.requests()) != 2 || end.last().Body != "x" {
		t.Errorf("got %+v, %v", got, err)
	}
	stranger := bearer(first.URL)
	stranger.again = func() (scope.Credential, error) { return nil, errors.New("a stranger had the token renewed") }
	got, err = shop(t, stranger, hostapi.FetchRequest{URL: first.URL})
	if err != nil || got.Status != http.StatusUnauthorized {
		t.Errorf("a stranger: %+v, %v", got, err)
	}
}

func TestFetchDecodesWhatComesBackWithAConnection(t *testing.T) {
	t.Parallel()
	api := listen(t, false, func(writer http.ResponseWriter, request *http.Request) {
		writer.Header().Set("Content-Encoding", "gzip")
		packed := gzip.NewWriter(writer)
		_, _ = io.WriteString(packed, request.Header.Get("Authorization"))
		_ = packed.Close()
	})
	if got, err := shop(t, bearer(api.URL), hostapi.FetchRequest{URL: api.URL}); err != nil || string(got.Body) != "Bearer "+secret {
		t.Errorf("got %s, %v", got.Body, err)
	}
}

func TestFetchAtOnceWithAConnection(t *testing.T) {
	t.Parallel()
	api := listen(t, false, doorman("new"))
	var renewed atomic.Int64
	old := bearer(api.URL)
	old.again = func() (scope.Credential, error) {
		renewed.Add(1)
		newer := bearer(api.URL)
		newer.headers["Authorization"] = "Bearer new"
		return newer, nil
	}
	var done sync.WaitGroup
	for range 20 {
		done.Go(func() {
			if got, err := shop(t, old, hostapi.FetchRequest{Method: "POST", URL: api.URL, Body: []byte("x")}); err != nil || string(got.Body) != "welcome" {
				t.Errorf("got %+v, %v", got, err)
			}
		})
	}
	done.Wait()
	if renewed.Load() != 20 || len(api.requests()) != 40 {
		t.Errorf("renewed %d times, %d requests", renewed.Load(), len(api.requests()))
	}
}
