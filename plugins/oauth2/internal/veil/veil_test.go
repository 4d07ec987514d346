package veil_test

import (
	"strings"
	"testing"

	"github.com/hookstep-dev/hookstep/plugins/oauth2/internal/veil"
)

func TestHide(t *testing.T) {
	t.Parallel()
	hidden := veil.New("s3cr+t/value of=client", "short", "")
	for text, want := range map[string]string{
		"":                                    "",
		"nothing to hide":                     "nothing to hide",
		"it is s3cr+t/value of=client.":       "it is [hidden].",
		"IT IS S3CR+T/VALUE OF=CLIENT.":       "IT IS [hidden].",
		"s3cr%2Bt%2Fvalue+of%3Dclient!":       "[hidden]!",
		"the end is value of=client":          "the end is [hidden]",
		"czNjcit0L3ZhbHVlIG9mPWNsaWVudA==":    "[hidden]==",
		"7333 63722b742f76616c7565206f663d63": "7333 [hidden]",
		"a short one, and a shorter one":      "a [hidden] one, and a [hidden]er one",
		"shortshort":                          "[hidden]",
		"of=clien":                            "[hidden]",
		"of=clie":                             "of=clie",
	} {
		if got := hidden.Hide(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestWords(t *testing.T) {
	t.Parallel()
	hidden := veil.New("canary-secret")
	for text, want := range map[string]string{
		"two\r\n\tlines":           "two lines",
		"bell\a and \x1b[31mred":   "bell and [31mred",
		"turned \u202etxt.exe":     "turned txt.exe",
		"cut \xff\xfe":             "cut",
		"canary-\x00secret":        "[hidden]",
		strings.Repeat("é", 30):    strings.Repeat("é", 20) + "…",
		"0123456789 canary-secret": "0123456789 [hidden]",
	} {
		if got := hidden.Words(text, 20); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}
