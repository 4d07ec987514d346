package trigger_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/trigger"
	"github.com/hookstep-dev/hookstep/sdk/engine"
	"github.com/hookstep-dev/hookstep/sdk/fault"
	"github.com/hookstep-dev/hookstep/sdk/hostapi"
	"github.com/hookstep-dev/hookstep/sdk/value"
)

func request(contentType, body string) *integration.Request {
	return &integration.Request{Method: "POST", ContentType: contentType, Body: []byte(body)}
}

func TestBodyForms(t *testing.T) {
	t.Parallel()
	const utf8Mark = "\ufeff"
	for _, test := range []struct {
		name, contentType, body string
		form                    engine.BodyForm
		parts                   string
	}{
		{"empty without type", "", "", engine.BodyNone, ""},
		{"empty JSON", "application/json", "", engine.BodyNone, ""},
		{"no type", "", "x", engine.BodyBytes, ""},
		{"JSON", "application/json", `{"a":1}`, engine.BodyJSON, ""},
		{"JSON scalar", "application/json", ` 7 `, engine.BodyJSON, ""},
		{"JSON with charset", "application/json; charset=UTF-8", `[]`, engine.BodyJSON, ""},
		{"JSON suffix", "application/vnd.api+json", `{}`, engine.BodyJSON, ""},
		{"JSON in other case", "Application/JSON", `{}`, engine.BodyJSON, ""},
		{"JSON with byte order mark", "application/json", utf8Mark + `{"a":1}`, engine.BodyParts, `{"a":1}`},
		{"JSON in UTF-16", "application/json; charset=utf-16le", "{\x00}\x00", engine.BodyParts, "{}"},
		{"form", "application/x-www-form-urlencoded", "a=1&b=%20", engine.BodyText, ""},
		{"text", "text/plain", "hello", engine.BodyText, ""},
		{"CSV", "text/csv", "a,b\n", engine.BodyText, ""},
		{"other CSV", "application/csv", "a,b\n", engine.BodyText, ""},
		{"XML", "application/xml", "<a/>", engine.BodyText, ""},
		{"XML suffix", "application/soap+xml; charset=utf-8", "<a/>", engine.BodyText, ""},
		{"text with byte order mark", "text/plain", utf8Mark + "x", engine.BodyParts, `"x"`},
		{"latin-1 text", "text/plain; charset=iso-8859-1", "gr\xfc\xdfe", engine.BodyParts, `"grüße"`},
		{"windows-1252 text", "text/plain; charset=windows-1252", "\x80", engine.BodyParts, `"€"`},
		{"UTF-16 text with mark", "text/plain; charset=utf-16", "\xff\xfea\x00", engine.BodyParts, `"a"`},
		{"text that is not UTF-8", "text/plain", "\xff", engine.BodyBytes, ""},
		{"text of unknown charset", "text/plain; charset=koi8-r", "x", engine.BodyBytes, ""},
		{"bytes", "image/png", "\x89PNG", engine.BodyBytes, ""},
		{"unreadable type", "text/plain; =", "x", engine.BodyText, ""},
		{"other multipart", "multipart/mixed; boundary=b", "--b--", engine.BodyBytes, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			payload, err := trigger.Payload(request(test.contentType, test.body), "")
			if err != nil {
				t.Fatal(err)
			}
			if payload.Body != test.form || string(payload.Parts.JSON) != test.parts {
				t.Errorf("got %s %s, want %s %s", payload.Body, payload.Parts.JSON, test.form, test.parts)
			}
			if string(payload.RawBody) != test.body || payload.ContentType != test.contentType {
				t.Errorf("the raw body became %q %q", payload.ContentType, payload.RawBody)
			}
		})
	}
}

func TestCompressedBodyStaysBytes(t *testing.T) {
	t.Parallel()
	compressed := request("application/json", "\x1f\x8b")
	compressed.Headers = []hostapi.Header{{Name: "content-encoding", Value: "gzip"}}
	payload, err := trigger.Payload(compressed, "")
	if err != nil || payload.Body != engine.BodyBytes {
		t.Errorf("got %+v, %v", payload, err)
	}
}

func TestMalformedBodies(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, contentType, body, says string }{
		{"JSON", "application/json", "{\n  \"a\": tru }", "line 2, column 11"},
		{"half JSON", "application/json", `{"a":`, "unexpected end"},
		{"two JSON values", "application/json", `{} {}`, "line 1, column 4"},
		{"JSON that is not UTF-8", "application/json", "\"\xff\"", "charset"},
		{"JSON in unknown charset", "application/json; charset=koi8-r", "{}", "charset"},
		{"deep JSON", "application/json", strings.Repeat("[", 20000) + strings.Repeat("]", 20000), "depth"},
		{"form without boundary", "multipart/form-data", "--b", "boundary"},
		{"half form", "multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name=a\r\n\r\nx", "form"},
		{
			"form of too many parts", "multipart/form-data; boundary=b",
			strings.Repeat("--b\r\nContent-Disposition: form-data; name=a\r\n\r\nx\r\n", 1001) + "--b--", "1000 parts",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, err := trigger.Payload(request(test.contentType, test.body), "")
			if !fault.Is(err, fault.Malformed) || !strings.Contains(err.Error(), test.says) {
				t.Errorf("got %v, want malformed that says %q", err, test.says)
			}
		})
	}
}

func TestForm(t *testing.T) {
	t.Parallel()
	body := strings.ReplaceAll(`--b
Content-Disposition: form-data; name="note"

grüße
--b
Content-Disposition: form-data; name="a/b~c"; filename="../x.png"
Content-Type: image/png

`+"\x89\x00"+`
--b
Content-Disposition: form-data; name="meta"
Content-Type: application/json

{"a": 1}
--b
Content-Disposition: form-data; name="file"; filename="one.bin"

1
--b
Content-Disposition: form-data; name="file"; filename="two.txt"
Content-Type: text/plain; charset=iso-8859-1

`+"\xfc"+`
--b--
`, "\n", "\r\n")
	payload, err := trigger.Payload(request("multipart/form-data; boundary=b", body), "")
	if err != nil {
		t.Fatal(err)
	}
	want := value.Value{
		JSON: []byte(`{"note":{"data":"grüße","contentType":"text/plain","fileName":null},` +
			`"a/b~c":{"data":null,"contentType":"image/png","fileName":"x.png"},` +
			`"meta":{"data":"{\"a\": 1}","contentType":"application/json","fileName":null},` +
			`"file":[{"data":null,"contentType":"application/octet-stream","fileName":"one.bin"},` +
			`{"data":"ü","contentType":"text/plain; charset=iso-8859-1","fileName":"two.txt"}]}`),
		Blobs: []value.Blob{{Pointer: "/a~1b~0c/data", Bytes: []byte("\x89\x00")}, {Pointer: "/file/0/data", Bytes: []byte("1")}},
	}
	if diff := cmp.Diff(want, payload.Parts); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if payload.Body != engine.BodyParts {
		t.Errorf("the form is %s", payload.Body)
	}
}

func TestQuery(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		"":                         "",
		"a=1":                      `{"a":"1"}`,
		"a=1&b=&c":                 `{"a":"1","b":"","c":""}`,
		"z=1&a=2&z=3":              `{"z":["1","3"],"a":"2"}`,
		"a=%20+b%2Fc":              `{"a":"  b/c"}`,
		"a=%zz&%=1":                `{"a":"%zz","%":"1"}`,
		"a=b;c=d":                  `{"a":"b;c=d"}`,
		"&&":                       `{}`,
		"a=x=y":                    `{"a":"x=y"}`,
		"q=%22%5C%0A":              `{"q":"\"\\\n"}`,
		"__proto__=1&constructor=": `{"__proto__":"1","constructor":""}`,
	} {
		payload, err := trigger.Payload(&integration.Request{RawQuery: raw}, "")
		if err != nil {
			t.Fatal(err)
		}
		if got := string(payload.QueryParameters); got != want {
			t.Errorf("%q: got %s, want %s", raw, got, want)
		}
		if want != "" && !json.Valid(payload.QueryParameters) {
			t.Errorf("%q gives no JSON", raw)
		}
		if want == "" && payload.QueryParameters != nil {
			t.Errorf("%q is not nil", raw)
		}
	}
}

func TestInvoked(t *testing.T) {
	t.Parallel()
	nested := value.Value{JSON: []byte(`{"a":null}`), Blobs: []value.Blob{{Pointer: "/a", Bytes: []byte("x")}}}
	payload, err := trigger.Invoked(&integration.Request{Method: "POST", ContentType: "application/json"}, nested)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(nested, payload.Parts); diff != "" || payload.Body != engine.BodyParts {
		t.Errorf("nested bytes became %s %s", payload.Body, diff)
	}
	payload, err = trigger.Invoked(request("application/json", `{"a":1}`), value.JSON([]byte(`{"a":1}`)))
	if err != nil || payload.Body != engine.BodyJSON {
		t.Errorf("JSON became %+v, %v", payload, err)
	}
}
