package redact_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hookstep-dev/hookstep/host/redact"
)

// awkward secrets have what the encodings treat each in its own way.
func awkward() map[string]string {
	return map[string]string{
		"plain":  "sk_live_51H8canary",
		"signs":  `p+ä/"q'u&<o>t=\e d?`,
		"short":  "a+/b&c",
		"emoji":  "smile-\U0001F600-smile",
		"digits": "9876543210",
		"key":    "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC\nBKcwggSjAgEAAoIBAQDcanary+/8=\n-----END PRIVATE KEY-----\n",
		"base64": "b64/+canary+secret/value==",
		"token":  "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJjYW5hcnkifQ.c2lnbmF0dXJl",
	}
}

// writings are ways in which code and libraries write a text into another one.
func writings(t *testing.T) map[string]func(string) string {
	t.Helper()
	asJSON := func(text string) string {
		written, err := json.Marshal(text)
		if err != nil {
			t.Fatal(err)
		}
		return string(written)
	}
	percent := func(text string) string {
		var made strings.Builder
		for _, char := range []byte(text) {
			if strings.IndexByte("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.!~*'()", char) >= 0 {
				made.WriteByte(char)
			} else {
				fmt.Fprintf(&made, "%%%02X", char)
			}
		}
		return made.String()
	}
	lower := func(text string) string {
		parts := strings.Split(text, "%")
		for i := range parts[1:] {
			parts[i+1] = strings.ToLower(parts[i+1][:2]) + parts[i+1][2:]
		}
		return strings.Join(parts, "%")
	}
	made := map[string]func(string) string{
		"itself":             func(text string) string { return text },
		"JSON":               asJSON,
		"JSON in JSON":       func(text string) string { return asJSON(asJSON(text)) },
		"object in JSON":     func(text string) string { return asJSON(`{"key":` + asJSON(text) + `}`) },
		"Go quoted":          strconv.Quote,
		"Go quoted in ASCII": strconv.QuoteToASCII,
		"query":              url.QueryEscape,
		"query, lower":       func(text string) string { return lower(url.QueryEscape(text)) },
		"path":               url.PathEscape,
		"component":          percent,
		"component, lower":   func(text string) string { return lower(percent(text)) },
		"hex":                func(text string) string { return hex.EncodeToString([]byte(text)) },
		"HEX":                func(text string) string { return strings.ToUpper(hex.EncodeToString([]byte(text))) },
		"HTML":               html.EscapeString,
		"in a query": func(text string) string {
			return "https://u.example/?" + url.Values{"a": {"b"}, "key": {text}}.Encode()
		},
		"Base64 in a query": func(text string) string { return url.QueryEscape(base64.StdEncoding.EncodeToString([]byte(text))) },
	}
	for name, encoding := range map[string]*base64.Encoding{
		"Base64": base64.StdEncoding, "raw Base64": base64.RawStdEncoding, "Base64 for URLs": base64.URLEncoding, "raw Base64 for URLs": base64.RawURLEncoding,
	} {
		made[name] = func(text string) string { return encoding.EncodeToString([]byte(text)) }
		for before := range 4 {
			made[fmt.Sprintf("%s behind %d", name, before)] = func(text string) string {
				return encoding.EncodeToString([]byte("user:"[:before] + text + ":behind"))
			}
		}
	}
	return made
}

// telling gives the pieces of a secret that must not be left of it, however it was written.
func telling(secret string) []string {
	if !strings.Contains(secret, "\n") {
		return []string{secret}
	}
	return strings.Split(secret, "\n")[1:3]
}

func TestEveryFormOfEverySecret(t *testing.T) {
	t.Parallel()
	for name, secret := range awkward() {
		set := redact.NewSet([]redact.Secret{{Name: "Shop API." + name, Value: secret}})
		for how, write := range writings(t) {
			written := "before " + write(secret) + " behind"
			told := set.Text(written)
			if told == written || !strings.Contains(told, "⟦secret Shop API."+name) {
				t.Errorf("%s, %s: nothing is hidden in %s", name, how, written)
			}
			for _, piece := range telling(secret) {
				if inner := strings.TrimSuffix(strings.TrimPrefix(write(piece), `"`), `"`); !strings.HasPrefix(how, "Base64") &&
					!strings.HasPrefix(how, "raw") && strings.Contains(told, inner) {
					t.Errorf("%s, %s: %q is left in %s", name, how, inner, told)
				}
			}
			hidden := set.Hide([]byte(written))
			if back := set.Reveal(hidden); string(back) != written {
				t.Errorf("%s, %s: %s came back as %s", name, how, written, back)
			}
		}
	}
}

// What is left of a secret in Base64 is decoded at every alignment: no part of it that tells something may be found.
func TestNothingIsLeftInBase64(t *testing.T) {
	t.Parallel()
	const secret = "sk_live_51H8canary"
	set := redact.NewSet([]redact.Secret{{Name: "key", Value: secret}})
	for before := range 7 {
		for behind := range 7 {
			text := base64.StdEncoding.EncodeToString([]byte("prefix:"[:before] + secret + ":suffix"[:behind]))
			told := set.Text(text)
			rest := strings.Split(told, "⟦")[0] + strings.Repeat("A", 4) + told[strings.LastIndex(told, "⟧")+len("⟧"):]
			for start := range 4 {
				decoded, _ := base64.RawStdEncoding.DecodeString(strings.TrimRight(strings.Repeat("A", start)+rest, "="))
				for i := range len(secret) - 2 {
					if bytes.Contains(decoded, []byte(secret[i:i+3])) {
						t.Errorf("%d before, %d behind: %q is left in %s", before, behind, secret[i:i+3], told)
					}
				}
			}
		}
	}
}

func TestJSONStaysJSON(t *testing.T) {
	t.Parallel()
	secrets := []redact.Secret{{Name: "quote", Value: `ab","cd`}, {Name: "escape", Value: "newsecret"}, {Name: "pin", Value: "4711471147"}}
	for name, secret := range awkward() {
		secrets = append(secrets, redact.Secret{Name: name, Value: secret})
	}
	set := redact.NewSet(secrets)
	for _, test := range []struct{ text, hidden string }{
		{`{"a":"ab","cd":1}`, `{"a":"ab","cd":1}`},
		{`["ab\",\"cd"]`, `["⟦secret quote⟧"]`},
		{`"a line\newsecret"`, `"a line\newsecret"`},
		{`"a line\nnewsecret"`, `"a line\n⟦secret escape⟧"`},
		{`{"pin":4711471147,"id":47114711470,"half":0.4711471147}`, `{"pin":"⟦secret pin:number⟧","id":47114711470,"half":0.4711471147}`},
		{`{"pin":"4711471147","4711471147":true}`, `{"pin":"⟦secret pin⟧","⟦secret pin⟧":true}`},
		{`"⟦secret pin⟧ and \u27e6secret pin⟧"`, `"⟦⟦secret pin⟧ and \u27e6secret pin⟧"`},
		{`"p+\u00e4/\"q'u&\u003co\u003et=\\e d?"`, `"p+\u00e4/\"q'u&\u003co\u003et=\\e d?"`},
		{`"p+\u00e4\/\"q'u&<o>t=\\e d?"`, `"⟦secret signs:~5⟧"`},
		{`"p+\u00E4/\"q'u&<o>t=\\e d?"`, `"⟦secret signs:~3⟧"`},
		{`"smile-\ud83d\ude00-smile"`, `"⟦secret emoji:~2⟧"`},
	} {
		hidden := set.HideJSON([]byte(test.text))
		if string(hidden) != test.hidden || !json.Valid(hidden) {
			t.Errorf("%s became %s, want %s", test.text, hidden, test.hidden)
		}
		if back := set.RevealJSON(hidden); !equalJSON(t, back, []byte(test.text)) {
			t.Errorf("%s came back as %s", test.text, back)
		}
	}
}

func equalJSON(t *testing.T, a, b []byte) bool {
	t.Helper()
	var one, two any
	if json.Unmarshal(a, &one) != nil || json.Unmarshal(b, &two) != nil {
		t.Errorf("not JSON: %s, %s", a, b)
	}
	return cmp.Equal(one, two)
}

// After a rotation code goes on with the secret of today, and JSON is still JSON whatever that one is made of.
func TestRevealGivesTheSecretOfToday(t *testing.T) {
	t.Parallel()
	before := redact.NewSet([]redact.Secret{{Name: "key", Value: "old-simple-key"}, {Name: "pin", Value: "12345678"}})
	now := redact.NewSet([]redact.Secret{{Name: "key", Value: "new \"quoted\" key"}, {Name: "pin", Value: "no number"}})
	text := `{"a":"old-simple-key","b":"b2xkLXNpbXBsZS1rZXk=","c":12345678,"d":"old-simple-key?"}`
	want := `{"a":"new \"quoted\" key","b":"bmV3ICJxdW90ZWQiIGtleQ==","c":"no number","d":"new \"quoted\" key?"}`
	if got := now.RevealJSON(before.HideJSON([]byte(text))); string(got) != want {
		t.Errorf("got %s", got)
	}
	var gone *redact.Set
	if got := gone.RevealJSON(before.HideJSON([]byte(text))); !strings.Contains(string(got), `"a":"⟦secret key⟧"`) || !json.Valid(got) {
		t.Errorf("of a secret that is gone: %s", got)
	}
}

// A stranger who writes marks, as many and as nested as he likes, is never given a secret.
func TestForgedMarks(t *testing.T) {
	t.Parallel()
	set := redact.NewSet([]redact.Secret{{Name: "Shop API.apiKey", Value: "sk_live_51H8canary"}, {Name: "odd", Value: "secret Shop"}, {Name: "open", Value: "canary⟦"}})
	const mark = "⟦secret Shop API.apiKey⟧"
	for _, forged := range []string{
		mark, "⟦" + mark, "⟦⟦" + mark, mark + mark, "⟦⟧" + mark + "⟧", "⟦secret " + mark + "⟧", "⟦secret Shop API.apiKey:base64⟧", mark[:len(mark)-1],
		"\xe2\x9f" + mark, "canary" + mark, "⟦⟦⟦⟦⟦", "[secret Shop API.apiKey]", "⟦secret Shop API.apiKey:number⟧", "x\xe2" + mark + "\xa6",
		"⟦secret odd⟧ Shop API.apiKey⟧", "⟦⟦secret odd⟧",
	} {
		for _, known := range []*redact.Set{set, nil} {
			hidden := known.Hide([]byte(forged))
			for _, now := range []*redact.Set{set, nil} {
				if got := now.Reveal(hidden); (known == nil || now != nil) && string(got) != forged {
					t.Errorf("%q came back as %q", forged, got)
				}
			}
			if got := set.RevealText(known.HideText(forged)); got != forged {
				t.Errorf("%q came back as %q", forged, got)
			}
		}
	}
	if hidden := set.HideJSON([]byte(`"` + mark + `"`)); string(set.RevealJSON(hidden)) != `"`+mark+`"` {
		t.Errorf("in JSON: %s", hidden)
	}
}

func FuzzWayBack(f *testing.F) {
	f.Add("a ⟦secret key⟧ secret-canary c2VjcmV0LWNhbmFyeQ==", "secret-canary")
	f.Add("⟦⟦⟦123456", "123456")
	f.Add("\xe2\x9f\xa6", "\x9f\xa6abcdef")
	f.Fuzz(func(t *testing.T, text, secret string) {
		set := redact.NewSet([]redact.Secret{{Name: "key", Value: secret}})
		if back := set.Reveal(set.Hide([]byte(text))); string(back) != text {
			t.Errorf("%q came back as %q", text, back)
		}
		quoted, err := json.Marshal(map[string]any{text: []any{text, 123456, secret}})
		if err != nil {
			t.Fatal(err)
		}
		hidden := set.HideJSON(quoted)
		if !json.Valid(hidden) || !equalJSON(t, set.RevealJSON(hidden), quoted) {
			t.Errorf("%s became %s", quoted, hidden)
		}
	})
}

func TestCutText(t *testing.T) {
	t.Parallel()
	set := redact.NewSet([]redact.Secret{{Name: "key", Value: "sk_live_51H8canary"}})
	for text, want := range map[string]string{
		"the key is sk_live_51H8c":           "the key is ⟦secret key⟧",
		"the key is sk_l":                    "the key is ⟦secret key⟧",
		"the key is sk_":                     "the key is sk_",
		"in Base64 c2tfbGl2ZV81MUg":          "in Base64 ⟦secret key:base64⟧",
		"sk_live_51H8canary and sk_live_51H": "⟦secret key⟧ and ⟦secret key⟧",
	} {
		if got := set.CutText(text); got != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
	}
}

func TestShortSecretsStay(t *testing.T) {
	t.Parallel()
	set := redact.NewSet([]redact.Secret{{Name: "password", Value: "the"}, {Name: "none"}})
	if got := set.Text("the other"); got != "the other" || !set.IsEmpty() {
		t.Errorf("got %q", got)
	}
}

func TestSecretsHideThemselves(t *testing.T) {
	t.Parallel()
	secret := redact.Secret{Name: "key", Value: "sk_live_51H8canary"}
	written, err := json.Marshal([]any{secret, map[string]redact.Secret{"a": secret}})
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{fmt.Sprint(secret), fmt.Sprintf("%v %+v %#v %s", secret, secret, secret, secret), string(written)} {
		if strings.Contains(text, secret.Value) {
			t.Error(text)
		}
	}
}

// What a console shows of an object that holds a secret: its text between the quotes that it does not have.
func TestConsole(t *testing.T) {
	t.Parallel()
	set := redact.NewSet([]redact.Secret{{Name: "Shop.key", Value: "it's\\a \"k`y\"\n"}})
	for _, shown := range []string{`{ key: 'it\'s\\a "k` + "`" + `y"\n' }`, `{ key: "it's\\a "k` + "`" + `y"\n" }`} {
		if got := set.Text(shown); strings.Contains(got, "k`y") {
			t.Errorf("%s is left: %s", shown, got)
		}
		if hidden := set.Hide([]byte(shown)); string(set.Reveal(hidden)) != shown {
			t.Errorf("%s came back as %s", shown, set.Reveal(hidden))
		}
	}
}
