package host_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/hookstep-dev/hookstep/host"
	"github.com/hookstep-dev/hookstep/host/config"
	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/pipeline"
	"github.com/hookstep-dev/hookstep/host/store"
	"github.com/hookstep-dev/hookstep/sdk/fault"
)

// outside is a service that code calls: it counts the calls by path and idempotency key and answers as it is told.
type outside struct {
	*httptest.Server

	mu    sync.Mutex
	calls []string
	reply func(writer http.ResponseWriter, call string, number int) // number of the call among equal ones, from 1
}

func newOutside(t *testing.T, reply func(writer http.ResponseWriter, call string, number int)) *outside {
	t.Helper()
	o := &outside{reply: reply}
	o.Server = httptest.NewServer(http.HandlerFunc(func(writer http.ResponseWriter, request *http.Request) {
		o.mu.Lock()
		call := strings.TrimSpace(request.URL.Path + " " + request.Header.Get("Idempotency-Key"))
		o.calls = append(o.calls, call)
		number := 0
		for _, one := range o.calls {
			if one == call {
				number++
			}
		}
		o.mu.Unlock()
		if o.reply != nil {
			o.reply(writer, call, number)
		}
	}))
	t.Cleanup(o.Close)
	return o
}

// told are the calls so far.
func (o *outside) told() []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Clone(o.calls)
}

// durable is a host that works.
type durable struct {
	*host.Host

	base string
	stop func()
}

// work starts a host of an integration whose code may call the machine itself, and has it work until the test ends.
func work(t *testing.T, outside *outside, yaml string) *durable {
	t.Helper()
	if outside != nil {
		yaml = strings.ReplaceAll(yaml, "$OUTSIDE", outside.URL)
	}
	folder := write(t, "orders", map[string]string{"integration.yaml": yaml})
	return begin(t, func(set *config.Config) { set.Fetch.Allow = []string{"127.0.0.1"} }, folder)
}

// accept sends a request to a flow and gives the execution that was accepted.
func (d *durable) accept(t *testing.T, path, body string, headers ...string) integration.ExecutionID {
	t.Helper()
	status, header, answer := post(t, d.base, "/hooks/orders/"+path, body, append(headers, asJSON)...)
	var told struct {
		ID integration.ExecutionID `json:"executionId"`
	}
	if err := json.Unmarshal([]byte(answer), &told); err != nil || status != 200 || header.Get("hookstep-execution-id") != told.ID.String() {
		t.Fatalf("%s: %d %v %s", path, status, header, answer)
	}
	return told.ID
}

// until waits for an execution to come to a status.
func (d *durable) until(t *testing.T, id integration.ExecutionID, status store.Status) *store.Detail {
	t.Helper()
	var detail *store.Detail
	eventually(t, fmt.Sprintf("the execution %s does not come to be %s", id, status), func() bool {
		var err error
		if detail, err = host.StoreOf(d.Host).Execution(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		if one := detail.Execution; one.Status != status && one.Status.Ended() {
			t.Fatalf("the execution %s is %s of %v, not %s", id, one.Status, one.Fault, status)
		}
		return detail.Execution.Status == status
	})
	return detail
}

// results tells what steps came to, as "key=JSON".
func results(of *store.Detail) string {
	var told []string
	for _, step := range of.Steps {
		text := step.Result.Key + "=" + string(step.Result.Results.JSON)
		if step.Result.Fault != nil {
			text = step.Result.Key + "!" + string(step.Result.Fault.Code)
		}
		told = append(told, text)
	}
	return strings.Join(told, " ")
}

func (d *durable) log(t *testing.T, id integration.ExecutionID) string {
	t.Helper()
	chunks, err := host.StoreOf(d.Host).Logs(t.Context(), id, 0, 1000)
	if err != nil {
		t.Fatal(err)
	}
	var told []string
	for _, chunk := range chunks {
		for _, line := range chunk.Lines {
			told = append(told, line.Step+" "+line.Text)
		}
	}
	return strings.Join(told, "|")
}

const ordering = `
name: Orders
flows:
  - name: Order
    trigger:
      name: Receive
      code: |
        module.exports = async ({ logger }, payload) => {
          logger.info("received");
          if (payload.body.data.bad) return { response: { statusCode: 422, body: "no such thing" } };
          return { payload: { ...payload, body: { data: { n: payload.body.data.n + 1 } } } };
        };
    steps:
      - name: Total
        code: |
          module.exports = async ({ logger, executionState, instanceState }, { receive }) => {
            logger.info("totalling");
            instanceState.last = receive.results.body.data.n;
            return { data: receive.results.body.data.n * 10, executionState: { seen: "by total" } };
          };
      - name: In Lua
        engine: lua
        code: |
          return function(ctx, steps) return { data = { steps.total.results, ctx.executionState.seen } } end
      - name: Store
        code: |
          module.exports = async ({ logger }, { inLua }) => { logger.warn("stored"); return { data: inLua.results }; };
  - name: Answering
    trigger:
      name: Receive
      code: |
        module.exports = async (context, payload) => ({ payload, response: { statusCode: 202, headers: { "X-Own": "yes" }, body: { ok: true } } });
    steps: [{name: One, code: "module.exports = () => ({ data: 1 });"}]
  - name: Broken trigger
    trigger: {code: "module.exports = () => { throw new Error('trigger broke'); };"}
    steps: [{name: One, code: "module.exports = () => ({ data: 1 });"}]
  - name: Page
    steps:
      - name: Next
        code: |
          module.exports = async ({ invokeFlow, crossFlowState }, { trigger }) => {
            const { n } = trigger.results.body.data;
            if (n < 12) await invokeFlow("Page", { n: n + 1 });
            return { crossFlowState: { ["page" + n]: true } };
          };
  - name: Parent
    synchronous: true
    steps:
      - name: Ask
        code: |
          module.exports = async ({ invokeFlow }) => ({ data: (await invokeFlow("Order", { n: 4 })) });
`

func TestAnAsynchronousFlow(t *testing.T) {
	t.Parallel()
	d := work(t, nil, ordering)
	t.Run("runs to its end", func(t *testing.T) {
		t.Parallel()
		id := d.accept(t, "order", `{"n": 1}`)
		detail := d.until(t, id, store.Succeeded)
		if got, want := results(detail), `total=20 inLua=[20,"by total"] store=[20,"by total"]`; !strings.HasSuffix(got, want) || len(detail.Steps) != 4 {
			t.Errorf("got  %s\nwant %s", got, want)
		}
		if got := d.log(t, id); got != "receive received|total totalling|store stored" {
			t.Errorf("logged %s", got)
		}
		if of := detail.Execution; of.Source != store.Webhook || of.Synchronous || of.Attempt+of.Losses != 0 || of.StepsDone != 4 || of.EndedAt.IsZero() || of.Elapsed <= 0 {
			t.Errorf("got %+v", of)
		}
		states, err := host.StoreOf(d.Host).ReadStates(t.Context(), store.StateOwner{Integration: "orders", Instance: "orders", Flow: "order"})
		if err != nil || !strings.Contains(string(states[0]), `"last":`) {
			t.Errorf("saved %s, %v", states, err)
		}
	})
	t.Run("answers as its trigger says", func(t *testing.T) {
		t.Parallel()
		status, header, body := post(t, d.base, "/hooks/orders/answering", "{}", asJSON)
		if status != 202 || header.Get("X-Own") != "yes" || body != `{"ok":true}` {
			t.Errorf("%d %v %s", status, header, body)
		}
		id, err := integration.ParseExecutionID(header.Get("hookstep-execution-id"))
		if err != nil {
			t.Fatal(err)
		}
		d.until(t, id, store.Succeeded)
	})
	t.Run("is rejected by its trigger", func(t *testing.T) {
		t.Parallel()
		status, header, body := post(t, d.base, "/hooks/orders/order", `{"bad": true}`, asJSON)
		if status != 422 || body != "no such thing" {
			t.Errorf("%d %s", status, body)
		}
		d.recorded(t, header, store.Rejected)
	})
	t.Run("fails in its trigger", func(t *testing.T) {
		t.Parallel()
		status, header, body := post(t, d.base, "/hooks/orders/broken-trigger", "{}", asJSON)
		if status != 500 || !strings.Contains(body, "trigger broke") {
			t.Errorf("%d %s", status, body)
		}
		d.recorded(t, header, store.Failed)
	})
	t.Run("runs at once when the caller wants to wait", func(t *testing.T) {
		t.Parallel()
		status, _, body := post(t, d.base, "/hooks/orders/order", `{"n": 2}`, asJSON, "hookstep-synchronous: true")
		if status != 200 || body != `[30,"by total"]` {
			t.Errorf("%d %s", status, body)
		}
	})
	t.Run("is accepted for a sibling", func(t *testing.T) {
		t.Parallel()
		status, _, body := post(t, d.base, "/hooks/orders/parent", "")
		var told struct {
			Status int                                           `json:"status"`
			Data   struct{ ExecutionID integration.ExecutionID } `json:"data"`
		}
		if err := json.Unmarshal([]byte(body), &told); err != nil || status != 200 || told.Status != 200 {
			t.Fatalf("%d %s (%v)", status, body, err)
		}
		detail := d.until(t, told.Data.ExecutionID, store.Succeeded)
		if detail.Execution.Source != store.Invoke || !strings.Contains(results(detail), "total=50") || detail.Input.Frame == nil {
			t.Errorf("%+v: %s", detail.Execution, results(detail))
		}
	})
	t.Run("starts itself again and again", func(t *testing.T) {
		t.Parallel()
		d.accept(t, "page", `{"n": 1}`)
		owner := store.StateOwner{Integration: "orders", Instance: "orders"}
		eventually(t, "it does not get to page 12", func() bool {
			states, err := host.StoreOf(d.Host).ReadStates(t.Context(), owner)
			if err != nil {
				t.Fatal(err)
			}
			return strings.Contains(string(states[0]), "page12")
		})
	})
	t.Run("is started without a request", func(t *testing.T) {
		t.Parallel()
		started, err := host.PipelineOf(d.Host).Start(t.Context(), pipeline.Start{
			Flow: store.Flow{Integration: "orders", Instance: "orders", Flow: "order"}, Source: store.Schedule,
			Request: &integration.Request{Method: "POST", Body: []byte(`{"n": 6}`), ContentType: "application/json"},
		})
		if err != nil {
			t.Fatal(err)
		}
		detail := d.until(t, started.ID, store.Succeeded)
		if detail.Execution.Source != store.Schedule || !strings.Contains(results(detail), "total=70") {
			t.Errorf("%+v: %s", detail.Execution, results(detail))
		}
	})
}

// recorded waits for the record of a request's execution.
func (d *durable) recorded(t *testing.T, header http.Header, status store.Status) {
	t.Helper()
	id, err := integration.ParseExecutionID(header.Get("hookstep-execution-id"))
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "it is not recorded", func() bool {
		detail, err := host.StoreOf(d.Host).Execution(t.Context(), id)
		if err == nil && detail.Execution.Status != status {
			t.Errorf("it is %s, not %s", detail.Execution.Status, status)
		}
		return err == nil
	})
}

// fetching is a flow whose steps each call outside under their idempotency key.
const fetching = `
name: Orders
flows:
  - name: Charge
    retry: {attempts: 2, delay: 10ms}
    steps:
      - name: First
        code: |
          module.exports = async ({ idempotencyKey }) => {
            await fetch("$OUTSIDE/first", { headers: { "Idempotency-Key": idempotencyKey } });
            return { data: "one" };
          };
      - name: Second
        onError: {do: ignore}
        code: &second |
          module.exports = async ({ idempotencyKey, logger }, { first }) => {
            logger.info("asking");
            const answer = await fetch("$OUTSIDE/second", { headers: { "Idempotency-Key": idempotencyKey } });
            return { data: first.results + " two" };
          };
      - name: Third
        code: |
          module.exports = async ({ idempotencyKey }, { second }) => {
            const answer = await fetch("$OUTSIDE/third", { headers: { "Idempotency-Key": idempotencyKey } });
            if (!answer.ok) {
              const failed = new Error("the shop is closed");
              failed.retryAfter = Number(answer.headers.get("retry-after"));
              throw failed;
            }
            return { data: second.results + " three" };
          };
`

func TestAKilledEngineCostsAStepOnly(t *testing.T) {
	t.Parallel()
	arrived, release := make(chan struct{}), make(chan struct{})
	defer sync.OnceFunc(func() { close(release) })()
	service := newOutside(t, func(_ http.ResponseWriter, call string, number int) {
		if strings.HasPrefix(call, "/second") && number == 1 {
			close(arrived)
			<-release
		}
	})
	d := work(t, service, fetching)
	id := d.accept(t, "charge", "{}")
	<-arrived
	killEngines(t, d.Host)
	detail := d.until(t, id, store.Succeeded)
	if got := results(detail); got != `first="one" second="one two" third="one two three"` {
		t.Errorf("got %s", got)
	}
	key := id.String() + "/"
	want := []string{"/first " + key + "first", "/second " + key + "second", "/second " + key + "second", "/third " + key + "third"}
	if got := service.told(); !slices.Equal(got, want) {
		t.Errorf("calls:\n%s", strings.Join(got, "\n"))
	}
	if of := detail.Execution; of.Attempt != 0 {
		t.Errorf("the loss counts as an attempt: %+v", of)
	}
	if got := d.log(t, id); got != "second asking|second asking" && got != "second asking" { // the first line may have died with its process
		t.Errorf("logged %s", got)
	}
}

// killEngines kills what runs code, as the kernel or an operator may.
func killEngines(t *testing.T, of *host.Host) {
	t.Helper()
	for _, process := range host.ProcessesOf(of) {
		if process.PID == 0 {
			continue
		}
		if err := syscall.Kill(process.PID, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
	}
}

func TestAFlowIsTriedAgain(t *testing.T) {
	t.Parallel()
	service := newOutside(t, func(writer http.ResponseWriter, call string, number int) {
		if strings.HasPrefix(call, "/third") && number == 1 {
			writer.Header().Set("Retry-After", "1")
			writer.WriteHeader(http.StatusServiceUnavailable)
		}
	})
	d := work(t, service, fetching)
	begun := time.Now()
	id := d.accept(t, "charge", "{}")
	waiting := d.until(t, id, store.Waiting)
	if waiting.Execution.Fault == nil || waiting.Execution.Fault.Step != "third" || waiting.Execution.StepsDone != 2 || waiting.Execution.Due.IsZero() {
		t.Errorf("waits as %+v", waiting.Execution)
	}
	detail := d.until(t, id, store.Succeeded)
	if took := time.Since(begun); took < time.Second {
		t.Errorf("tried again after %s; Retry-After asked for 1 s", took)
	}
	if detail.Execution.Attempt != 1 || detail.Execution.Losses != 0 || len(service.told()) != 4 {
		t.Errorf("%+v after %s", detail.Execution, service.told())
	}
}

func TestWhatFailsForGoodIsADeadLetterThatCanBeReplayed(t *testing.T) {
	t.Parallel()
	var open sync.Map
	service := newOutside(t, func(writer http.ResponseWriter, call string, _ int) {
		if _, ok := open.Load("open"); !ok && strings.HasPrefix(call, "/third") {
			writer.WriteHeader(http.StatusServiceUnavailable)
		}
	})
	d := work(t, service, fetching)
	verbs := host.PipelineOf(d.Host)
	id := d.accept(t, "charge", `{"n": 1}`)
	dead := d.until(t, id, store.DeadLetter)
	if of := dead.Execution; of.Attempt != 2 || of.Fault == nil || of.Fault.Step != "third" || !strings.Contains(of.Fault.Message, "the shop is closed") {
		t.Errorf("%+v", of)
	}
	if got := results(dead); got != `first="one" second="one two" third!thrown` {
		t.Errorf("got %s", got)
	}
	if got := len(service.told()); got != 5 { // first, second, and third three times
		t.Errorf("%d calls: %s", got, service.told())
	}
	open.Store("open", true)

	t.Run("from a step", func(t *testing.T) { //nolint:paralleltest // it counts calls
		before := len(service.told())
		again, err := verbs.Replay(t.Context(), id, "third")
		if err != nil {
			t.Fatal(err)
		}
		detail := d.until(t, again, store.Succeeded)
		if got := service.told()[before:]; len(got) != 1 || got[0] != "/third "+again.String()+"/third" {
			t.Errorf("called %s", got)
		}
		if detail.Execution.ReplayOf != id || detail.Execution.Source != store.Replay || results(detail) != `first="one" second="one two" third="one two three"` {
			t.Errorf("%+v: %s", detail.Execution, results(detail))
		}
		if old := d.until(t, id, store.DeadLetter); old.Execution.ReplayedAs != again {
			t.Errorf("the old one says %+v", old.Execution)
		}
	})
	t.Run("from the start", func(t *testing.T) { //nolint:paralleltest // it counts calls
		before := len(service.told())
		again, err := verbs.Replay(t.Context(), id, "")
		if err != nil {
			t.Fatal(err)
		}
		detail := d.until(t, again, store.Succeeded)
		if got := service.told()[before:]; len(got) != 3 || string(detail.Input.Request.Body) != `{"n": 1}` {
			t.Errorf("called %s with %s", got, detail.Input.Request.Body)
		}
	})
	t.Run("what cannot be", func(t *testing.T) {
		t.Parallel()
		if _, err := verbs.Replay(t.Context(), id, "fourth"); !fault.Is(err, fault.NotFound) {
			t.Errorf("an unknown step: %v", err)
		}
		if _, err := verbs.Replay(t.Context(), id+1, ""); err == nil {
			t.Error("an unknown execution was replayed")
		}
	})
}

func TestCancel(t *testing.T) {
	t.Parallel()
	arrived, release := make(chan struct{}), make(chan struct{})
	defer sync.OnceFunc(func() { close(release) })()
	service := newOutside(t, func(_ http.ResponseWriter, call string, number int) {
		if strings.HasPrefix(call, "/second") && number == 1 {
			close(arrived)
			<-release
		}
	})
	d := work(t, service, fetching)
	id := d.accept(t, "charge", "{}")
	<-arrived
	if err := host.PipelineOf(d.Host).Cancel(t.Context(), id, fault.New(fault.Host, fault.Canceled, "not wanted any more")); err != nil {
		t.Fatal(err)
	}
	detail := d.until(t, id, store.Canceled)
	if of := detail.Execution.Fault; of == nil || of.Message != "not wanted any more" {
		t.Errorf("cancelled as %v", of)
	}
	d.stop() // waits for what is under way
	if got := service.told(); len(got) != 2 {
		t.Errorf("after the end, code called %s", got)
	}
	if err := host.PipelineOf(d.Host).Cancel(t.Context(), id, fault.New(fault.Host, fault.Canceled, "again")); err == nil {
		t.Error("what has ended was cancelled")
	}
}

func TestALogCanBeFollowed(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	service := newOutside(t, func(_ http.ResponseWriter, call string, number int) {
		if strings.HasPrefix(call, "/second") && number == 1 {
			<-release
		}
	})
	d := work(t, service, fetching)
	id := d.accept(t, "charge", "{}")
	eventually(t, "the line of a step that runs does not show", func() bool { return strings.Contains(d.log(t, id), "asking") })
	if detail := d.until(t, id, store.Running); detail.Execution.StepsDone != 1 {
		t.Errorf("%+v", detail.Execution)
	}
	close(release)
	d.until(t, id, store.Succeeded)
	if got := d.log(t, id); got != "second asking" {
		t.Errorf("logged %s", got)
	}
}

func TestAFlowThatIsGone(t *testing.T) {
	t.Parallel()
	service := newOutside(t, func(writer http.ResponseWriter, call string, number int) {
		if strings.HasPrefix(call, "/third") && number == 1 {
			writer.Header().Set("Retry-After", "1")
			writer.WriteHeader(http.StatusServiceUnavailable)
		}
	})
	d := work(t, service, fetching)
	id := d.accept(t, "charge", "{}")
	d.until(t, id, store.Waiting)
	folder := d.Integrations()[0].Dir
	rewrite(t, folder, map[string]string{"integration.yaml": ordering})
	if err := d.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the host does not find that it knows no such flow", func() bool {
		return fault.Is(d.until(t, id, store.Waiting).Execution.Fault, fault.NotFound)
	})
	rewrite(t, folder, map[string]string{"integration.yaml": strings.ReplaceAll(fetching, "$OUTSIDE", service.URL)})
	if err := d.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	d.until(t, id, store.Succeeded)
	if got := len(service.told()); got != 4 {
		t.Errorf("calls: %s", service.told())
	}
}

func TestTheEndOfTheHostIsNoFailure(t *testing.T) {
	t.Parallel()
	arrived := make(chan struct{})
	release := make(chan struct{})
	service := newOutside(t, func(_ http.ResponseWriter, call string, number int) {
		if strings.HasPrefix(call, "/second") && number == 1 {
			close(arrived)
			<-release
		}
	})
	defer close(release)
	folder := write(t, "orders", map[string]string{"integration.yaml": strings.ReplaceAll(fetching, "$OUTSIDE", service.URL)})
	data := t.TempDir()
	settings := func(set *config.Config) {
		set.Data, set.Fetch.Allow, set.Timeouts.Shutdown = data, []string{"127.0.0.1"}, 50*time.Millisecond
	}
	first := begin(t, settings, folder)
	id := first.accept(t, "charge", "{}")
	<-arrived
	first.stop() // lets it run for 50 ms and cuts it off
	first.Close(t.Context())

	second := begin(t, settings, folder)
	detail := second.until(t, id, store.Succeeded)
	if of := detail.Execution; of.Attempt != 0 || results(detail) != `first="one" second="one two" third="one two three"` {
		t.Errorf("%+v: %s", of, results(detail))
	}
	if got := len(service.told()); got != 4 {
		t.Errorf("calls: %s", service.told())
	}
}

// begin starts a host that works, as work does, of a folder that is there.
func begin(t *testing.T, settings func(*config.Config), folder string) *durable {
	t.Helper()
	made := start(t, settings, folder)
	ctx, cancel := context.WithCancel(t.Context())
	worked := make(chan error, 1)
	go func() { worked <- made.Work(ctx) }()
	stop := sync.OnceFunc(func() {
		cancel()
		if err := <-worked; err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(stop)
	return &durable{made, listen(t, made), stop}
}
