package redact_test

import (
	"encoding/base64"
	"encoding/json"
	"net/url"
	"testing"

	"github.com/hookstep-dev/hookstep/host/redact"
)

func TestReplacer(t *testing.T) {
	t.Parallel()
	const value = "s3cr3t/\"of\"+the shop"
	replacer := redact.NewReplacer([]redact.Secret{{Name: "hks-a", Value: value}, {Name: "hks-n", Value: "12345678"}, {Name: "hks-s", Value: "1"}})
	quoted, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{
		"":                             "",
		"nothing ⟦ here 1":             "nothing ⟦ here 1",
		"a" + value + "⟦":              "ahks-a⟦",
		"?k=" + url.QueryEscape(value): "?k=hks-a",
		base64.StdEncoding.EncodeToString([]byte(value)):                           "hks-a",
		`{"a":` + string(quoted) + `,"n":12345678, "m":"⟦12345678","o":123456789}`: `{"a":"hks-a","n":"hks-n", "m":"⟦hks-n","o":123456789}`,
		`{"m":"⟦` + value: `{"m":"⟦hks-a`,
	} {
		if got := string(replacer.Replace([]byte(text))); got != want {
			t.Errorf("%s\ngot  %s\nwant %s", text, got, want)
		}
	}
	clean := []byte("clean")
	if got := replacer.Replace(clean); &got[0] != &clean[0] {
		t.Error("a text without secrets was copied")
	}
}
