package pipeline_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hookstep-dev/hookstep/host/history"
	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/pipeline"
	"github.com/hookstep-dev/hookstep/host/scope"
	"github.com/hookstep-dev/hookstep/host/script"
	"github.com/hookstep-dev/hookstep/host/steps"
	"github.com/hookstep-dev/hookstep/host/store"
	"github.com/hookstep-dev/hookstep/host/verify"
	"github.com/hookstep-dev/hookstep/sdk/engine"
	"github.com/hookstep-dev/hookstep/sdk/fault"
	"github.com/hookstep-dev/hookstep/sdk/hostapi"
	"github.com/hookstep-dev/hookstep/sdk/value"
)

// code is the engine of these tests: it runs a step by what is set for its key, else gives the key itself.
type code map[string]func(ctx context.Context, host hostapi.Host) engine.StepResult

func (c code) Acquire(context.Context, string, string, int64) (script.Process, error) { return c, nil }

func (c code) BootID() string { return "boot" }
func (c code) Release()       {}
func (c code) Load(context.Context, engine.Source) (engine.Program, error) {
	return engine.Program{ID: "program"}, nil
}

func (c code) Run(ctx context.Context, run engine.Run, host hostapi.Host, done engine.StepDone) error {
	for _, step := range run.Steps {
		result := engine.StepResult{Results: value.Text(step.Key)}
		if does := c[step.Key]; does != nil {
			result = does(ctx, host)
		}
		result.Key = step.Key
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err := done(ctx, result); err != nil {
			return err
		}
		if result.Fault != nil {
			return result.Fault
		}
	}
	return nil
}

// book is a store that gives out one claim and writes down what is asked of it.
type book struct {
	store.Store // the verbs that no test needs

	claim  *store.Claim
	lost   context.CancelCauseFunc
	answer func(verb string, number int) error // what a verb's call of a number, from 1, says

	mu    sync.Mutex
	count map[string]int
	said  []string
}

func (b *book) write(verb, format string, args ...any) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.count[verb]++
	if b.answer != nil {
		if err := b.answer(verb, b.count[verb]); err != nil {
			return err
		}
	}
	b.said = append(b.said, verb+" "+fmt.Sprintf(format, args...))
	return nil
}

func (b *book) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return strings.Join(b.said, "; ")
}

func texts(lines []hostapi.Line) string {
	var all []string
	for _, line := range lines {
		all = append(all, line.Text)
	}
	return "[" + strings.Join(all, " ") + "]"
}

func (b *book) Work(_ context.Context, _ int, take func(ctx context.Context, claim *store.Claim)) error {
	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	b.lost = cancel
	take(ctx, b.claim)
	return nil
}

func (b *book) Commit(_ context.Context, _ *store.Claim, step *store.Step, logs []hostapi.Line) error {
	return b.write("commit", "%s%s", step.Result.Key, texts(logs))
}

func (b *book) Log(_ context.Context, _ *store.Claim, lines []hostapi.Line) error {
	return b.write("log", "%s", texts(lines))
}

func (b *book) Finish(_ context.Context, _ *store.Claim, end *store.End) error {
	last := ""
	if end.Last != nil {
		last = " with " + end.Last.Result.Key
	}
	return b.write("finish", "%s%s%s", end.Status, last, texts(end.Logs))
}

func (b *book) Postpone(_ context.Context, _ *store.Claim, wait *store.Postponement) error {
	return b.write("postpone", "%s retry=%t idle=%t%s", time.Until(wait.Until).Round(time.Second), wait.Retry, wait.Idle, texts(wait.Logs))
}

func (b *book) ReadStates(_ context.Context, owners ...store.StateOwner) ([][]byte, error) {
	return make([][]byte, len(owners)), b.write("states", "")
}

func (b *book) Accept(ctx context.Context, _ *store.Acceptance) (store.Accepted, error) {
	if err := b.write("accept", ""); err != nil {
		<-ctx.Done() // a database that is slow beyond measure
		return store.Accepted{}, ctx.Err()
	}
	return store.Accepted{}, nil
}

func (b *book) Reserve(ctx context.Context, asked *store.Acceptance) (store.Accepted, error) {
	if err := b.write("reserve", "%s", asked.Dedupe.Key); err != nil {
		<-ctx.Done() // it may be kept or not
		return store.Accepted{}, store.Unavailable(ctx.Err())
	}
	return store.Accepted{}, nil
}

func (b *book) Record(_ context.Context, ended []*store.Recording) error {
	for _, one := range ended {
		if err := b.write("record", "%s key=%s answer=%t", one.Execution.Status, one.Reserved.Key, one.Answer != nil); err != nil {
			return err
		}
	}
	return nil
}

// watch writes down what an observer is told.
type watch struct{ said []string }

func (w *watch) Answered(_ *integration.Execution, outcome *integration.Outcome, status int, ran bool) {
	w.said = append(w.said, fmt.Sprintf("answered %d %t %v", status, ran, outcome.Fault))
}

func (w *watch) Accepted(*integration.Execution, time.Duration) { w.said = append(w.said, "accepted") }

func (w *watch) Tried(_ *integration.Execution, _ *integration.Outcome, status store.Status) {
	w.said = append(w.said, "tried "+string(status))
}

// bench is a pipeline on a book, with the flow "Flow" of the steps a, b and c.
type bench struct {
	*pipeline.Pipeline

	book  *book
	watch *watch
}

func newBench(t *testing.T, running code, retry integration.FlowRetry) *bench {
	t.Helper()
	flow := integration.Flow{Name: "Flow", Slug: "flow", Retry: retry, Trigger: integration.Trigger{Name: "Trigger", Key: "trigger"}}
	for _, key := range []string{"a", "b", "c"} {
		flow.Steps = append(flow.Steps, integration.Step{Name: key, Key: integration.StepKey(key), Code: integration.Code{Entry: key, Engine: "e"}})
	}
	of := &integration.Integration{
		ID: "orders", Digest: "0123456789abcdef", Flows: []integration.Flow{flow}, Instances: []integration.Instance{{Name: "acme", ConfigVars: []byte("{}")}},
	}
	catalog, err := pipeline.NewCatalog([]*integration.Integration{of}, steps.Times{Usual: time.Minute, Longest: time.Hour}, "http://localhost", nil)
	if err != nil {
		t.Fatal(err)
	}
	made := &bench{watch: &watch{}, book: &book{count: map[string]int{}, claim: &store.Claim{
		Execution: store.Execution{ID: 1 << 40, Flow: store.Flow{Integration: "orders", Instance: "acme", Flow: "flow"}, Source: store.Webhook},
		Input:     &store.Input{Request: &integration.Request{Method: "POST"}},
	}}}
	recorder := history.NewRecorder(made.book, history.None, history.DefaultBounds(), slog.New(slog.DiscardHandler))
	t.Cleanup(func() {
		if err := recorder.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	made.Pipeline = pipeline.New(pipeline.Rooms{
		Recorder: recorder,
		Verify:   verify.New(), Store: made.book, NewID: pipeline.IDs(func() int { return 0 }, 0), Now: time.Now, Random: func() float64 { return 0 }, Watch: made.watch,
		Steps: steps.New(script.New(running), scope.NewStates(made.book, store.StateCeiling), nil, engine.Limits{}),
		Scope: scope.Shared{Log: slog.New(slog.DiscardHandler), MaxLines: 100, MaxHeld: 1 << 20},
	})
	made.Use(catalog)
	return made
}

func log(host hostapi.Host, text string) { host.Log(hostapi.Line{Level: hostapi.Info, Text: text}) }

func fails(code fault.Code, source fault.Source) func(context.Context, hostapi.Host) engine.StepResult {
	return func(context.Context, hostapi.Host) engine.StepResult {
		return engine.StepResult{Fault: fault.New(source, code, "no luck")}
	}
}

func down(verb string, times int) func(string, int) error {
	return func(asked string, number int) error {
		if asked == verb && number <= times {
			return store.Unavailable(errors.New("the disk is full"))
		}
		return nil
	}
}

func refuses(verb string, times int) func(string, int) error {
	return func(asked string, number int) error {
		if asked == verb && number <= times {
			return fault.New(fault.Host, fault.Internal, "the database refused a statement")
		}
		return nil
	}
}

func TestATryOfAClaim(t *testing.T) {
	t.Parallel()
	full := fault.New(fault.Limit, fault.ResultSize, "states too large")
	twice := integration.FlowRetry{Attempts: 2, Delay: time.Minute}
	for _, test := range []struct {
		name   string
		code   code
		retry  integration.FlowRetry
		change func(claim *store.Claim)
		answer func(verb string, number int) error
		want   string
		tells  string
		takes  time.Duration
	}{
		{
			name: "to its end", want: "states ; commit a[]; commit b[]; finish succeeded with c[]", tells: "tried succeeded",
		},
		{
			name: "on from what is kept",
			change: func(claim *store.Claim) {
				claim.Done = []store.Step{{Result: engine.StepResult{Key: "a"}}, {Position: 1, Result: engine.StepResult{Key: "b"}}}
			},
			want: "states ; finish succeeded with c[]", tells: "tried succeeded",
		},
		{
			name: "with its log",
			code: code{"a": func(_ context.Context, host hostapi.Host) engine.StepResult {
				log(host, "one")
				time.Sleep(2500 * time.Millisecond) //nolint:forbidigo // of the bubble's clock
				log(host, "two")
				return engine.StepResult{}
			}},
			want: "states ; log [one]; commit a[two]; commit b[]; finish succeeded with c[]", tells: "tried succeeded", takes: 2500 * time.Millisecond,
		},
		{
			name: "a flow that is not served", change: func(claim *store.Claim) { claim.Execution.Flow.Flow = "other" },
			want: "postpone 1s retry=false idle=false[]", tells: "tried waiting",
		},
		{
			name: "a flow that is not served for long", change: func(claim *store.Claim) { claim.Execution.Flow.Flow, claim.Execution.Losses = "other", 10 },
			want: "finish dead-letter[]", tells: "tried dead-letter",
		},
		{
			name:   "a flow that was changed",
			change: func(claim *store.Claim) { claim.Done = []store.Step{{Result: engine.StepResult{Key: "x"}}} },
			want:   "finish dead-letter[]", tells: "tried dead-letter",
		},
		{
			name: "a payload that is none",
			change: func(claim *store.Claim) {
				claim.Input.Request.Body, claim.Input.Request.ContentType = []byte("{"), "application/json"
			},
			want: "finish dead-letter[]", tells: "tried dead-letter",
		},
		{
			name: "a failure", code: code{"b": fails(fault.Thrown, fault.User)},
			want: "states ; commit a[]; finish dead-letter with b[]", tells: "tried dead-letter",
		},
		{
			name: "a failure to be repeated", code: code{"b": fails(fault.Thrown, fault.User)}, retry: twice,
			want: "states ; commit a[]; postpone 1m0s retry=true idle=false[]", tells: "tried waiting",
		},
		{
			name: "a lost engine", code: code{"b": fails(fault.WorkerLost, fault.Engine)},
			want: "states ; commit a[]; postpone 0s retry=false idle=false[]", tells: "tried waiting",
		},
		{
			name: "a lost engine after ten", code: code{"a": fails(fault.WorkerLost, fault.Engine)}, change: func(claim *store.Claim) { claim.Execution.Losses = 10 },
			want: "states ; finish dead-letter with a[]", tells: "tried dead-letter",
		},
		{
			name: "a store that is down for a while", answer: down("commit", 3),
			want: "states ; commit a[]; commit b[]; finish succeeded with c[]", tells: "tried succeeded", takes: 700 * time.Millisecond,
		},
		{
			name: "a store that is down at the end", answer: down("finish", 2),
			want: "states ; commit a[]; commit b[]; finish succeeded with c[]", tells: "tried succeeded", takes: 300 * time.Millisecond,
		},
		{
			name: "a store that is down for an hour", answer: down("commit", 1_000_000), // the execution's limit
			want: "states ", takes: time.Hour,
		},
		{
			name: "states that cannot be read", answer: down("states", 1), want: "",
		},
		{
			name: "in other hands", answer: func(verb string, _ int) error {
				if verb == "commit" {
					return store.ErrLost
				}
				return nil
			}, want: "states ",
		},
		{
			name: "a result that the store refuses", answer: refuses("commit", 1), want: "states ; finish dead-letter[]", tells: "tried dead-letter",
		},
		{
			name: "an end that the store refuses", answer: refuses("finish", 1),
			want: "states ; commit a[]; commit b[]; finish dead-letter[]", tells: "tried dead-letter",
		},
		{
			name: "whatever is at the end, the store refuses it", answer: refuses("finish", 1_000_000), want: "states ; commit a[]; commit b[]",
		},
		{
			name: "states that are too large by now", retry: twice, answer: func(verb string, number int) error {
				if verb == "finish" && number == 1 {
					return full
				}
				return nil
			}, want: "states ; commit a[]; commit b[]; postpone 1m0s retry=true idle=false[]", tells: "tried waiting",
		},
		{
			name: "its limit of time", code: code{"b": func(ctx context.Context, _ hostapi.Host) engine.StepResult {
				<-ctx.Done()
				return engine.StepResult{}
			}}, want: "states ; commit a[]; finish dead-letter with b[]", tells: "tried dead-letter", takes: time.Hour,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				bench := newBench(t, test.code, test.retry)
				bench.book.answer = test.answer
				if test.change != nil {
					test.change(bench.book.claim)
				}
				begun := time.Now()
				if err := bench.Work(t.Context(), context.Background(), 1); err != nil {
					t.Fatal(err)
				}
				if got := bench.book.String(); got != test.want {
					t.Errorf("\ngot  %s\nwant %s", got, test.want)
				}
				if got := strings.Join(bench.watch.said, "; "); got != test.tells {
					t.Errorf("told %q, want %q", got, test.tells)
				}
				if took := time.Since(begun); took < test.takes || took > test.takes+lastPause {
					t.Errorf("took %s, want %s", took, test.takes)
				}
			})
		})
	}
}

// lastPause is how late a repeat may notice the end of its time.
const lastPause = 5 * time.Second

func TestCutOff(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cut, end := context.WithCancelCause(context.Background())
		bench := newBench(t, code{"b": func(ctx context.Context, host hostapi.Host) engine.StepResult {
			log(host, "last words")
			end(fault.New(fault.Host, fault.Canceled, "the host is stopping"))
			<-ctx.Done()
			return engine.StepResult{}
		}}, integration.FlowRetry{})
		if err := bench.Work(t.Context(), cut, 1); err != nil {
			t.Fatal(err)
		}
		if got := bench.book.String(); got != "states ; commit a[]; log [last words]" || len(bench.watch.said) != 0 {
			t.Errorf("%s, told %s", got, bench.watch.said)
		}
	})
}

func TestCancelledClaim(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var bench *bench
		bench = newBench(t, code{"b": func(ctx context.Context, _ hostapi.Host) engine.StepResult {
			bench.book.lost(fault.New(fault.Host, fault.Canceled, "not wanted"))
			<-ctx.Done()
			return engine.StepResult{}
		}}, integration.FlowRetry{Attempts: 5})
		if err := bench.Work(t.Context(), context.Background(), 1); err != nil {
			t.Fatal(err)
		}
		if got := bench.book.String(); got != "states ; commit a[]" {
			t.Errorf("got %s", got)
		}
	})
}

func TestASlowStoreIsUnavailable(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		bench := newBench(t, nil, integration.FlowRetry{})
		bench.book.answer = down("accept", 1)
		begun := time.Now()
		response := bench.Answer(t.Context(), &integration.Request{Method: "POST", Path: "/hooks/acme/flow", ReceivedAt: time.Now()})
		if took := time.Since(begun); response.Status != 503 || took != 10*time.Second {
			t.Errorf("%d %s after %s", response.Status, response.Body, took)
		}
		retry := ""
		for _, header := range response.Headers {
			if header.Name == "Retry-After" {
				retry = header.Value
			}
		}
		if retry != "5" || strings.Contains(string(response.Body), "deadline") {
			t.Errorf("Retry-After %q with %s", retry, response.Body)
		}
		if got := strings.Join(bench.watch.said, "; "); !strings.HasPrefix(got, "answered 503 false") {
			t.Errorf("told %s", got)
		}
		if response := bench.Answer(t.Context(), &integration.Request{Method: "POST", Path: "/hooks/acme/flow", ReceivedAt: time.Now()}); response.Status != 200 {
			t.Errorf("after that: %d %s", response.Status, response.Body)
		}
	})
}
