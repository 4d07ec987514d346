package scope_test

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/scope"
	"github.com/hookstep-dev/hookstep/sdk/hostapi"
)

// FuzzRedirect has the service that a credential is for redirect to wherever it likes: nobody else ever sees the credential. In the
// location, API and OTHER stand for the two services, and QUERY for the query that was asked for.
func FuzzRedirect(f *testing.F) {
	for _, tricky := range []string{
		"http://OTHER/", "//OTHER/QUERY", "http://API@OTHER/?QUERY", "http://API:pw@OTHER/", "http://OTHER#@API", `http:\\OTHER`, `http://OTHER\@API/`, "HTTP://OTHER?QUERY",
		"/in?QUERY", "?QUERY&QUERY", "http://API/?x=http://OTHER", "http://API.OTHER/", "http://OTHER/QUERY", "http://OTHER/?a=1;QUERY", "http://OTHER/#QUERY", "http://me:QUERY@OTHER/",
		"https://API/", "http://OTHER/%2e%2e/API", "\thttp://OTHER/", "http://OTHER:80@API/?QUERY", "http://[API]/", "://QUERY", "http://%zzQUERY",
	} {
		f.Add(tricky, false)
		f.Add(tricky, true)
	}
	f.Fuzz(func(t *testing.T, location string, query bool) {
		if strings.ContainsAny(location, "\r\n") {
			t.Skip()
		}
		other := listen(t, false, nil)
		fill := func(*http.Request) string { return "" }
		api := listen(t, false, func(writer http.ResponseWriter, request *http.Request) {
			where := fill(request)
			if target, err := url.Parse(where); err == nil && target.Host != "" && target.Hostname() != "127.0.0.1" {
				return // no other machine is asked
			}
			if request.URL.Path == "/first" {
				to(http.StatusTemporaryRedirect, where)(writer, request)
			}
		})
		fill = func(request *http.Request) string {
			return strings.NewReplacer("API", strings.TrimPrefix(api.URL, "http://"), "OTHER", strings.TrimPrefix(other.URL, "http://"), "QUERY", request.URL.RawQuery).Replace(location)
		}
		held := bearer(api.URL)
		if query {
			held = inQuery(api.URL)
		}
		running := execution(0)
		running.Target.Integration.ConfigVars = []integration.ConfigVar{{Name: "Shop API", Type: integration.VarConnection}}
		policy := scope.DefaultFetchPolicy()
		policy.Allow("127.0.0.1")
		policy.MaxRedirects = 3
		fetcher := scope.NewFetcher(policy)
		defer fetcher.Close()
		host := (&scope.Shared{Log: slog.New(slog.DiscardHandler), Fetcher: fetcher, Credentials: credentials{"Shop API": held}}).For(running, false)
		got, err := host.Fetch(t.Context(), hostapi.FetchRequest{Method: http.MethodPost, URL: api.URL + "/first?a=1", Body: []byte("order"), Connection: "Shop API"})
		if err != nil {
			requireNoSecret(t, "the error", err.Error())
		}
		for _, seen := range other.requests() {
			requireNoSecret(t, "the request to the other host", fmt.Sprintf("%+v", seen))
		}
		if query {
			requireNoSecret(t, "the final URL", strings.SplitN(got.URL+"?", "?", 2)[1])
		}
	})
}
