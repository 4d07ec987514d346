package scope

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/hookstep-dev/hookstep/sdk/fault"
	"github.com/hookstep-dev/hookstep/sdk/hostapi"
)

// redirects gives the rule for redirect answers of one exchange.
func (f *Fetcher) redirects(mode hostapi.Redirect) func(*http.Request, []*http.Request) error {
	switch mode {
	case hostapi.Manual:
		return func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	case hostapi.Reject:
		return func(_ *http.Request, via []*http.Request) error {
			return fault.New(fault.Downstream, fault.Unreachable, "%s answered with a redirect, which the call does not allow", via[len(via)-1].URL.Host)
		}
	default:
		return f.follow
	}
}

// follow lets a redirect through within the limit. Once the way has left the first origin, headers that may carry a
// credential are gone for good.
func (f *Fetcher) follow(next *http.Request, via []*http.Request) error {
	first := via[0]
	if len(via) > f.policy.MaxRedirects {
		return fault.New(fault.Downstream, fault.Unreachable, "%s redirected more than %d times", first.URL.Host, f.policy.MaxRedirects)
	}
	next.Header.Del("Referer") // it may hold a query with secrets
	crossed := !sameOrigin(first.URL, next.URL)
	for _, passed := range via {
		crossed = crossed || !sameOrigin(first.URL, passed.URL)
	}
	if crossed {
		for name := range next.Header {
			if mayHoldCredential(name) {
				delete(next.Header, name)
			}
		}
	}
	return nil
}

func sameOrigin(a, b *url.URL) bool {
	return a.Scheme == b.Scheme && strings.EqualFold(a.Host, b.Host)
}

// mayHoldCredential judges a header by its name.
func mayHoldCredential(name string) bool {
	name = strings.ToLower(name)
	for _, part := range [...]string{"auth", "cookie", "key", "token", "secret", "signature", "password", "session", "credential"} {
		if strings.Contains(name, part) {
			return true
		}
	}
	return false
}
