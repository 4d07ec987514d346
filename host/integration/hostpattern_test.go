package integration_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/hookstep-dev/hookstep/host/integration"
)

func TestHostPatternMatches(t *testing.T) {
	t.Parallel()
	for pattern, urls := range map[string]map[string]bool{
		"api.shop.example": {
			"https://api.shop.example":                      true,
			"https://API.shop.example:443/x?y=z":            true,
			"HTTPS://api.shop.example./x":                   true,
			"http://api.shop.example":                       false,
			"https://api.shop.example:8443":                 false,
			"https://shop.example":                          false,
			"https://x.api.shop.example":                    false,
			"https://api.shop.example.evil.example":         false,
			"https://api.shop.example@evil.example/":        false,
			"https://evil.example/api.shop.example":         false,
			"//api.shop.example":                            false,
			"ftp://api.shop.example":                        false,
			"https://api.shop.exampl\u0435":                 false,
			"https://ap\u0130.shop.example":                 false,
			"https://api.shop.example%E3%80%82evil.example": false,
			"https://xapi.shop.example":                     false,
		},
		"*.CDN.example": {
			"https://a.cdn.example":      true,
			"https://a.b.cdn.example":    true,
			"https://cdn.example":        false,
			"https://.cdn.example":       false,
			"https://evilcdn.example":    false,
			"https://a.cdn.example:8443": false,
			"http://a.cdn.example":       false,
		},
		"*.shop.example:8443": {"https://a.shop.example:8443": true, "https://a.shop.example": false},
		"http://127.0.0.1:9000": {
			"http://127.0.0.1:9000/x":        true,
			"http://127.0.0.1":               false,
			"https://127.0.0.1:9000":         false,
			"http://127.0.0.2:9000":          false,
			"http://127.1:9000":              false,
			"http://localhost:9000":          false,
			"http://[::ffff:127.0.0.1]:9000": false,
		},
		"http://localhost":            {"http://localhost:80": true, "http://localhost:443": false},
		"https://[2001:DB8::0:1]:443": {"https://[2001:db8::1]": true, "https://[2001:db8:0::1]:443": true, "https://[2001:db8::2]": false},
		"[::1]":                       {"https://[::1]": true, "https://[::1%25eth0]": false},
	} {
		read, err := integration.ParseHostPattern(pattern)
		if err != nil {
			t.Errorf("%s: %v", pattern, err)
			continue
		}
		for text, want := range urls {
			target, err := url.Parse(text)
			if err != nil {
				t.Fatal(err)
			}
			if got := read.Matches(target); got != want {
				t.Errorf("%s matches %s: %t, want %t", pattern, text, got, want)
			}
		}
		again, err := integration.ParseHostPattern(read.String())
		if err != nil || again != read {
			t.Errorf("%s is shown as %s, which reads as %v: %v", pattern, read, again, err)
		}
	}
}

func TestHostPatternProblems(t *testing.T) {
	t.Parallel()
	for pattern, want := range map[string]string{
		"":                       "this is no host",
		"*":                      "any host",
		"*.com":                  "any host",
		"*.":                     "any host",
		"https://*":              "any host",
		"*.*.example":            "this is no host",
		"a.*.example":            "this is no host",
		"*shop.example":          "this is no host",
		"*.127.0.0.1":            "this is no host",
		"shop..example":          "this is no host",
		".shop.example":          "this is no host",
		"shop.example/x":         "without a path",
		"https://shop.example/":  "without a path",
		"shop.example?x":         "without a path",
		"u:p@shop.example":       "without a user's name",
		"shop.example:":          `"" is no port`,
		"shop.example:65536":     `"65536" is no port`,
		"shop.example:+80":       `"+80" is no port`,
		"[::1]9000":              `"9000" is no port`,
		"::1":                    "this is no host",
		"[::1%eth0]":             "this is no host",
		"ws://shop.example":      "no scheme to send a credential with",
		"sh\u00f6p.example":      "xn--",
		strings.Repeat("a", 64):  "this is no host",
		"shop.example\nevil.com": "this is no host",
	} {
		if read, err := integration.ParseHostPattern(pattern); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q reads as %v: %v, want %q", pattern, read, err, want)
		}
	}
}
