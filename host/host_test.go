package host_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/hookstep-dev/hookstep/host"
	"github.com/hookstep-dev/hookstep/host/config"
	"github.com/hookstep-dev/hookstep/host/integration"
)

// post sends a body to a path of a server and gives the answer.
func post(t *testing.T, base, path, body string, headers ...string) (int, http.Header, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, base+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range headers {
		name, value, _ := strings.Cut(line, ": ")
		request.Header.Set(name, value)
	}
	status, header, answer := send(t, request)
	return status, header, string(answer)
}

const everything = `
name: Everything
flows:
  - name: Count
    synchronous: true
    steps:
      - name: Add
        code: |
          module.exports = async ({ instanceState, crossFlowState }) => {
            instanceState.calls = (instanceState.calls || 0) + 1;
            return { data: instanceState.calls, crossFlowState: { ["call" + instanceState.calls]: true } };
          };
      - name: Fail
        code: |
          module.exports = async (context, { trigger, add }) => {
            if (trigger.results.queryParameters && trigger.results.queryParameters.fail) throw new Error("asked to");
            return { data: add.results };
          };
  - name: Two languages
    synchronous: true
    trigger:
      name: Receive
      code: |
        module.exports = async (context, payload) => ({ payload: { ...payload, seen: "by the trigger" } });
    steps:
      - name: In Lua
        engine: lua
        code: |
          return function(ctx, steps)
            ctx.logger.info("in Lua")
            return { data = { seen = steps.receive.results.seen, body = steps.receive.results.body.data } }
          end
      - name: Back again
        code: |
          module.exports = ({ logger }, { inLua }) => { logger.warn("back", { again: true }); return { data: inLua.results }; };
  - name: Call
    synchronous: true
    steps:
      - name: Call
        code: |
          module.exports = async ({ invokeFlow, executionFrame }, { trigger }) => {
            const answer = await invokeFlow("Answer", { n: 1, bytes: Buffer.from("hi") }, { headers: { "X-Own": "yes" } });
            return { data: { status: answer.status, data: answer.data, id: !!answer.headers["hookstep-execution-id"] } };
          };
  - name: Answer
    synchronous: true
    steps:
      - name: Answer
        code: |
          module.exports = async ({ executionFrame }, { trigger }) => ({
            statusCode: 201,
            data: {
              body: trigger.results.body.data.n, bytes: Buffer.from(trigger.results.body.data.bytes).toString(),
              own: trigger.results.headers["x-own"], by: executionFrame.invokedByFlow, depth: executionFrame.depth,
            },
          });
  - name: Endless call
    synchronous: true
    steps:
      - name: Again
        code: |
          module.exports = async ({ invokeFlow }) => ({ data: (await invokeFlow("Endless call", {})).data });
  - name: Recover
    synchronous: true
    steps:
      - name: Break
        onError: {do: ignore}
        code: |
          module.exports = () => { throw new TypeError("no luck"); };
      - name: Go on
        code: |
          module.exports = (context, steps) => ({ data: steps.break.results.error });
  - name: Loop
    synchronous: true
    timeout: 500ms
    steps: [{name: Spin, code: "module.exports = () => { while (true); };"}]
  - name: Slow step
    synchronous: true
    steps: [{name: Spin, timeout: 300ms, code: "module.exports = () => { while (true); };"}]
  - name: Fetch
    synchronous: true
    steps:
      - name: Fetch
        code: |
          module.exports = async (context, { trigger }) => {
            const answer = await fetch(trigger.results.queryParameters.url);
            return { data: await answer.text() };
          };
`

func TestEverything(t *testing.T) {
	t.Parallel()
	outside := httptest.NewServer(http.HandlerFunc(func(writer http.ResponseWriter, _ *http.Request) { io.WriteString(writer, "from outside") }))
	t.Cleanup(outside.Close)
	folder := write(t, "everything", map[string]string{"integration.yaml": everything})
	made := start(t, func(set *config.Config) { set.Fetch.Allow = []string{"127.0.0.1"} }, folder)
	base := listen(t, made)
	strict := listen(t, start(t, nil, folder))

	t.Run("states live on", func(t *testing.T) {
		t.Parallel()
		for _, call := range []struct{ query, want string }{{"", "1"}, {"", "2"}, {"?fail=1", ""}, {"", "3"}} {
			status, _, got := post(t, base, "/hooks/everything/count"+call.query, "")
			if call.want == "" {
				if status != 500 || !strings.Contains(got, "step fail: Error: asked to") {
					t.Errorf("got %d %s", status, got)
				}
				continue
			}
			if got != call.want {
				t.Errorf("got %s, want %s", got, call.want)
			}
		}
	})
	t.Run("two languages", func(t *testing.T) {
		t.Parallel()
		_, _, got := post(t, base, "/hooks/everything/two-languages", "text", "Content-Type: text/plain")
		if !strings.Contains(got, `"body":"text"`) || !strings.Contains(got, `"seen":"by the trigger"`) {
			t.Errorf("got %s", got)
		}
	})
	t.Run("a sibling flow", func(t *testing.T) {
		t.Parallel()
		want := `{"status":201,"data":{"body":1,"bytes":"hi","own":"yes","by":"Call","depth":1},"id":true}`
		if _, _, got := post(t, base, "/hooks/everything/call", ""); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	})
	t.Run("sibling flows without end", func(t *testing.T) {
		t.Parallel()
		if status, _, got := post(t, base, "/hooks/everything/endless-call", ""); !strings.Contains(got, "8 flows are waiting") {
			t.Errorf("got %d %s", status, got)
		}
	})
	t.Run("an ignored failure", func(t *testing.T) {
		t.Parallel()
		if _, _, got := post(t, base, "/hooks/everything/recover", ""); got != `{"name":"TypeError","message":"no luck"}` {
			t.Errorf("got %s", got)
		}
	})
	for _, path := range []string{"loop", "slow-step"} {
		t.Run("no end: "+path, func(t *testing.T) {
			t.Parallel()
			begun := time.Now()
			status, header, got := post(t, base, "/hooks/everything/"+path, "")
			if status != 504 || header.Get("hookstep-fault") != "limit/deadline" || header.Get("hookstep-execution-id") == "" || !strings.Contains(got, "step spin") {
				t.Errorf("got %d %v %s", status, header, got)
			}
			if took := time.Since(begun); took > 5*time.Second { // with the start of the engine
				t.Errorf("took %s", took)
			}
		})
	}
	t.Run("fetch", func(t *testing.T) {
		t.Parallel()
		if _, _, got := post(t, base, "/hooks/everything/fetch?url="+outside.URL, ""); got != "from outside" {
			t.Errorf("got %s", got)
		}
		if status, _, got := post(t, strict, "/hooks/everything/fetch?url="+outside.URL, ""); status != 500 || !strings.Contains(got, "not a public one") {
			t.Errorf("refused with %d %s", status, got)
		}
	})
	t.Run("a trace", func(t *testing.T) {
		t.Parallel()
		report := made.Trace(t.Context(), &integration.Request{
			Method: "POST", Path: "/hooks/everything/two-languages", Body: []byte("{}"), ContentType: "application/json", ReceivedAt: time.Now(),
		})
		var told []string
		for _, line := range report.Lines {
			told = append(told, fmt.Sprintf("%s %s %s", line.Step, line.Level, line.Text))
		}
		if got := strings.Join(told, "|"); got != "inLua info in Lua|backAgain warn back { again: true }" {
			t.Errorf("logged %s", got)
		}
		if len(report.Outcome.Steps) != 2 || report.Outcome.Trigger == nil || report.Response.Status != 200 || report.Outcome.Elapsed <= 0 {
			t.Errorf("got %+v", report.Outcome)
		}
	})
}

func TestEveryAnswerNamesItsExecution(t *testing.T) {
	t.Parallel()
	base := listen(t, start(t, nil, "../testdata/integrations/order-intake"))
	seen := map[string]bool{}
	for _, path := range []string{"/", "/hooks/", "/hooks/nobody/nothing", "/hooks/order-intake/receive-order"} {
		_, header, body := post(t, base, path, "{", "Content-Type: application/json")
		id := header.Get("hookstep-execution-id")
		var told struct {
			Error       string `json:"error"`
			ExecutionID string `json:"executionId"`
		}
		if err := json.Unmarshal([]byte(body), &told); err != nil || told.Error == "" || told.ExecutionID != id || len(id) != 13 || seen[id] {
			t.Errorf("%s: %s %s (%v)", path, id, body, err)
		}
		seen[id] = true
	}
}

func TestAllProblemsAreToldAtOnce(t *testing.T) {
	t.Parallel()
	broken := write(t, "broken", map[string]string{"integration.yaml": `
name: Broken
flows:
  - name: A
    stepz: []
  - name: A
    steps: [{name: B, file: missing.js}]
`})
	settings := config.Default()
	settings.Data = t.TempDir()
	_, err := host.New(t.Context(), host.Options{Config: settings, Dirs: []string{broken}, Bundled: bundled()})
	problems, ok := errors.AsType[integration.Problems](err)
	if !ok || len(problems) < 3 {
		t.Errorf("got %v", err)
	}
}

func TestReloadServesWhatIsThereNow(t *testing.T) {
	t.Parallel()
	yaml := func(text string) map[string]string {
		return map[string]string{"integration.yaml": `
name: Hello
flows:
  - name: Say
    synchronous: true
    steps: [{name: Say, code: "module.exports = () => ({ data: '` + text + `' });"}]
`}
	}
	folder := write(t, "hello", yaml("one"))
	made := start(t, nil, folder)
	base := listen(t, made)
	if _, _, got := post(t, base, "/hooks/hello/say", ""); got != "one" {
		t.Errorf("got %s", got)
	}
	rewrite(t, folder, yaml("two"))
	if err := made.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, _, got := post(t, base, "/hooks/hello/say", ""); got != "two" {
		t.Errorf("got %s", got)
	}
	rewrite(t, folder, map[string]string{"integration.yaml": "name: ["})
	if err := made.Reload(t.Context()); err == nil {
		t.Error("a broken file was taken")
	}
	if _, _, got := post(t, base, "/hooks/hello/say", ""); got != "two" {
		t.Errorf("after a failed reload: %s", got)
	}
}

func TestServeFinishesWhatRuns(t *testing.T) {
	t.Parallel()
	arrived, release := make(chan struct{}), make(chan struct{})
	outside := httptest.NewServer(http.HandlerFunc(func(writer http.ResponseWriter, _ *http.Request) {
		close(arrived)
		<-release
		io.WriteString(writer, "late but whole")
	}))
	t.Cleanup(outside.Close)
	folder := write(t, "everything", map[string]string{"integration.yaml": everything})
	made := start(t, func(set *config.Config) { set.Fetch.Allow = []string{"127.0.0.1"} }, folder)
	hooks, operators := loopback(t), loopback(t)
	ctx, stop := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- made.Serve(ctx, hooks, operators) }()
	if status, _ := ask(t, operators, "/healthz"); status != 200 {
		t.Errorf("health: %d", status)
	}
	if status, _ := ask(t, operators, "/readyz"); status != 200 {
		t.Errorf("ready: %d", status)
	}
	answered := make(chan string, 1)
	go func() {
		_, _, body := post(t, "http://"+hooks.Addr().String(), "/hooks/everything/fetch?url="+outside.URL, "", "Connection: close")
		answered <- body
	}()
	<-arrived
	if _, body := ask(t, operators, "/metrics"); !strings.Contains(body, `hookstep_engine_lanes_busy{engine="javascript",integration="everything"} 1`) {
		t.Errorf("metrics:\n%s", body)
	}
	stop()
	for { // until no new connection is taken
		connection, err := net.Dial("tcp", hooks.Addr().String())
		if err != nil {
			break
		}
		connection.Close()
	}
	close(release)
	if got := <-answered; got != "late but whole" {
		t.Errorf("got %q", got)
	}
	if err := <-served; err != nil {
		t.Error(err)
	}
}

func loopback(t *testing.T) net.Listener {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return listener
}

func ask(t *testing.T, of net.Listener, path string) (int, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+of.Addr().String()+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Close = true
	status, _, body := send(t, request)
	return status, string(body)
}

// TestTenThousandFlows holds the figures of a large host: it loads within seconds, and a flow of it answers.
func TestTenThousandFlows(t *testing.T) { //nolint:paralleltest // it measures time
	if testing.Short() {
		t.Skip("writes ten thousand flows")
	}
	var dirs []string
	for i := range 100 {
		var text strings.Builder
		fmt.Fprintf(&text, "name: Number %d\nflows:\n", i)
		for j := range 100 {
			fmt.Fprintf(&text, "  - {name: Flow %d, synchronous: true, steps: [{name: One, file: one.js}, {name: Two, file: two.js}]}\n", j)
		}
		dirs = append(dirs, write(t, fmt.Sprintf("number-%d", i), map[string]string{
			"integration.yaml": text.String(),
			"one.js":           "module.exports = () => ({ data: 1 });", "two.js": "module.exports = (c, { one }) => ({ data: one.results + 1 });",
		}))
	}
	begun := time.Now()
	made := start(t, nil, dirs...)
	took := time.Since(begun)
	t.Logf("%d flows loaded in %s", len(made.Targets()), took)
	if len(made.Targets()) != 10_000 || took > 5*time.Second && !raceDetector {
		t.Errorf("%d flows in %s", len(made.Targets()), took)
	}
	if _, _, got := post(t, listen(t, made), "/hooks/number-57/flow-31", ""); got != "2" {
		t.Errorf("got %s", got)
	}
}

// quiet is a host without a log, for benchmarks.
func quiet(b *testing.B, dirs ...string) *host.Host {
	b.Helper()
	settings := config.Default()
	settings.Data = b.TempDir()
	made, err := host.New(b.Context(), host.Options{Config: settings, Dirs: dirs, Bundled: bundled(), Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { made.Close(context.Background()) })
	return made
}
