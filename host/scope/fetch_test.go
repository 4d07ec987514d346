package scope_test

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/hookstep-dev/hookstep/host/scope"
	"github.com/hookstep-dev/hookstep/sdk/fault"
	"github.com/hookstep-dev/hookstep/sdk/hostapi"
)

// fetcher may reach the loopback address.
func fetcher(t *testing.T, change func(*scope.FetchPolicy)) *scope.Fetcher {
	t.Helper()
	policy := scope.DefaultFetchPolicy()
	policy.Allow("127.0.0.1", "::1")
	if change != nil {
		change(&policy)
	}
	made := scope.NewFetcher(policy)
	t.Cleanup(made.Close)
	return made
}

func serve(t *testing.T, handler http.HandlerFunc) string {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server.URL
}

func header(headers []hostapi.Header, name string) string {
	var values []string
	for _, header := range headers {
		if header.Name == name {
			values = append(values, header.Value)
		}
	}
	return strings.Join(values, "|")
}

func TestFetch(t *testing.T) {
	t.Parallel()
	address := serve(t, func(writer http.ResponseWriter, request *http.Request) {
		body, _ := io.ReadAll(request.Body)
		writer.Header().Add("X-Twice", "1")
		writer.Header().Add("X-Twice", "2")
		writer.WriteHeader(http.StatusTeapot)
		fmt.Fprintf(writer, "%s %s %s %s %q %q", request.Method, request.URL, body, request.Header.Get("X-Own"),
			request.Header.Get("User-Agent"), request.Header.Get("Proxy-Authorization"))
	})
	got, err := fetcher(t, nil).Fetch(t.Context(), hostapi.FetchRequest{
		Method: "PUT", URL: address + "/a?b=c", Body: []byte("body"),
		Headers: []hostapi.Header{{Name: "X-Own", Value: "mine"}, {Name: "Host", Value: "other"}, {Name: "Proxy-Authorization", Value: "x"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if want := `PUT /a?b=c body mine "hookstep" ""`; string(got.Body) != want {
		t.Errorf("got %s, want %s", got.Body, want)
	}
	if got.Status != 418 || got.StatusText != "I'm a teapot" || got.URL != address+"/a?b=c" || got.Redirected || header(got.Headers, "x-twice") != "1|2" {
		t.Errorf("got %+v", got)
	}
}

func TestFetchDecodes(t *testing.T) {
	t.Parallel()
	address := serve(t, func(writer http.ResponseWriter, _ *http.Request) {
		writer.Header().Set("Content-Encoding", "gzip")
		packed := gzip.NewWriter(writer)
		_, _ = io.WriteString(packed, strings.Repeat("a", 1000))
		_ = packed.Close()
	})
	got, err := fetcher(t, nil).Fetch(t.Context(), hostapi.FetchRequest{URL: address})
	if err != nil || len(got.Body) != 1000 || header(got.Headers, "content-encoding") != "" {
		t.Errorf("got %d bytes, %v", len(got.Body), err)
	}
	tight := fetcher(t, func(policy *scope.FetchPolicy) { policy.MaxResponse = 999 })
	if _, err = tight.Fetch(t.Context(), hostapi.FetchRequest{URL: address}); !fault.Is(err, fault.ResultSize) {
		t.Errorf("1000 bytes through a limit of 999: %v", err)
	}
}

func TestFetchRefusesAddresses(t *testing.T) {
	t.Parallel()
	private := serve(t, func(writer http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(writer, "secret") })
	strict := scope.NewFetcher(scope.DefaultFetchPolicy())
	defer strict.Close()
	port := private[strings.LastIndex(private, ":"):]
	for _, address := range []string{
		private, "http://localhost" + port, "http://[::1]" + port, "http://[::ffff:127.0.0.1]" + port,
		"http://2130706433" + port, "http://127.1" + port, "http://0" + port,
	} {
		got, err := strict.Fetch(t.Context(), hostapi.FetchRequest{URL: address})
		if err == nil {
			t.Errorf("%s answered %s", address, got.Body)
			continue
		}
		if !fault.Is(err, fault.Refused) && !fault.Is(err, fault.Unreachable) {
			t.Errorf("%s: %v", address, err)
		}
	}
	if _, err := strict.Fetch(t.Context(), hostapi.FetchRequest{URL: private}); !fault.Is(err, fault.Refused) {
		t.Errorf("got %v, want refused", err)
	}
	for _, address := range []string{"file:///etc/passwd", "gopher://127.0.0.1", "/relative", "http://", ":", "unix:///x"} {
		if _, err := strict.Fetch(t.Context(), hostapi.FetchRequest{URL: address}); !fault.Is(err, fault.Refused) {
			t.Errorf("%s: got %v, want refused", address, err)
		}
	}
}

func TestFetchAllowsHostNames(t *testing.T) {
	t.Parallel()
	private := serve(t, func(writer http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(writer, "hello") })
	policy := scope.DefaultFetchPolicy()
	policy.Allow("localhost")
	named := scope.NewFetcher(policy)
	defer named.Close()
	port := private[strings.LastIndex(private, ":"):]
	if got, err := named.Fetch(t.Context(), hostapi.FetchRequest{URL: "http://LocalHost" + port}); err != nil || string(got.Body) != "hello" {
		t.Errorf("got %s, %v", got.Body, err)
	}
	if _, err := named.Fetch(t.Context(), hostapi.FetchRequest{URL: private}); !fault.Is(err, fault.Refused) {
		t.Errorf("the address of an allowed name: %v", err)
	}
}

func TestFetchRedirects(t *testing.T) {
	t.Parallel()
	var seen http.Header
	last := serve(t, func(_ http.ResponseWriter, request *http.Request) { seen = request.Header })
	var first string
	first = serve(t, func(writer http.ResponseWriter, request *http.Request) {
		switch request.URL.Path {
		case "/away":
			http.Redirect(writer, request, last, http.StatusFound)
		case "/round":
			http.Redirect(writer, request, first+"/round", http.StatusFound)
		case "/private":
			http.Redirect(writer, request, "http://169.254.169.254/latest", http.StatusFound)
		case "/file":
			http.Redirect(writer, request, "file:///etc/passwd", http.StatusFound)
		}
	})
	open := fetcher(t, nil)
	got, err := open.Fetch(t.Context(), hostapi.FetchRequest{URL: first + "/away", Headers: []hostapi.Header{
		{Name: "Authorization", Value: "x"}, {Name: "X-Api-Key", Value: "x"}, {Name: "Cookie", Value: "x"}, {Name: "X-Kept", Value: "yes"},
	}})
	if err != nil || !got.Redirected || got.URL != last {
		t.Fatalf("got %+v, %v", got, err)
	}
	if seen.Get("Authorization")+seen.Get("X-Api-Key")+seen.Get("Cookie") != "" || seen.Get("X-Kept") != "yes" || seen.Get("Referer") != "" {
		t.Errorf("the other origin saw %v", seen)
	}
	if got, err = open.Fetch(t.Context(), hostapi.FetchRequest{URL: first + "/away", Redirect: hostapi.Manual}); err != nil || got.Status != 302 {
		t.Errorf("manual: %+v, %v", got, err)
	}
	if _, err = open.Fetch(t.Context(), hostapi.FetchRequest{URL: first + "/away", Redirect: hostapi.Reject}); !fault.Is(err, fault.Unreachable) {
		t.Errorf("error: %v", err)
	}
	_, err = open.Fetch(t.Context(), hostapi.FetchRequest{URL: first + "/round"})
	if !fault.Is(err, fault.Unreachable) || !strings.Contains(err.Error(), "20 times") {
		t.Errorf("round: %v", err)
	}
	if _, err = open.Fetch(t.Context(), hostapi.FetchRequest{URL: first + "/private"}); !fault.Is(err, fault.Refused) {
		t.Errorf("private: %v", err)
	}
	if _, err = open.Fetch(t.Context(), hostapi.FetchRequest{URL: first + "/file"}); err == nil {
		t.Error("a file was fetched")
	}
}

func TestFetchEndsWithItsContext(t *testing.T) {
	t.Parallel()
	arrived := make(chan struct{})
	address := serve(t, func(_ http.ResponseWriter, request *http.Request) {
		close(arrived)
		<-request.Context().Done()
	})
	late := fault.New(fault.Limit, fault.Deadline, "late")
	ctx, cancel := context.WithCancelCause(t.Context())
	go func() {
		<-arrived
		cancel(late)
	}()
	if _, err := fetcher(t, nil).Fetch(ctx, hostapi.FetchRequest{URL: address}); !errors.Is(err, late) {
		t.Errorf("got %v", err)
	}
	_, err := fetcher(t, nil).Fetch(t.Context(), hostapi.FetchRequest{URL: "http://127.0.0.1:1/secret?token=x"})
	if !fault.Is(err, fault.Unreachable) || strings.Contains(err.Error(), "secret") {
		t.Errorf("a closed port: %v", err)
	}
}

func TestFetchSaysWhyNobodyAnswered(t *testing.T) {
	t.Parallel()
	_, err := fetcher(t, nil).Fetch(t.Context(), hostapi.FetchRequest{URL: "http://127.0.0.1:1/secret?token=x"})
	if !fault.Is(err, fault.Unreachable) || err.Error() != "no answer of 127.0.0.1:1: connection refused" {
		t.Errorf("a closed port: %v", err)
	}
	_, err = fetcher(t, nil).Fetch(t.Context(), hostapi.FetchRequest{URL: "http://no-such-host.invalid/"})
	if !fault.Is(err, fault.Unreachable) || !strings.Contains(err.Error(), "name") || strings.Contains(err.Error(), "lookup") {
		t.Errorf("an unknown host: %v", err)
	}
}
