package integration_test

import (
	"testing"

	"github.com/hookstep-dev/hookstep/host/integration"
)

func TestKeyOf(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]integration.StepKey{
		"Get Data from API":             "getDataFromApi",
		"HTTP - GET":                    "httpGet",
		"Get a Queue's URL":             "getAQueueSUrl",
		"Receive GitHub Events Trigger": "receiveGithubEventsTrigger",
		"Loop Over Items 2":             "loopOverItems2",
		"myStep":                        "mystep",

		"Compute totals":          "computeTotals",
		"Trigger":                 "trigger",
		"TRIGGER":                 "trigger",
		"a":                       "a",
		"A B C":                   "aBC",
		"getOrderById":            "getorderbyid",
		"GetOrder byID":           "getorderByid",
		"snake_case_name":         "snakeCaseName",
		"kebab-case-name":         "kebabCaseName",
		"dots.in.a.name":          "dotsInAName",
		"  padded  ":              "padded",
		"tabs\tand\nlines":        "tabsAndLines",
		"2nd try":                 "2ndTry",
		"2":                       "2",
		"42 is the answer":        "42IsTheAnswer",
		"Step 10":                 "step10",
		"step10":                  "step10",
		"v2 API":                  "v2Api",
		"OAuth 2.0 Token":         "oauth20Token",
		"3D model":                "3dModel",
		"Order #7 (new)":          "order7New",
		"a/b\\c|d":                "aBCD",
		"e-mail":                  "eMail",
		"Don't panic":             "donTPanic",
		"Ünicode":                 "nicode",
		"Größe prüfen":            "grEPrFen",
		"Café":                    "caf",
		"naïve approach":          "naVeApproach",
		"注文 Order":                "order",
		"Order 注文 Import":         "orderImport",
		"Send 🚀 launch":           "sendLaunch",
		"🚀Launch":                 "launch",
		"١ one":                   "one",
		"\u212a":                  "", // the Kelvin sign is no ASCII letter
		"ｆｕｌｌ width":              "width",
		"!!! Alert !!!":           "alert",
		"$price":                  "price",
		"__proto__":               "proto",
		"constructor":             "constructor",
		"XML to JSON":             "xmlToJson",
		"XMLHttpRequest":          "xmlhttprequest",
		"iPhone X":                "iphoneX",
		"100% done":               "100Done",
		"C++":                     "c",
		"a--b__c  d":              "aBCD",
		"UPPER lower MiXeD 9tAiL": "upperLowerMixed9tail",
		"\x00nul\x00byte":         "nulByte",
		"bad \xff utf8":           "badUtf8",
		"":                        "",
		"   ":                     "",
		"---":                     "",
		"注文":                      "",
		"🚀":                       "",
	} {
		if got := integration.KeyOf(name); got != want {
			t.Errorf("KeyOf(%q) = %q, want %q", name, got, want)
		}
	}
}

func TestSlugOf(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]integration.Slug{
		"Receive order":   "receive-order",
		"order-intake":    "order-intake",
		"  GitHub: push ": "github-push",
		"camelCase":       "camelcase",
		"v2.1":            "v2-1",
		"Größe":           "größe",
		"注文":              "注文",
		"../etc/passwd":   "etc-passwd",
		"---":             "",
		"":                "",
	} {
		if got := integration.SlugOf(name); got != want {
			t.Errorf("SlugOf(%q) = %q, want %q", name, got, want)
		}
	}
}
