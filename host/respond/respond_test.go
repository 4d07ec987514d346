package respond_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/respond"
	"github.com/hookstep-dev/hookstep/host/store"
	"github.com/hookstep-dev/hookstep/sdk/engine"
	"github.com/hookstep-dev/hookstep/sdk/fault"
	"github.com/hookstep-dev/hookstep/sdk/hostapi"
	"github.com/hookstep-dev/hookstep/sdk/value"
)

const id = integration.ExecutionID(1_234_567_890_123)

// want is an answer without the headers that every answer has.
type want struct {
	status      int
	contentType string
	body        string
	headers     map[string]string
}

func check(t *testing.T, got integration.Response, want want) {
	t.Helper()
	headers := map[string]string{}
	for _, header := range got.Headers {
		headers[header.Name] = header.Value
	}
	if headers[respond.ExecutionHeader] != id.String() || headers["X-Content-Type-Options"] != "nosniff" {
		t.Errorf("the fixed headers are missing in %v", headers)
	}
	delete(headers, respond.ExecutionHeader)
	delete(headers, "X-Content-Type-Options")
	contentType := headers["Content-Type"]
	delete(headers, "Content-Type")
	if want.headers == nil {
		want.headers = map[string]string{}
	}
	if got.Status != want.status || contentType != want.contentType || string(got.Body) != want.body {
		t.Errorf("got %d %q %s\nwant %d %q %s", got.Status, contentType, got.Body, want.status, want.contentType, want.body)
	}
	if diff := cmp.Diff(want.headers, headers); diff != "" {
		t.Errorf("headers (-want +got):\n%s", diff)
	}
}

func json(text string) value.Value { return value.JSON([]byte(text)) }

func last(results value.Value, response *engine.Response) *integration.Outcome {
	return &integration.Outcome{Steps: []engine.StepResult{
		{Key: "first", Results: json(`"never shown"`)},
		{Key: "last", Results: results, Response: response},
	}}
}

func triggered(response engine.Response, steps ...engine.StepResult) *integration.Outcome {
	return &integration.Outcome{Trigger: &engine.StepResult{Key: "trigger", Response: &response}, Steps: steps}
}

func TestAnswerOfLastStep(t *testing.T) {
	t.Parallel()
	const typeJSON, typeText = "application/json", "text/plain; charset=utf-8"
	for _, test := range []struct {
		name     string
		results  value.Value
		response *engine.Response
		want     want
	}{
		{"JSON untouched", json(`{ "big": 9007199254740993 }`), nil, want{200, typeJSON, `{ "big": 9007199254740993 }`, nil}},
		{"null", value.Null(), nil, want{200, typeJSON, "null", nil}},
		{"no value", value.Value{}, nil, want{200, typeJSON, "null", nil}},
		{"number", json("7"), nil, want{200, typeJSON, "7", nil}},
		{"string as text", json(`"gr\u00fc\u00dfe"`), nil, want{200, typeText, "grüße", nil}},
		{"bytes", value.Bytes([]byte{0, 255}, ""), nil, want{200, "application/octet-stream", "\x00\xff", nil}},
		{"bytes with a type", value.Bytes([]byte("x"), "image/png"), nil, want{200, "image/png", "x", nil}},
		{"status and type", json(`"a,b"`), &engine.Response{Status: 201, ContentType: "text/csv"}, want{201, "text/csv", "a,b", nil}},
		{"body over data", json(`"data"`), &engine.Response{Body: json(`{"a":1}`)}, want{200, typeJSON, `{"a":1}`, nil}},
		{"empty text as body", json(`"data"`), &engine.Response{Body: json(`""`)}, want{200, typeText, "", nil}},
		{"type among headers", json(`"x"`), &engine.Response{Headers: []hostapi.Header{{Name: "content-TYPE", Value: "text/csv"}}}, want{200, "text/csv", "x", nil}},
		{
			"contentType over headers", json(`"x"`),
			&engine.Response{ContentType: "a/b", Headers: []hostapi.Header{{Name: "Content-Type", Value: "text/csv"}}},
			want{200, "a/b", "x", nil},
		},
		{"no body for 204", json(`"x"`), &engine.Response{Status: 204}, want{204, "", "", nil}},
		{
			"redirect of user code", value.Null(), &engine.Response{Status: 302, Headers: []hostapi.Header{{Name: "Location", Value: "https://example.com/"}}},
			want{302, typeJSON, "null", map[string]string{"Location": "https://example.com/"}},
		},
		{
			"HTML is sandboxed", json(`"<p>"`), &engine.Response{ContentType: "Text/HTML; charset=utf-8"},
			want{200, "Text/HTML; charset=utf-8", "<p>", map[string]string{"Content-Security-Policy": "sandbox"}},
		},
		{"headers of connection and host are dropped", value.Null(), &engine.Response{Headers: []hostapi.Header{
			{Name: "Transfer-Encoding", Value: "chunked"},
			{Name: "content-length", Value: "999"},
			{Name: "Trailer", Value: "x"},
			{Name: "Connection", Value: "close"},
			{Name: "hookstep-execution-id", Value: "forged"},
			{Name: "Alt-Svc", Value: "h2=other.example"},
			{Name: "X-Kept", Value: "yes"},
		}}, want{200, typeJSON, "null", map[string]string{"X-Kept": "yes"}}},
		{"nested bytes", value.Value{JSON: []byte(`{"a":null,"b/c":[null,{"d":null}]}`), Blobs: []value.Blob{
			{Pointer: "/b~1c/0", Bytes: []byte("hi")}, {Pointer: "/b~1c/1/d", Bytes: []byte{}},
		}}, nil, want{200, typeJSON, `{"a":null,"b/c":["aGk=",{"d":""}]}`, nil}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			check(t, respond.Outcome(id, last(test.results, test.response)), test.want)
		})
	}
}

func TestImpossibleAnswers(t *testing.T) {
	t.Parallel()
	header := func(name, value string) engine.Response {
		return engine.Response{Headers: []hostapi.Header{{Name: name, Value: value}}}
	}
	for _, test := range []struct {
		name     string
		response engine.Response
		says     string
	}{
		{"status below", engine.Response{Status: 199}, "status 199"},
		{"status above", engine.Response{Status: 600}, "status 600"},
		{"negative status", engine.Response{Status: -1}, "status -1"},
		{"split header", header("x-a", "b\r\nset-cookie: c"), "x-a"},
		{"header name", header("x a", "b"), "x a"},
		{"long header", header("x-a", strings.Repeat("b", 9000)), "x-a"},
		{"content type", engine.Response{ContentType: "text/html\n"}, "content type"},
		{"many headers", engine.Response{Headers: make([]hostapi.Header, 65)}, "65 headers"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got := respond.Outcome(id, last(value.Null(), &test.response))
			if got.Status != 500 || !strings.Contains(string(got.Body), test.says) {
				t.Errorf("got %d %s, want 500 that says %q", got.Status, got.Body, test.says)
			}
		})
	}
}

func TestAnswerOfTrigger(t *testing.T) {
	t.Parallel()
	step := engine.StepResult{Key: "last", Results: json(`"of the step"`)}
	for _, test := range []struct {
		name    string
		outcome *integration.Outcome
		want    want
	}{
		{"rejected with a body", triggered(engine.Response{Status: 403, Body: json(`"no"`)}), want{403, "text/plain; charset=utf-8", "no", nil}},
		{"rejected without", triggered(engine.Response{Status: 400}), want{400, "application/json", `{"executionId":"000013xrzp16b"}`, nil}},
		{
			"body wins over the last step", triggered(engine.Response{Body: json(`"of the trigger"`)}, step),
			want{200, "text/plain; charset=utf-8", "of the trigger", nil},
		},
		{"no body leaves it to the last step", triggered(engine.Response{Status: 202}, step), want{200, "text/plain; charset=utf-8", "of the step", nil}},
		{"no steps", triggered(engine.Response{Status: 202}), want{202, "application/json", `{"executionId":"000013xrzp16b"}`, nil}},
		{"neither code nor steps", &integration.Outcome{}, want{200, "application/json", `{"executionId":"000013xrzp16b"}`, nil}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			check(t, respond.Outcome(id, test.outcome), test.want)
		})
	}
}

func TestIgnoredErrorOfLastStep(t *testing.T) {
	t.Parallel()
	outcome := &integration.Outcome{Steps: []engine.StepResult{{Fault: &fault.Fault{Source: fault.User, Name: "TypeError", Message: `no "x"`}}}}
	check(t, respond.Outcome(id, outcome), want{200, "application/json", `{"error":{"name":"TypeError","message":"no \"x\""}}`, nil})
}

func TestFaultAnswers(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		fault  *fault.Fault
		status int
		says   string
		retry  string
	}{
		{&fault.Fault{
			Source: fault.User, Code: fault.Thrown, Name: "Error", Message: "boom", Step: "total",
			Stack: []fault.Frame{{File: "secret-place.js", Line: 1}},
		}, 500, "step total: Error: boom", ""},
		{fault.New(fault.Limit, fault.Deadline, "late"), 504, "late", ""},
		{fault.New(fault.Limit, fault.Overloaded, "busy"), 429, "busy", "1"},
		{&fault.Fault{Source: fault.Limit, Code: fault.Overloaded, Message: "busy", RetryAfter: 2500 * time.Millisecond}, 429, "busy", "3"},
		{fault.New(fault.User, fault.Malformed, "not JSON"), 400, "not JSON", ""},
		{fault.New(fault.Engine, fault.WorkerLost, "killed"), 502, "killed", ""},
		{&fault.Fault{Source: fault.Engine, Code: fault.Unavailable, Message: "does not start", RetryAfter: time.Second}, 503, "does not start", "1"},
		{fault.New(fault.Limit, fault.Memory, "over 256 MiB"), 500, "over 256 MiB", ""},
		{fault.New(fault.Host, fault.Unauthorized, "no key"), 401, "no key", ""},
		{fault.New(fault.Host, fault.NotFound, "no flow"), 404, "no flow", ""},
		{fault.New(fault.Host, fault.Unsupported, "not here"), 501, "not here", ""},
		{store.Unavailable(errors.New("dial tcp: private.example refused")), 503, "nothing was accepted", "5"},
		{fault.New(fault.Host, fault.Internal, "/etc/private leaked"), 500, "internal error", ""},
	} {
		t.Run(string(test.fault.Code), func(t *testing.T) {
			t.Parallel()
			got := respond.Outcome(id, &integration.Outcome{Fault: test.fault})
			if got.Status != test.status || !strings.Contains(string(got.Body), test.says) || !strings.Contains(string(got.Body), `"executionId":"000013xrzp16b"`) {
				t.Errorf("got %d %s", got.Status, got.Body)
			}
			if strings.Contains(string(got.Body), "secret-place") || strings.Contains(string(got.Body), "private") {
				t.Errorf("the answer tells too much: %s", got.Body)
			}
			headers := map[string]string{}
			for _, header := range got.Headers {
				headers[header.Name] = header.Value
			}
			if headers["Retry-After"] != test.retry || headers[respond.FaultHeader] != string(test.fault.Source)+"/"+string(test.fault.Code) {
				t.Errorf("headers %v", headers)
			}
		})
	}
}
