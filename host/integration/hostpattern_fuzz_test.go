package integration_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"testing"

	"github.com/hookstep-dev/hookstep/host/integration"
)

// dialed gives where a request to a URL would go, as net/http decides it.
func dialed(t *testing.T, target *url.URL) (host, port string) {
	t.Helper()
	dial := func(_ context.Context, _, address string) (net.Conn, error) {
		var err error
		if host, port, err = net.SplitHostPort(address); err != nil {
			t.Errorf("the address %q is none", address)
		}
		return nil, errors.New("far enough")
	}
	transport := &http.Transport{DialContext: dial, DialTLSContext: dial}
	request := &http.Request{Method: http.MethodGet, URL: target, Header: http.Header{}}
	if answer, err := transport.RoundTrip(request.WithContext(t.Context())); err == nil {
		_ = answer.Body.Close()
	}
	if address, err := netip.ParseAddr(host); err == nil {
		return address.String(), port
	}
	return strings.TrimSuffix(strings.ToLower(host), "."), port
}

// FuzzHostPattern holds what a pattern lets through against where the request would go: to no other host, port or scheme.
func FuzzHostPattern(f *testing.F) {
	patterns := []string{"api.shop.example", "*.shop.example", "http://127.0.0.1:9000", "https://[2001:db8::1]", "github.com", "*.kiosk.example:8443"}
	for _, tricky := range []string{
		"https://api.shop.example/", "https://API.Shop.Example:443", "https://api.shop.example.", "https://api.shop.example..", "https://api.shop.example:0443/",
		"https://api.shop.example@evil.example/", "https://api.shop.example:pw@evil.example", `https://evil.example\@api.shop.example/`, "https://evil.example#@api.shop.example",
		"https://evil.example?.shop.example", "https://evil.example/.shop.example", "https://.shop.example", "https://shop.example", "https://a.b.shop.example", "https://xshop.example",
		"https://ap\u0130.shop.example", "https://g\u0130thub.com", "https://github\u3002com", "https://\u212Aiosk.example", "https://x.\u212Aiosk.example:8443", "https://ⓖithub.com", "https://git%68ub.com",
		"https://g%C4%B0thub.com", "https://api.shop.example%00.evil.example", "https://api.shop.example%20", "https://api.shop.example\t", "HTTPS://github.com", "ftp://github.com", "//github.com",
		"http://127.0.0.1:9000", "http://127.0.0.1:9000@evil.example", "http://127.1:9000", "http://0x7f000001:9000", "http://[::ffff:127.0.0.1]:9000", "http://localhost:9000", "http://127.0.0.1.:9000",
		"https://[2001:db8:0::1]", "https://[2001:DB8::1]:443", "https://[2001:db8::1%25eth0]", "https://[2001:db8::1]evil.example", "https://2001:db8::1", "https://github.com:", "https://github.com:443:443",
		"https:github.com", "https:///github.com", "https://github.com:65979", "https://github.com:+443", "https://xn--github-.com", "https://git\u00adhub.com", "https://\u200bgithub.com",
	} {
		for i := range patterns {
			f.Add(i, tricky)
		}
	}
	f.Fuzz(func(t *testing.T, which int, text string) {
		pattern, err := integration.ParseHostPattern(patterns[uint(which)%uint(len(patterns))])
		if err != nil {
			t.Fatal(err)
		}
		target, err := url.Parse(text)
		if err != nil || !pattern.Matches(target) {
			return
		}
		if target.Scheme != pattern.Scheme {
			t.Errorf("%q goes by %s, %s lets it through", text, target.Scheme, pattern)
		}
		host, port := dialed(t, target)
		wanted := pattern.Port
		if wanted == "" {
			wanted = map[string]string{"http": "80", "https": "443"}[pattern.Scheme]
		}
		below, wild := strings.CutPrefix(pattern.Host, "*")
		if port != wanted || !wild && host != pattern.Host || wild && !strings.HasSuffix(host, below) {
			t.Errorf("%q goes to %q port %s, %s lets it through", text, host, port, pattern)
		}
	})
}
