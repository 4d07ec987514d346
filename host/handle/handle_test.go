package handle_test

import (
	"encoding/base64"
	"encoding/json"
	"encoding/xml"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hookstep-dev/hookstep/host/handle"
)

var (
	key   = handle.Key("a key of tests")
	owner = handle.Owner{Integration: "orders", Instance: "acme", Connection: "Shop API"}
)

const secret = "s3cr3t/\"of\"+the&<shop> ü\n%41"

func TestHandlesAreStable(t *testing.T) {
	t.Parallel()
	got := key.Of(owner, "apiKey")
	if want := "hks-o4d3g4y22vzbvofdfefdnof7f6"; got != want {
		t.Errorf("got %s, want %s: handles are kept in states", got, want)
	}
	if !regexp.MustCompile(`^hks-[a-z2-7]{26}$`).MatchString(got) {
		t.Errorf("got %s", got)
	}
	if url.QueryEscape(got) != got || url.PathEscape(got) != got {
		t.Error("a handle does not survive a URL")
	}
}

func TestHandlesDifferByAllThatTheyAreMadeOf(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, key := range []handle.Key{key, handle.Key("another")} {
		for _, owner := range []handle.Owner{
			owner,
			{"orders", "acme", "Bank"},
			{"orders", "beta", "Shop API"},
			{"returns", "acme", "Shop API"},
			{"orders", "acmeShop API", ""},
			{"ordersacme", "", "Shop API"},
		} {
			for _, field := range []string{"apiKey", "token.access_token"} {
				seen[key.Of(owner, field)] = true
			}
		}
	}
	if len(seen) != 24 {
		t.Errorf("%d handles, not 24", len(seen))
	}
}

func TestFind(t *testing.T) {
	t.Parallel()
	one, two := key.Of(owner, "one"), key.Of(owner, "two")
	for text, want := range map[string][]string{
		"":                                     nil,
		"hks-":                                 nil,
		"hks-abc":                              nil,
		one[:len(one)-1]:                       nil,
		one[:len(one)-1] + "A":                 nil,
		one:                                    {one},
		"hks-" + one:                           {one},
		"hks-hks-" + one + two + " " + one:     {one, two},
		strings.ToUpper(one) + `"` + two + `"`: {two},
	} {
		if diff := cmp.Diff(want, handle.Find([]byte(text))); diff != "" {
			t.Errorf("%q (-want +got):\n%s", text, diff)
		}
	}
}

// fields are the secrets of a connection in these tests.
func fields() []handle.Secret {
	return []handle.Secret{{Field: "apiKey", Value: secret}, {Field: "token.access_token", Value: "at-123456789"}, {Field: "short", Value: "1"}}
}

func reveal(t *testing.T, address string, headers map[string][]string, body string) *handle.Request {
	t.Helper()
	target, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	request := &handle.Request{URL: target, Headers: headers, Body: []byte(body)}
	key.Set(owner, fields()).Reveal(request)
	return request
}

func TestRevealInAURL(t *testing.T) {
	t.Parallel()
	h := key.Of(owner, "apiKey")
	got := reveal(t, "https://"+h+".example/a%2Fb/"+h+"/c?q="+h+"&r=%20;+x&s=a"+h+"b#"+h, nil, "").URL
	if got.Host != h+".example" || got.Fragment != h {
		t.Errorf("host or fragment: %s", got)
	}
	if got.Path != "/a/b/"+secret+"/c" || got.EscapedPath() != "/a%2Fb/"+url.PathEscape(secret)+"/c" {
		t.Errorf("path %q, %q", got.Path, got.EscapedPath())
	}
	if want := "q=" + url.QueryEscape(secret) + "&r=%20;+x&s=a" + url.QueryEscape(secret) + "b"; got.RawQuery != want {
		t.Errorf("query %s, want %s", got.RawQuery, want)
	}
}

func TestRevealInHeaders(t *testing.T) {
	t.Parallel()
	h, token := key.Of(owner, "apiKey"), key.Of(owner, "token.access_token")
	other := key.Of(handle.Owner{Integration: "orders", Instance: "beta", Connection: "Shop API"}, "apiKey")
	basic := func(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }
	got := reveal(t, "https://api.shop.example", map[string][]string{
		"Authorization": {"Bearer " + token}, "X-Key": {h, "a" + h + "b"}, "X-Basic": {"Basic " + basic("me:"+h)}, "X-Raw": {"basic " + strings.TrimRight(basic("x:"+token), "=")},
		"X-Other": {other}, "X-Plain": {"Basic bm90aGluZw", "Basic ???", "Basic"},
	}, "").Headers
	want := map[string][]string{
		"Authorization": {"Bearer at-123456789"}, "X-Key": {secret, "a" + secret + "b"}, "X-Basic": {"Basic " + basic("me:"+secret)},
		"X-Raw": {"basic " + basic("x:at-123456789")}, "X-Other": {other}, "X-Plain": {"Basic bm90aGluZw", "Basic ???", "Basic"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestRevealInABody(t *testing.T) {
	t.Parallel()
	h := key.Of(owner, "apiKey")
	var inXML strings.Builder
	_ = xml.EscapeText(&inXML, []byte(secret))
	for _, test := range []struct{ name, kind, body, want string }{
		{"form", "application/x-www-form-urlencoded; charset=utf-8", "a=%20&key=" + h, "a=%20&key=" + url.QueryEscape(secret)},
		{"xml", "application/soap+xml", "<k>" + h + "</k>", "<k>" + inXML.String() + "</k>"},
		{"multipart", `multipart/form-data; boundary="x"`, "--x\r\nContent-Disposition: form-data; name=k\r\n\r\n" + h + "\r\n--x--", "--x\r\nContent-Disposition: form-data; name=k\r\n\r\n" + secret + "\r\n--x--"},
		{"text", "text/plain", "key " + h, "key " + secret},
		{"no type", "", h, secret},
		{"broken type", ";;", h, secret},
		{"without", "application/json", `{"a":1}`, `{"a":1}`},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if got := reveal(t, "https://x.example", map[string][]string{"Content-Type": {test.kind}}, test.body).Body; string(got) != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
	for _, kind := range []string{"application/json", "application/vnd.api+json; charset=utf-8", "text/plain;charset=UTF-8", "", "application/x-ndjson"} {
		got := reveal(t, "https://x.example", map[string][]string{"Content-Type": {kind}}, `{"a":{"`+h+`":["`+h+`","x`+h+`"]}, "n":9007199254740993}`).Body
		var value any
		if err := json.Unmarshal(got, &value); err != nil {
			t.Fatalf("%s: %v: %s", kind, err, got)
		}
		want := map[string]any{"a": map[string]any{secret: []any{secret, "x" + secret}}, "n": 9007199254740992.0}
		if diff := cmp.Diff(want, value); diff != "" || !strings.Contains(string(got), "9007199254740993") {
			t.Errorf("%s (-want +got):\n%s", kind, diff)
		}
	}
}

func TestRevealLeavesTheBodyThatWasGiven(t *testing.T) {
	t.Parallel()
	body := []byte(key.Of(owner, "apiKey"))
	before := string(body)
	request := &handle.Request{URL: &url.URL{}, Body: body}
	key.Set(owner, fields()).Reveal(request)
	if string(body) != before || string(request.Body) != secret {
		t.Errorf("got %s, %s", body, request.Body)
	}
}

func TestRequestFind(t *testing.T) {
	t.Parallel()
	of := func(field string) string { return key.Of(owner, field) }
	target, err := url.Parse("https://me:" + of("user") + "@" + of("host") + ".example/" + of("path") + "?" + of("query"))
	if err != nil {
		t.Fatal(err)
	}
	request := &handle.Request{
		URL: target, Body: []byte(of("path") + of("body")),
		Headers: map[string][]string{"Authorization": {"Basic " + base64.StdEncoding.EncodeToString([]byte("me:"+of("basic")))}},
	}
	if diff := cmp.Diff([]string{of("user"), of("path"), of("query"), of("basic"), of("body")}, request.Find()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestHide(t *testing.T) {
	t.Parallel()
	quoted, err := json.Marshal(secret)
	if err != nil {
		t.Fatal(err)
	}
	connection := `{"key":"oauth2","configVarKey":"Shop API","fields":{"apiKey":` + string(quoted) + `,"short":"1","page":"1","header":` +
		`"X at-123456789","none":null},"token":{"access_token":"at-123456789","n":9007199254740993,"list":["at-123456789",{"a":1}],"expires_in":3600}}`
	h, token := key.Of(owner, "apiKey"), key.Of(owner, "token.access_token")
	want := `{"key":"oauth2","configVarKey":"Shop API","fields":{"apiKey":"` + h + `","short":"` + key.Of(owner, "short") + `","page":"1","header":` +
		`"X ` + token + `","none":null},"token":{"access_token":"` + token + `","n":9007199254740993,"list":["` + token + `",{"a":1}],"expires_in":3600}}`
	got, err := key.Hide(owner, json.RawMessage(connection), fields())
	if err != nil || string(got) != want {
		t.Errorf("%v\ngot  %s\nwant %s", err, got, want)
	}
	for _, broken := range []string{"", "{", `{"a":"` + secret, `{"a" "b"}`} {
		if _, err := key.Hide(owner, json.RawMessage(broken), fields()); err == nil || strings.Contains(err.Error(), "s3cr3t") {
			t.Errorf("%q: %v", broken, err)
		}
	}
}

// FuzzReveal: what is put into JSON can be read as it was, whatever the secret.
func FuzzReveal(f *testing.F) {
	f.Add(secret, "before")
	f.Add("hks-", "\"\\")
	f.Add("\x00\xff\u2028", "")
	f.Fuzz(func(t *testing.T, secret, around string) {
		secret, around = strings.ToValidUTF8(secret, "?"), strings.ToValidUTF8(around, "?")
		if len(handle.Find([]byte(around))) > 0 {
			t.Skip()
		}
		h := key.Of(owner, "apiKey")
		body, err := json.Marshal(map[string]string{"k": around + h + around})
		if err != nil {
			t.Fatal(err)
		}
		request := &handle.Request{URL: &url.URL{RawQuery: "k=" + url.QueryEscape(around) + h}, Headers: map[string][]string{"Content-Type": {"application/json"}}, Body: body}
		key.Set(owner, []handle.Secret{{Field: "apiKey", Value: secret}}).Reveal(request)
		var got map[string]string
		if err := json.Unmarshal(request.Body, &got); err != nil {
			t.Fatal(err)
		}
		if got["k"] != around+secret+around {
			t.Errorf("got %q, want %q", got["k"], around+secret+around)
		}
		if values, err := url.ParseQuery(request.URL.RawQuery); err != nil || values.Get("k") != around+secret {
			t.Errorf("%v: got %q, want %q", err, values, around+secret)
		}
	})
}
