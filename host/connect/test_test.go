package connect_test

import (
	"context"
	"strings"
	"testing"

	"github.com/hookstep-dev/hookstep/host/connect"
	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/sdk/connection"
	"github.com/hookstep-dev/hookstep/sdk/hostapi"
)

func TestATestKeepsToTheHosts(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		url  string
		asks bool
		says string
	}{
		"its host":   {"https://api.shop.example/me", true, "the service answered 200 OK"},
		"other host": {"https://other.example/me", false, "may not be sent to the URL for tests"},
		"plain HTTP": {"http://api.shop.example/me", false, "may not be sent to the URL for tests"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var asked []string
			w := newWorld(t)
			w.change = func(options *connect.Options) {
				options.Fetch = func(_ context.Context, request hostapi.FetchRequest) (hostapi.FetchResponse, error) {
					asked = append(asked, request.URL)
					return hostapi.FetchResponse{Status: 200}, nil
				}
			}
			of := shop(&integration.Declaration{Type: typeOf(t, "apiKey"), Hosts: hosts(t, "api.shop.example"), TestURL: test.url}, connection.Values{"apiKey": "k3y-of-acme"})
			got, err := w.host(of).Test(t.Context(), key())
			if err != nil || got.OK != test.asks || !strings.Contains(got.Message, test.says) || (len(asked) == 1) != test.asks {
				t.Errorf("got %+v, %v, asked %q", got, err, asked)
			}
		})
	}
}
