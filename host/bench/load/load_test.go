package load_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hookstep-dev/hookstep/host/bench/load"
)

func echo(t *testing.T, seen *atomic.Int64) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(writer http.ResponseWriter, request *http.Request) {
		seen.Add(1)
		body, _ := io.ReadAll(request.Body)
		if request.Header.Get("X-Kind") != "order" || request.URL.Path != "/hooks/a" {
			http.Error(writer, "wrong request", http.StatusBadRequest)
			return
		}
		_, _ = writer.Write(append([]byte("got "), body...))
	}))
	t.Cleanup(server.Close)
	return strings.TrimPrefix(server.URL, "http://")
}

func target(address string) load.Target {
	return load.Target{
		Address: address, Path: "/hooks/a", Headers: []string{"X-Kind: order"},
		Body: []byte("one"), Status: http.StatusOK, Answer: []byte("got one"),
	}
}

func TestRunSendsAsManyRequestsAsPlanned(t *testing.T) {
	t.Parallel()
	var seen atomic.Int64
	sample, err := load.Run(t.Context(), target(echo(t, &seen)), load.Plan{Connections: 4, Requests: 101})
	if err != nil {
		t.Fatal(err)
	}
	if seen.Load() != 101 || sample.Requests != 101 {
		t.Errorf("the server saw %d requests, the sample says %d, want 101", seen.Load(), sample.Requests)
	}
	if sample.P50 <= 0 || sample.P99 < sample.P50 || sample.Rate() <= 0 {
		t.Errorf("implausible sample: %+v", sample)
	}
}

func TestRunEndsWhenItsTimeIsOver(t *testing.T) {
	t.Parallel()
	var seen atomic.Int64
	sample, err := load.Run(t.Context(), target(echo(t, &seen)), load.Plan{Connections: 2, For: 50 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	if int64(sample.Requests) != seen.Load() || sample.Elapsed < 50*time.Millisecond {
		t.Errorf("the server saw %d requests, the sample is %+v", seen.Load(), sample)
	}
}

func TestRunShowsAnUnexpectedAnswer(t *testing.T) {
	t.Parallel()
	var seen atomic.Int64
	wrong := target(echo(t, &seen))
	for name, change := range map[string]func(*load.Target){
		"status": func(target *load.Target) { target.Headers = nil },
		"body":   func(target *load.Target) { target.Answer = []byte("got two") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			changed := wrong
			change(&changed)
			_, err := load.Run(t.Context(), changed, load.Plan{Connections: 3, Requests: 100})
			if err == nil || !strings.Contains(err.Error(), "unexpected answer") {
				t.Errorf("error %v, want one that shows the answer", err)
			}
		})
	}
}
