package ingress_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/hookstep-dev/hookstep/host/ingress"
	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/sdk/fault"
	"github.com/hookstep-dev/hookstep/sdk/hostapi"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// answers is a pipeline of one function; what ingress refuses is answered by its code.
type answers func(ctx context.Context, request *integration.Request) integration.Response

func (a answers) Answer(ctx context.Context, request *integration.Request) integration.Response {
	return a(ctx, request)
}

func (a answers) Refuse(of *fault.Fault) integration.Response {
	return integration.Response{Status: 599, Body: []byte(of.Code)}
}

func limits() ingress.Limits {
	return ingress.Limits{Body: 100, BodyTimeout: 10 * time.Second, Headers: 20, HeaderBytes: 2000, Concurrent: 2}
}

func serve(t *testing.T, limits ingress.Limits, base string, answer answers) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(ingress.New(answer, limits, base))
	t.Cleanup(server.Close)
	return server
}

func do(t *testing.T, method, url, body string, headers ...string) (int, http.Header, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range headers {
		name, value, _ := strings.Cut(line, ": ")
		request.Header.Add(name, value)
	}
	answer, err := http.DefaultTransport.RoundTrip(request)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, answer.Header, string(text)
}

func TestRequestAsItCame(t *testing.T) {
	t.Parallel()
	var got integration.Request
	server := serve(t, limits(), "", func(_ context.Context, request *integration.Request) integration.Response {
		got = *request
		return integration.Response{Status: 200}
	})
	do(t, "PATCH", server.URL+"/hooks/a%20b/c//d/..?x=1&x=%20", "\x00raw\xff",
		"Content-Type: Application/X; a=b", "X-Twice: 1", "X-Twice: 2", "Cookie: a=1", "Cookie: b=2")
	host := strings.TrimPrefix(server.URL, "http://")
	if got.RemoteAddr == "" || got.ReceivedAt.IsZero() {
		t.Errorf("got %+v", got)
	}
	got.RemoteAddr, got.ReceivedAt = "", time.Time{}
	want := integration.Request{
		Method: "PATCH", Path: "/hooks/a b/c//d/..", RawQuery: "x=1&x=%20", Body: []byte("\x00raw\xff"), ContentType: "Application/X; a=b",
		InvokeURL: server.URL + "/hooks/a%20b/c//d/..?x=1&x=%20",
		Headers: []hostapi.Header{
			{Name: "accept-encoding", Value: "gzip"},
			{Name: "content-length", Value: "5"},
			{Name: "content-type", Value: "Application/X; a=b"},
			{Name: "cookie", Value: "a=1; b=2"},
			{Name: "host", Value: host},
			{Name: "user-agent", Value: "Go-http-client/1.1"},
			{Name: "x-twice", Value: "1, 2"},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestPublicURL(t *testing.T) {
	t.Parallel()
	server := serve(t, limits(), "https://hooks.example.com/base/", func(_ context.Context, request *integration.Request) integration.Response {
		return integration.Response{Status: 200, Body: []byte(request.InvokeURL)}
	})
	if _, _, got := do(t, "GET", server.URL+"/hooks/a/b", ""); got != "https://hooks.example.com/base/hooks/a/b" {
		t.Errorf("got %s", got)
	}
}

func TestAnswerAsItIs(t *testing.T) {
	t.Parallel()
	server := serve(t, limits(), "", func(context.Context, *integration.Request) integration.Response {
		return integration.Response{Status: 418, Body: []byte("short and stout"), Headers: []hostapi.Header{
			{Name: "content-type", Value: "tea/pot"}, {Name: "Set-Cookie", Value: "a=1"}, {Name: "set-cookie", Value: "b=2"},
		}}
	})
	for _, method := range []string{"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD", "REPORT"} {
		status, header, body := do(t, method, server.URL+"/hooks/a/b", "")
		want := "short and stout"
		if method == "HEAD" {
			want = ""
		}
		if status != 418 || body != want || header.Get("Content-Type") != "tea/pot" || len(header.Values("Set-Cookie")) != 2 || header.Get("Content-Length") != "15" {
			t.Errorf("%s: %d %v %q", method, status, header, body)
		}
	}
}

func TestLimits(t *testing.T) {
	t.Parallel()
	server := serve(t, limits(), "", func(_ context.Context, request *integration.Request) integration.Response {
		return integration.Response{Status: 200, Body: []byte(strconv.Itoa(len(request.Body)))}
	})
	hook := server.URL + "/hooks/a/b"
	many := make([]string, 25)
	for i := range many {
		many[i] = fmt.Sprintf("X-%d: x", i)
	}
	for _, test := range []struct {
		name, url, body string
		headers         []string
		want            string
	}{
		{"body at the limit", hook, strings.Repeat("x", 100), nil, "100"},
		{"body over the limit", hook, strings.Repeat("x", 101), nil, "too_large"},
		{"many headers", hook, "", many, "headers_too_large"},
		{"many lines of one header", hook, "", strings.Split(strings.Repeat("X-A: x|", 24)+"X-A: x", "|"), "headers_too_large"},
		{"large header", hook, "", []string{"X-A: " + strings.Repeat("x", 2000)}, "headers_too_large"},
		{"elsewhere", server.URL + "/other", "", nil, "not_found"},
		{"root", server.URL + "/", "", nil, "not_found"},
	} {
		if _, _, got := do(t, "POST", test.url, test.body, test.headers...); got != test.want {
			t.Errorf("%s: got %q, want %q", test.name, got, test.want)
		}
	}
}

// talk writes raw bytes to a server and gives the body of its answer.
func talk(t *testing.T, server *httptest.Server, text string) string {
	t.Helper()
	connection, err := net.Dial("tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close()
	if _, err := io.WriteString(connection, text); err != nil {
		t.Fatal(err)
	}
	answer, err := http.ReadResponse(bufio.NewReader(connection), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

func TestBodiesThatAreNotSentWhole(t *testing.T) {
	t.Parallel()
	brief := limits()
	brief.BodyTimeout = 50 * time.Millisecond
	server := serve(t, brief, "", func(_ context.Context, request *integration.Request) integration.Response {
		return integration.Response{Status: 200, Body: request.Body}
	})
	const head = "POST /hooks/a/b HTTP/1.1\r\nHost: x\r\n"
	for _, test := range []struct{ name, text, want string }{
		{"slow", head + "Content-Length: 10\r\n\r\nhalf", "too_slow"},
		{"slow chunks", head + "Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n", "too_slow"},
		{"chunks", head + "Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n0\r\n\r\n", "half"},
		{"chunks over the limit", head + "Transfer-Encoding: chunked\r\n\r\nc8\r\n" + strings.Repeat("x", 200) + "\r\n0\r\n\r\n", "too_large"},
		{"broken chunks", head + "Transfer-Encoding: chunked\r\n\r\nzz\r\n", "malformed"},
		{"announced too large", head + "Content-Length: 101\r\nExpect: 100-continue\r\n\r\n", "too_large"},
	} {
		if got := talk(t, server, test.text); got != test.want {
			t.Errorf("%s: got %q, want %q", test.name, got, test.want)
		}
	}
}

func TestPlacesAreTakenBeforeTheBodyIsRead(t *testing.T) {
	t.Parallel()
	running, release := make(chan struct{}), make(chan struct{})
	server := serve(t, limits(), "", func(context.Context, *integration.Request) integration.Response {
		running <- struct{}{}
		<-release
		return integration.Response{Status: 200}
	})
	ended := make(chan int, 2)
	for range 2 {
		go func() {
			status, _, _ := do(t, "GET", server.URL+"/hooks/a/b", "")
			ended <- status
		}()
		<-running
	}
	// The body of this one never comes.
	if got := talk(t, server, "POST /hooks/a/b HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n"); got != "overloaded" {
		t.Errorf("got %q", got)
	}
	close(release)
	for range 2 {
		if status := <-ended; status != 200 {
			t.Errorf("one of the first two got %d", status)
		}
	}
}

func TestCallerWhoLeaves(t *testing.T) {
	t.Parallel()
	running, left := make(chan struct{}), make(chan struct{})
	server := serve(t, limits(), "", func(ctx context.Context, _ *integration.Request) integration.Response {
		close(running)
		<-ctx.Done()
		close(left)
		return integration.Response{Status: 200}
	})
	connection, err := net.Dial("tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(connection, "POST /hooks/a/b HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx"); err != nil {
		t.Fatal(err)
	}
	<-running
	connection.Close()
	<-left
}

func TestServeFinishesWhatRuns(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	running, release := make(chan struct{}), make(chan struct{})
	handler := http.HandlerFunc(func(writer http.ResponseWriter, _ *http.Request) {
		close(running)
		<-release
		_, _ = io.WriteString(writer, "finished")
	})
	ctx, stop := context.WithCancel(t.Context())
	timeouts := ingress.Timeouts{ReadHeader: time.Minute, Write: time.Minute, Idle: time.Minute, Shutdown: time.Minute}
	served := make(chan error, 1)
	go func() {
		served <- ingress.Serve(ctx, []ingress.Place{{Listener: listener, Handler: handler}}, timeouts, 1000, slog.New(slog.DiscardHandler))
	}()
	answered := make(chan string, 1)
	go func() {
		_, _, body := do(t, "GET", "http://"+listener.Addr().String(), "", "Connection: close")
		answered <- body
	}()
	<-running
	stop()
	for { // until the listener is closed: no new connection is taken
		connection, err := net.Dial("tcp", listener.Addr().String())
		if err != nil {
			break
		}
		connection.Close()
	}
	close(release)
	if got := <-answered; got != "finished" {
		t.Errorf("got %q", got)
	}
	if err := <-served; err != nil {
		t.Error(err)
	}
}

func TestServeTellsOfAPlaceThatFails(t *testing.T) {
	t.Parallel()
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	good, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	timeouts := ingress.Timeouts{ReadHeader: time.Minute, Write: time.Minute, Idle: time.Minute, Shutdown: time.Minute}
	err = ingress.Serve(t.Context(), []ingress.Place{{Listener: good, Handler: http.NotFoundHandler()}, {Listener: closed, Handler: http.NotFoundHandler()}},
		timeouts, 1000, slog.New(slog.DiscardHandler))
	if err == nil {
		t.Error("no error")
	}
	if _, err := net.Dial("tcp", good.Addr().String()); err == nil {
		t.Error("the other place still listens")
	}
}

// A defect is told where operators look, and costs the one request.
func TestServeTellsOfAPanic(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	handler := http.HandlerFunc(func(_ http.ResponseWriter, request *http.Request) {
		if request.URL.Path == "/broken" {
			panic("a defect")
		}
	})
	var told bytes.Buffer
	ctx, stop := context.WithCancel(t.Context())
	timeouts := ingress.Timeouts{ReadHeader: time.Minute, Write: time.Minute, Idle: time.Minute, Shutdown: time.Minute}
	served := make(chan error, 1)
	go func() {
		served <- ingress.Serve(ctx, []ingress.Place{{Listener: listener, Handler: handler}}, timeouts, 1000, slog.New(slog.NewTextHandler(&told, nil)))
	}()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	if answer, err := client.Get("http://" + listener.Addr().String() + "/broken"); err == nil {
		answer.Body.Close()
		t.Errorf("answered %s", answer.Status)
	}
	answer, err := client.Get("http://" + listener.Addr().String() + "/whole")
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	stop()
	if err := <-served; err != nil {
		t.Error(err)
	}
	if text := told.String(); !strings.Contains(text, "path=/broken panic=\"a defect\"") || !strings.Contains(text, "ingress_test.go") {
		t.Errorf("told: %s", text)
	}
}
