package scope_test

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/scope"
	"github.com/hookstep-dev/hookstep/sdk/connection"
	"github.com/hookstep-dev/hookstep/sdk/hostapi"
)

// BenchmarkFetch makes calls of 1 KiB each way to a service on this machine: the difference is what a credential costs.
func BenchmarkFetch(b *testing.B) {
	body := make([]byte, 1<<10)
	for i := range body {
		body[i] = 'a' + byte(i%26)
	}
	server := httptest.NewServer(http.HandlerFunc(func(writer http.ResponseWriter, request *http.Request) {
		_, _ = io.Copy(io.Discard, request.Body)
		_, _ = writer.Write(body)
	}))
	defer server.Close()
	policy := scope.DefaultFetchPolicy()
	policy.Allow("127.0.0.1")
	fetcher := scope.NewFetcher(policy)
	defer fetcher.Close()
	for _, test := range []struct {
		name   string
		hides  bool
		change func(*hostapi.FetchRequest)
	}{
		{"without", false, func(*hostapi.FetchRequest) {}},
		{"connection", false, func(request *hostapi.FetchRequest) { request.Connection = "Shop API" }},
		{"hidden without", true, func(*hostapi.FetchRequest) {}},
		{"hidden connection", true, func(request *hostapi.FetchRequest) { request.Connection = "Shop API" }},
		{"hidden handle", true, func(request *hostapi.FetchRequest) {
			request.Headers = []hostapi.Header{{Name: "Authorization", Value: "Bearer " + handleOf("Shop API", "apiKey")}}
		}},
	} {
		b.Run(test.name, func(b *testing.B) {
			running := execution(0)
			running.Target.Integration.HidesSecrets = test.hides
			kind := connection.Type{Inputs: []connection.Input{{Key: "apiKey", Secret: true}}}
			running.Target.Integration.ConfigVars = []integration.ConfigVar{
				{Name: "Shop API", Type: integration.VarConnection, Declaration: &integration.Declaration{Type: kind}},
			}
			host := (&scope.Shared{
				Log: slog.New(slog.DiscardHandler), Fetcher: fetcher, Credentials: credentials{"Shop API": bearer(server.URL)}, Handles: handles,
			}).For(running, false)
			request := hostapi.FetchRequest{Method: http.MethodPost, URL: server.URL, Body: body}
			test.change(&request)
			b.ReportAllocs()
			for b.Loop() {
				if got, err := host.Fetch(b.Context(), request); err != nil || len(got.Body) != len(body) {
					b.Fatal(err)
				}
			}
		})
	}
}
