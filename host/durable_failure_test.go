package host_test

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/hookstep-dev/hookstep/host"
	"github.com/hookstep-dev/hookstep/host/config"
	"github.com/hookstep-dev/hookstep/host/store"
	"github.com/hookstep-dev/hookstep/sdk/fault"
)

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
