package recording_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/hookstep-dev/hookstep/host/integration/recording"
)

func TestRecordedWebhooksAreComplete(t *testing.T) {
	t.Parallel()
	all, err := recording.ReadAll(os.DirFS("../../../testdata/webhooks"))
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 15 {
		t.Fatalf("only %d recordings", len(all))
	}
	for _, recorded := range all {
		if !strings.HasPrefix(recorded.Target, "/hooks/") || len(recorded.Body) == 0 || recorded.Header.Get("Content-Type") == "" {
			t.Errorf("%s: %s with %d bytes of %q", recorded.Name, recorded.Target, len(recorded.Body), recorded.Header.Get("Content-Type"))
		}
		if err := recorded.Want.Check(recorded.Want.Status, recorded.Want.Header, recorded.Want.Body); err != nil {
			t.Errorf("%s: an answer differs from itself: %v", recorded.Name, err)
		}
	}
}

func TestRequest(t *testing.T) {
	t.Parallel()
	folder := fstest.MapFS{
		"shop/a.http":     {Data: []byte("PUT /hooks/x/y?z=1 HTTP/1.1\nHost: hooks.example.com\nContent-Type: text/plain\n\nline\n\nline\x00\xff")},
		"shop/a.expected": {Data: []byte("HTTP/1.1 202\n")},
	}
	recorded, err := recording.Read(folder, "shop/a")
	if err != nil {
		t.Fatal(err)
	}
	seen := make(chan string, 1)
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		seen <- strings.Join([]string{r.Method, r.Host, r.URL.String(), r.Header.Get("Content-Type"), string(body)}, "|")
	}))
	defer server.Close()
	request, err := recorded.Request(t.Context(), server.URL)
	if err != nil {
		t.Fatal(err)
	}
	response, err := server.Client().Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if diff := cmp.Diff("PUT|hooks.example.com|/hooks/x/y?z=1|text/plain|line\n\nline\x00\xff", <-seen); diff != "" {
		t.Errorf("request (-want +got):\n%s", diff)
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	jsonHeader := http.Header{"Content-Type": {"application/json"}, "X-Id": {"*"}}
	text := http.Header{"Content-Type": {"text/plain"}}
	for name, test := range map[string]struct {
		want   recording.Answer
		status int
		header http.Header
		body   string
		ok     bool
	}{
		"equal":              {recording.Answer{Status: 200, Header: text, Body: []byte("x")}, 200, text, "x", true},
		"status":             {recording.Answer{Status: 200}, 201, nil, "", false},
		"header":             {recording.Answer{Status: 200, Header: text}, 200, http.Header{}, "", false},
		"text":               {recording.Answer{Status: 200, Header: text, Body: []byte("x")}, 200, text, "x\n", false},
		"empty body":         {recording.Answer{Status: 200, Header: text, Body: []byte{}}, 200, text, "x", false},
		"body is free":       {recording.Answer{Status: 200, Header: text}, 200, text, "x", true},
		"any header":         {recording.Answer{Status: 200, Header: jsonHeader}, 200, http.Header{"Content-Type": {"application/json"}, "X-Id": {"7"}}, "", true},
		"any header missing": {recording.Answer{Status: 200, Header: jsonHeader}, 200, http.Header{"Content-Type": {"application/json"}}, "", false},
		"JSON order":         {recording.Answer{Status: 200, Header: jsonHeader, Body: []byte(`{"a":1,"b":["*"]}`)}, 200, jsonHeader, `{"b": ["x"], "a": 1}`, true},
		"JSON number":        {recording.Answer{Status: 200, Header: jsonHeader, Body: []byte(`9007199254740993`)}, 200, jsonHeader, `9007199254740992`, false},
		"JSON more":          {recording.Answer{Status: 200, Header: jsonHeader, Body: []byte(`{"a":1}`)}, 200, jsonHeader, `{"a":1,"b":null}`, false},
		"JSON missing":       {recording.Answer{Status: 200, Header: jsonHeader, Body: []byte(`{"a":null}`)}, 200, jsonHeader, `{"b":null}`, false},
		"JSON list":          {recording.Answer{Status: 200, Header: jsonHeader, Body: []byte(`[1,2]`)}, 200, jsonHeader, `[1]`, false},
		"JSON any is text":   {recording.Answer{Status: 200, Header: jsonHeader, Body: []byte(`"*"`)}, 200, jsonHeader, `1`, false},
		"JSON twice":         {recording.Answer{Status: 200, Header: jsonHeader, Body: []byte(`1`)}, 200, jsonHeader, `1 1`, false},
	} {
		if err := test.want.Check(test.status, test.header, []byte(test.body)); (err == nil) != test.ok {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestReadReportsWhatIsNoRecording(t *testing.T) {
	t.Parallel()
	for name, files := range map[string]fstest.MapFS{
		"request line":   {"s/a.http": {Data: []byte("GET\n\n")}, "s/a.expected": {Data: []byte("HTTP/1.1 200\n")}},
		"status line":    {"s/a.http": {Data: []byte("GET / HTTP/1.1\n\n")}, "s/a.expected": {Data: []byte("200\n")}},
		"no expectation": {"s/a.http": {Data: []byte("GET / HTTP/1.1\n\n")}},
		"header":         {"s/a.http": {Data: []byte("GET / HTTP/1.1\nno header\n\n")}, "s/a.expected": {Data: []byte("HTTP/1.1 200\n")}},
	} {
		if _, err := recording.ReadAll(files); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
