package integration_test

import (
	"net/url"
	"testing"

	"github.com/hookstep-dev/hookstep/host/integration"
)

func TestHostPatternMatches(t *testing.T) {
	t.Parallel()
	for pattern, urls := range map[string]struct{ yes, no []string }{
		"api.shop.example": {
			[]string{"https://api.shop.example", "HTTPS://API.Shop.Example:443/a?b", "https://api.shop.example./"},
			[]string{
				"http://api.shop.example", "https://api.shop.example:8443", "https://x.api.shop.example", "https://shop.example", "https://api.shop.example@evil.example",
				"https://ap\u0130.shop.example", "https://api.shop.example%E3%80%82evil.example", "https://xapi.shop.example", "ftp://api.shop.example", "//api.shop.example",
			},
		},
		"*.shop.example": {
			[]string{"https://api.shop.example", "https://a.b.SHOP.example."},
			[]string{"https://shop.example", "https://.shop.example", "https://evilshop.example", "https://a.shop.example.evil.example", "https://evil.example/.shop.example"},
		},
		"http://127.0.0.1:9000": {
			[]string{"http://127.0.0.1:9000/"},
			[]string{"https://127.0.0.1:9000/", "http://127.0.0.1/", "http://127.1:9000", "http://localhost:9000", "http://[::ffff:127.0.0.1]:9000"},
		},
		"https://[2001:db8::1]:8443": {
			[]string{"https://[2001:db8::1]:8443", "https://[2001:DB8:0:0::1]:8443"},
			[]string{"https://[2001:db8::1]", "https://[2001:db8::1%25eth0]:8443", "https://[2001:db8::2]:8443"},
		},
	} {
		read, err := integration.ParseHostPattern(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for i, text := range append(urls.yes, urls.no...) {
			target, err := url.Parse(text)
			if err != nil {
				t.Fatal(err)
			}
			if want := i < len(urls.yes); read.Matches(target) != want {
				t.Errorf("%s matches %s: %t", pattern, text, !want)
			}
		}
	}
}
