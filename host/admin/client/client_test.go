package client_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"go.uber.org/goleak"

	"github.com/hookstep-dev/hookstep/host/admin/client"
	"github.com/hookstep-dev/hookstep/host/admin/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func connect(t *testing.T, address string) *client.Client {
	t.Helper()
	made, err := client.New(address, "hs_token")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(made.Close)
	return made
}

func serve(t *testing.T, handler http.HandlerFunc) string {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server.URL
}

func TestAddresses(t *testing.T) {
	t.Parallel()
	for address, good := range map[string]bool{
		"127.0.0.1:8081": true, "https://hooks-admin.example.com/": true, "http://[::1]:8081": true, "localhost": true,
		"": false, "ftp://x": false, "http://": false, "%zz": false,
	} {
		if _, err := client.New(address, ""); (err == nil) != good {
			t.Errorf("%q: %v", address, err)
		}
	}
}

func TestNoAnswer(t *testing.T) {
	t.Parallel()
	gone := httptest.NewServer(nil)
	gone.Close()
	for name, address := range map[string]string{
		"nothing listens": gone.URL,
		"something else": serve(t, func(writer http.ResponseWriter, _ *http.Request) {
			http.Error(writer, "Not Found", http.StatusNotFound)
		}),
		"no JSON": serve(t, func(writer http.ResponseWriter, _ *http.Request) { _, _ = writer.Write([]byte("<html>")) }),
		"cut off": serve(t, func(writer http.ResponseWriter, _ *http.Request) {
			writer.Header().Set("Content-Length", "100")
			_, _ = writer.Write([]byte(`{"executions":[`))
		}),
	} {
		_, err := connect(t, address).Executions(t.Context(), client.Asked{})
		silent, ok := errors.AsType[*client.NoAnswer](err)
		if !ok || silent.Address != strings.TrimPrefix(address, "http://") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// The token goes to the host that was named, and to no other.
func TestRedirectsAreNotFollowed(t *testing.T) {
	t.Parallel()
	var stolen atomic.Int32
	thief := serve(t, func(http.ResponseWriter, *http.Request) { stolen.Add(1) })
	host := serve(t, func(writer http.ResponseWriter, request *http.Request) {
		http.Redirect(writer, request, thief, http.StatusTemporaryRedirect)
	})
	if err := connect(t, host).Cancel(t.Context(), "x"); err == nil || stolen.Load() != 0 {
		t.Errorf("got %v, %d requests followed", err, stolen.Load())
	}
}

func TestEndedContextIsTold(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancelCause(t.Context())
	why := errors.New("the person left")
	host := serve(t, func(_ http.ResponseWriter, request *http.Request) {
		cancel(why)
		<-request.Context().Done()
	})
	if _, err := connect(t, host).Schedules(ctx); !errors.Is(err, why) {
		t.Errorf("got %v", err)
	}
}

// A reader's own error ends the log that is followed, and is given back as it is.
func TestFollowGivesTheReadersError(t *testing.T) {
	t.Parallel()
	host := serve(t, func(writer http.ResponseWriter, _ *http.Request) {
		_, _ = writer.Write([]byte(": hello\n\nevent: later\ndata: x\n\nevent: lines\nid: 1\ndata: {\"lines\":[{\"text\":\"a\"}],\"next\":1}\n\n"))
	})
	full := errors.New("disk full")
	if _, err := connect(t, host).Follow(t.Context(), "x", 0, func([]wire.Line) error { return full }); !errors.Is(err, full) {
		t.Errorf("got %v", err)
	}
}
