package trigger_test

import (
	"encoding/json"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/trigger"
	"github.com/hookstep-dev/hookstep/sdk/engine"
	"github.com/hookstep-dev/hookstep/sdk/hostapi"
	"github.com/hookstep-dev/hookstep/sdk/value"
)

// fataler is a test, of whichever kind.
type fataler interface{ Fatal(args ...any) }

func reference(t fataler, text string) integration.Reference {
	read, err := integration.ParseReference(text, "trigger")
	if err != nil {
		t.Fatal(err)
	}
	return read
}

const results = ` {
	"headers": {"x-id": "one", "X-Own": "two", "both": 1, "BOTH": 2},
	"body": {"data": {"id": 9007199254740993, "ratio": 1.50, "yes": true, "no": false, "nothing": null, "empty": "", "blank": " ",
		"lines": [ {"sku": "A\n\"\\", "tags": []}, [1, [2, 3]], {}, "x" ], "esc\u0061ped": "found", "a/b~c": 7,
		"twice": 1, "twice": 2, "object": { "b" : [1, 2], "a": "{}[],:" }}, "contentType": "application/json"},
	"picture": {"data": null, "name": "p"}, "own": "text"
} `

func TestLookup(t *testing.T) {
	t.Parallel()
	in := value.Value{JSON: []byte(results), Blobs: []value.Blob{{Pointer: "/picture/data", Bytes: []byte{0, 255}}, {Pointer: "/body/data/a~1b~0c", Bytes: nil}}}
	for path, want := range map[string]string{
		"body.data.id":                     "9007199254740993",
		"body.data.ratio":                  "1.50",
		"body.data.yes":                    "true",
		"body.data.no":                     "false",
		"body.data.blank":                  " ",
		"body.data.lines[0].sku":           "A\n\"\\",
		"body.data.lines[0].tags":          "[]",
		"body.data.lines[1]":               "[1,[2,3]]",
		"body.data.lines[1][1][0]":         "2",
		"body.data.lines[2]":               "{}",
		"body.data.lines[3]":               "x",
		"body.data.escaped":                "found",
		"body.data.twice":                  "2",
		"body.data.object":                 `{"b":[1,2],"a":"{}[],:"}`,
		"body.contentType":                 "application/json",
		"own":                              "text",
		"headers.X-ID":                     "one",
		"headers.x-own":                    "two",
		"headers.both":                     "2",
		"stepResults.trigger.results.own":  "text",
		"picture.name":                     "p",
		"body.data.nothing":                "",
		"body.data.empty":                  "",
		"body.data.gone":                   "",
		"body.data.gone.deeper":            "",
		"body.data.id.deeper":              "",
		"body.data.id[0]":                  "",
		"body.data.lines.sku":              "",
		"body.data.lines[4]":               "",
		"body.data[0]":                     "",
		"own[0]":                           "",
		"BODY.data.id":                     "",
		"body.data.lines[0].tags[0]":       "",
		"body.data.lines[0].tags[0].still": "",
	} {
		got, found := trigger.Lookup(reference(t, path), in)
		if got != want || found != (want != "") {
			t.Errorf("%s gave %q, %t, want %q", path, got, found, want)
		}
	}
	digests := map[string]bool{}
	for _, path := range []string{"picture.data", "picture", `body.data["a/b~c"]`, "body"} {
		got, found := trigger.Lookup(reference(t, path), in)
		if !found || !strings.HasPrefix(got, "sha256:") {
			t.Errorf("%s gave %q, %t, want a digest", path, got, found)
		}
		digests[got] = true
	}
	if len(digests) != 4 {
		t.Errorf("values with other bytes have one digest: %v", digests)
	}
}

func TestLookupInOtherValues(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("é", 200)
	for _, test := range []struct {
		results value.Value
		want    string
	}{
		{value.Value{}, ""},
		{value.Null(), ""},
		{value.Text("own"), ""},
		{value.JSON([]byte("[1]")), ""},
		{value.JSON([]byte("{}")), ""},
		{value.Bytes([]byte(`{"own": 1}`), ""), ""},
		{value.JSON([]byte(`{"own": 5}`)), "5"},
		{value.JSON([]byte(`{"own": "` + long[:254] + `x"}`)), long[:254] + "x"},
		{value.JSON([]byte(`{"own": "` + long + `"}`)), "sha256"},
		{value.JSON([]byte(`{"own": "a\u0000b"}`)), "sha256"},
		{value.JSON([]byte(`{"own"`)), ""},
		{value.JSON([]byte(`{"own":`)), ""},
		{value.JSON([]byte(`{"own": "`)), ""},
		{value.JSON([]byte(`{"own": "\`)), ""},
	} {
		got, _ := trigger.Lookup(reference(t, "own"), test.results)
		if kind, _, _ := strings.Cut(got, ":"); kind != test.want {
			t.Errorf("%s gave %q, want %q", test.results.JSON, got, test.want)
		}
	}
}

func TestLookupPayload(t *testing.T) {
	t.Parallel()
	payload := func(contentType, body string) *engine.Payload {
		made, err := trigger.Payload(&integration.Request{
			Method: "PUT", RawQuery: "id=7&tag=a&tag=b&none=", ContentType: contentType, Body: []byte(body),
			Headers: []hostapi.Header{{Name: "x-github-delivery", Value: "d-1"}, {Name: "x-empty"}},
		}, "orders/7")
		if err != nil {
			t.Fatal(err)
		}
		return made
	}
	const form = "--b\r\nContent-Disposition: form-data; name=\"id\"\r\n\r\n12\r\n" +
		"--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"f\"\r\nContent-Type: image/png\r\n\r\n\x00\x01\r\n--b--\r\n"
	for _, test := range []struct{ contentType, body, path, want string }{
		{"", "", "headers.X-GitHub-Delivery", "d-1"},
		{"", "", "headers.x-empty", ""},
		{"", "", "headers.gone", ""},
		{"", "", "queryParameters.id", "7"},
		{"", "", "queryParameters.tag", `["a","b"]`},
		{"", "", "queryParameters.tag[1]", "b"},
		{"", "", "queryParameters.none", ""},
		{"", "", "pathFragment", "orders/7"},
		{"", "", "pathFragment.x", ""},
		{"", "", "method", "PUT"},
		{"", "", "body.data", ""},
		{"", "", "body.data.id", ""},
		{"application/json", `{"order": {"id": 12}}`, "body.data.order.id", "12"},
		{"application/json", `{"order": {"id": 12}}`, "stepResults.trigger.results.body.data.order", `{"id":12}`},
		{"application/json", `"all"`, "body.data", "all"},
		{"application/json", `{}`, "body.contentType", "application/json"},
		{"text/plain", "all of it", "body.data", "all of it"},
		{"text/plain", "all of it", "body.data.id", ""},
		{"application/x-www-form-urlencoded", "id=5", "body.data", "id=5"},
		{"application/octet-stream", "\x00\x01", "body.data", "sha256"},
		{"application/octet-stream", "\x00\x01", "body.data.id", ""},
		{"multipart/form-data; boundary=b", form, "body.data.id.data", "12"},
		{"multipart/form-data; boundary=b", form, "body.data.file.fileName", "f"},
		{"multipart/form-data; boundary=b", form, "body.data.file.data", "sha256"},
	} {
		got, found := trigger.LookupPayload(reference(t, test.path), payload(test.contentType, test.body))
		if kind, _, _ := strings.Cut(got, ":"); kind != test.want && got != test.want || found != (test.want != "") {
			t.Errorf("%s of %q gave %q, %t, want %q", test.path, test.body, got, found, test.want)
		}
	}
}

// TestLookupAgreesWithEncodingJSON compares with a full decoding.
func TestLookupAgreesWithEncodingJSON(t *testing.T) {
	t.Parallel()
	names := []string{"a", "b", "c d", "é", "\"", "\\", "\n"}
	rapid.Check(t, func(t *rapid.T) {
		tree := drawTree(t, names, 4)
		text, err := json.MarshalIndent(tree, "", rapid.SampledFrom([]string{"", "\t", " "}).Draw(t, "indent"))
		if err != nil {
			t.Fatal(err)
		}
		path := []integration.Part{}
		want := tree
		for range rapid.IntRange(1, 4).Draw(t, "depth") {
			part := integration.Part{Name: rapid.SampledFrom(names).Draw(t, "name"), Index: -1}
			if rapid.Bool().Draw(t, "indexed") {
				part = integration.Part{Index: rapid.IntRange(0, 3).Draw(t, "index")}
			}
			path = append(path, part)
			want = into(want, part)
		}
		got, found := trigger.Lookup(integration.Reference{Path: path}, value.JSON(text))
		if expected := canonical(want); got != expected || found != (expected != "") {
			t.Fatalf("%v in %s gave %q, %t, want %q", path, text, got, found, expected)
		}
	})
}

func drawTree(t *rapid.T, names []string, depth int) any {
	kind := rapid.IntRange(0, 5).Draw(t, "kind")
	if depth == 0 {
		kind = min(kind, 3)
	}
	switch kind {
	case 0:
		return nil
	case 1:
		return rapid.SampledFrom([]string{"", "x", "{", "]", "\"", "\\", "a,b:c", "é\u2028"}).Draw(t, "text")
	case 2:
		return rapid.IntRange(-5, 5).Draw(t, "number")
	case 3:
		return rapid.Bool().Draw(t, "flag")
	case 4:
		list := []any{}
		for range rapid.IntRange(0, 3).Draw(t, "length") {
			list = append(list, drawTree(t, names, depth-1))
		}
		return list
	}
	object := map[string]any{}
	for range rapid.IntRange(0, 3).Draw(t, "members") {
		object[rapid.SampledFrom(names).Draw(t, "member")] = drawTree(t, names, depth-1)
	}
	return object
}

func into(tree any, part integration.Part) any {
	switch tree := tree.(type) {
	case map[string]any:
		if part.Index < 0 {
			return tree[part.Name]
		}
	case []any:
		if part.Index >= 0 && part.Index < len(tree) {
			return tree[part.Index]
		}
	}
	return nil
}

func canonical(of any) string {
	if text, is := of.(string); is || of == nil {
		return text
	}
	text, err := json.Marshal(of)
	if err != nil || len(text) > trigger.MostKeyBytes {
		return "sha256"
	}
	return string(text)
}

func BenchmarkLookup(b *testing.B) {
	body := []byte(`{"lines": [` + strings.Repeat(`{"sku": "A-1", "name": "A thing with a name", "quantity": 5},`, 16) + `{}], "order": {"id": "SO-1"}}`)
	payload := &engine.Payload{Body: engine.BodyJSON, RawBody: body}
	path := reference(b, "body.data.order.id")
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if text, _ := trigger.LookupPayload(path, payload); text != "SO-1" {
			b.Fatal(text)
		}
	}
}
