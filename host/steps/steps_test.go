package steps_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/scope"
	"github.com/hookstep-dev/hookstep/host/script"
	"github.com/hookstep-dev/hookstep/host/steps"
	"github.com/hookstep-dev/hookstep/host/store"
	"github.com/hookstep-dev/hookstep/sdk/engine"
	"github.com/hookstep-dev/hookstep/sdk/fault"
	"github.com/hookstep-dev/hookstep/sdk/hostapi"
	"github.com/hookstep-dev/hookstep/sdk/value"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// engines stands for the engine processes: it runs steps by a function per key and records the calls.
type engines struct {
	code  map[string]func(run engine.Run) engine.StepResult
	calls []engine.Run
	names []string
}

func (e *engines) Acquire(_ context.Context, engineName, _ string, _ int64) (script.Process, error) {
	return &place{e, engineName}, nil
}

type place struct {
	engines *engines
	name    string
}

func (p *place) BootID() string { return p.name }
func (p *place) Release()       {}

func (p *place) Load(context.Context, engine.Source) (engine.Program, error) {
	return engine.Program{ID: p.name}, nil
}

func (p *place) Run(ctx context.Context, run engine.Run, _ hostapi.Host, done engine.StepDone) error {
	p.engines.calls = append(p.engines.calls, run)
	p.engines.names = append(p.engines.names, p.name)
	for _, step := range run.Steps {
		result := engine.StepResult{Results: value.Text(step.Key)}
		if code := p.engines.code[step.Key]; code != nil {
			result = code(run)
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
		if result.Response.Rejected() {
			return nil
		}
	}
	return nil
}

// fails gives a fault the first times, then gives its own key's text.
func fails(times int, of *fault.Fault) func(engine.Run) engine.StepResult {
	return func(engine.Run) engine.StepResult {
		if times == 0 {
			return engine.StepResult{Results: value.Text("at last")}
		}
		times--
		return engine.StepResult{Fault: of}
	}
}

var boom = fault.Fault{Source: fault.User, Code: fault.Thrown, Name: "Error", Message: "boom"}

// flow makes one of steps given as "key", "key@engine"; a trigger with code comes first as "!key".
func flow(work ...string) *integration.Flow {
	made := &integration.Flow{Name: "Flow", Slug: "flow", Trigger: integration.Trigger{Name: "Trigger", Key: "trigger"}}
	for _, one := range work {
		key, engineName, other := strings.Cut(one, "@")
		if !other {
			engineName = "javascript"
		}
		code := integration.Code{Entry: key + ".js", Engine: engineName}
		if key, ok := strings.CutPrefix(key, "!"); ok {
			made.Trigger.Key, made.Trigger.Code = integration.StepKey(key), code
			continue
		}
		made.Steps = append(made.Steps, integration.Step{Name: key, Key: integration.StepKey(key), Code: code})
	}
	return made
}

// stage runs executions of one flow.
type stage struct {
	steps  *steps.Stage
	plan   *steps.Plan
	states *scope.States
}

func newStage(running *engines, flow *integration.Flow) stage {
	of := &integration.Integration{
		ID: "orders", Digest: "0123456789abcdef", Flows: []integration.Flow{*flow},
		Instances: []integration.Instance{{Name: "orders", ConfigVars: []byte("{}")}},
	}
	states := scope.NewStates(scope.NewMemory(store.StateCeiling), store.StateCeiling)
	plans := steps.Plans(of, script.CodeOf(of), steps.Times{Usual: time.Minute, Longest: time.Hour}, "http://localhost", nil)
	return stage{steps.New(script.New(running), states, nil, engine.Limits{LogLines: 7}), plans[0], states}
}

func (s stage) run(ctx context.Context) *integration.Outcome {
	execution := &integration.Execution{ID: 1_234_567_890_123, Target: s.plan.Target, Request: &integration.Request{InvokeURL: "http://localhost/x"}, Frame: []byte("{}")}
	return s.steps.Run(ctx, steps.Job{Plan: s.plan, Execution: execution, Payload: &engine.Payload{Method: "POST"}}).Outcome
}

// saved are the states as the next execution would see them.
func (s stage) saved(t *testing.T) engine.States {
	t.Helper()
	session, err := s.states.Begin(t.Context(), s.plan.Target)
	if err != nil {
		t.Fatal(err)
	}
	return session.Current()
}

// tell writes calls as "engine[what is handed on](what is to run)".
func (e *engines) tell() string {
	var told []string
	for i, call := range e.calls {
		var before, now []string
		if call.Payload != nil {
			before = append(before, "payload")
		}
		for _, result := range call.Results {
			text := string(result.Value.JSON)
			if result.Error != nil {
				text = result.Error.Message
			}
			before = append(before, result.Key+"="+text)
		}
		for _, step := range call.Steps {
			now = append(now, step.Key)
		}
		told = append(told, fmt.Sprintf("%s[%s](%s)", e.names[i], strings.Join(before, " "), strings.Join(now, " ")))
	}
	return strings.Join(told, " ")
}

func TestStretches(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ work, want string }{
		{"a b c", `javascript[payload](a b c)`},
		{"!t a b", `javascript[payload](t a b)`},
		{"!t@lua a b", `lua[payload](t) javascript[t="t"](a b)`},
		{"a b@lua c@lua d", `javascript[payload](a) lua[payload a="a"](b c) javascript[payload a="a" b="b" c="c"](d)`},
		{"!t a@lua", `javascript[payload](t) lua[t="t"](a)`},
		{"!t", `javascript[payload](t)`},
		{"", ``},
	} {
		running := &engines{}
		outcome := newStage(running, flow(strings.Fields(test.work)...)).run(t.Context())
		if outcome.Fault != nil {
			t.Errorf("%s: %v", test.work, outcome.Fault)
		}
		if got := running.tell(); got != test.want {
			t.Errorf("%s:\ngot  %s\nwant %s", test.work, got, test.want)
		}
	}
}

func TestCallCarriesTheExecution(t *testing.T) {
	t.Parallel()
	running := &engines{}
	newStage(running, flow("a")).run(t.Context())
	got := running.calls[0]
	if got.Execution != "000013xrzp16b" || got.InvokeURL != "http://localhost/x" || string(got.Frame) != "{}" || got.TriggerKey != "trigger" ||
		got.Limits.LogLines != 7 || got.Program != "javascript" || !strings.Contains(string(got.Context), `"configVars":{}`) {
		t.Errorf("got %+v", got)
	}
}

func TestRejection(t *testing.T) {
	t.Parallel()
	running := &engines{code: map[string]func(engine.Run) engine.StepResult{"t": func(engine.Run) engine.StepResult {
		return engine.StepResult{Response: &engine.Response{Status: 403}, Changed: engine.States{Instance: []byte(`{"a":1}`)}}
	}}}
	stage := newStage(running, flow("!t", "a", "b@lua"))
	outcome := stage.run(t.Context())
	if outcome.Fault != nil || outcome.Trigger == nil || len(outcome.Steps) != 0 || len(running.calls) != 1 {
		t.Errorf("%+v after %s", outcome, running.tell())
	}
	if saved := stage.saved(t).Instance; saved != nil {
		t.Errorf("a rejected execution saved %s", saved)
	}
}

func TestFailureEndsTheExecution(t *testing.T) {
	t.Parallel()
	running := &engines{code: map[string]func(engine.Run) engine.StepResult{
		"a": func(engine.Run) engine.StepResult {
			return engine.StepResult{Results: value.Null(), Changed: engine.States{Instance: []byte(`{"a":1}`)}}
		},
		"b": fails(1, &boom),
	}}
	stage := newStage(running, flow("a", "b", "c"))
	outcome := stage.run(t.Context())
	if !fault.Is(outcome.Fault, fault.Thrown) || outcome.Fault.Step != "b" || len(outcome.Steps) != 2 || outcome.Steps[1].Fault == nil {
		t.Errorf("got %+v", outcome)
	}
	if saved := stage.saved(t).Instance; saved != nil {
		t.Errorf("a failed execution saved %s", saved)
	}
}

func TestIgnoredFailure(t *testing.T) {
	t.Parallel()
	running := &engines{code: map[string]func(engine.Run) engine.StepResult{"b": fails(1, &boom)}}
	of := flow("a", "b", "c")
	of.Steps[1].OnError = integration.OnError{Do: integration.Ignore}
	outcome := newStage(running, of).run(t.Context())
	if outcome.Fault != nil || len(outcome.Steps) != 3 || outcome.Steps[1].Fault == nil {
		t.Errorf("got %+v", outcome)
	}
	if diff := cmp.Diff(`javascript[payload](a b c) javascript[payload a="a" b=boom](c)`, running.tell()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestRetry(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name     string
		failures int
		onError  integration.OnError
		takes    time.Duration
		succeeds bool
	}{
		{"at the first repeat", 1, integration.OnError{Do: integration.Retry, Attempts: 3, Delay: 2 * time.Second}, 2 * time.Second, true},
		{"steady", 3, integration.OnError{Do: integration.Retry, Attempts: 3, Delay: 2 * time.Second}, 6 * time.Second, true},
		{"exponential", 3, integration.OnError{Do: integration.Retry, Attempts: 3, Delay: 2 * time.Second, Exponential: true}, 14 * time.Second, true},
		{"in vain", 9, integration.OnError{Do: integration.Retry, Attempts: 2, Delay: time.Second}, 2 * time.Second, false},
		{"beyond the execution's limit", 9, integration.OnError{Do: integration.Retry, Attempts: 5, Delay: 40 * time.Second}, time.Minute, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				running := &engines{code: map[string]func(engine.Run) engine.StepResult{"b": fails(test.failures, &boom)}}
				of := flow("a", "b")
				of.Steps[1].OnError = test.onError
				begun := time.Now()
				outcome := newStage(running, of).run(t.Context())
				if took := time.Since(begun); took != test.takes {
					t.Errorf("took %s, want %s", took, test.takes)
				}
				if test.succeeds != (outcome.Fault == nil) || test.succeeds && len(outcome.Steps) != 2 {
					t.Errorf("got %+v", outcome)
				}
			})
		})
	}
}

func TestRetriesWaitAsTheErrorAsks(t *testing.T) {
	t.Parallel()
	for asked, takes := range map[time.Duration]time.Duration{time.Second: 2 * time.Second, 5 * time.Second: 5 * time.Second, time.Hour: time.Minute} {
		synctest.Test(t, func(t *testing.T) {
			busy := boom
			busy.RetryAfter = asked
			of := flow("a")
			of.Timeout = 10 * time.Minute
			of.Steps[0].OnError = integration.OnError{Do: integration.Retry, Attempts: 1, Delay: 2 * time.Second}
			begun := time.Now()
			outcome := newStage(&engines{code: map[string]func(engine.Run) engine.StepResult{"a": fails(1, &busy)}}, of).run(t.Context())
			if took := time.Since(begun); took != takes || outcome.Fault != nil {
				t.Errorf("asked for %s, took %s: %v", asked, took, outcome.Fault)
			}
		})
	}
}

func TestRetriesEndWithTheCaller(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		running := &engines{code: map[string]func(engine.Run) engine.StepResult{"a": fails(9, &boom)}}
		of := flow("a")
		of.Steps[0].OnError = integration.OnError{Do: integration.Retry, Attempts: 5, Delay: 2 * time.Second}
		if outcome := newStage(running, of).run(ctx); !fault.Is(outcome.Fault, fault.Deadline) || len(running.calls) != 2 {
			t.Errorf("%v after %d calls", outcome.Fault, len(running.calls))
		}
	})
}

func TestLongestExecution(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		of := flow("a")
		of.Timeout = 100 * time.Hour
		of.Steps[0].OnError = integration.OnError{Do: integration.Retry, Attempts: 5, Delay: 50 * time.Minute}
		begun := time.Now()
		outcome := newStage(&engines{code: map[string]func(engine.Run) engine.StepResult{"a": fails(9, &boom)}}, of).run(t.Context())
		if took := time.Since(begun); took != time.Hour || !fault.Is(outcome.Fault, fault.Deadline) {
			t.Errorf("%v after %s", outcome.Fault, took)
		}
	})
}

func TestStatesGoFromStretchToStretch(t *testing.T) {
	t.Parallel()
	change := func(text string) func(engine.Run) engine.StepResult {
		return func(engine.Run) engine.StepResult {
			return engine.StepResult{Results: value.Null(), Changed: engine.States{Instance: []byte(text), Execution: []byte(text)}}
		}
	}
	running := &engines{code: map[string]func(engine.Run) engine.StepResult{"a": change(`{"x":1}`), "b": change(`{"y":2}`)}}
	stage := newStage(running, flow("a", "b@lua", "c"))
	if outcome := stage.run(t.Context()); outcome.Fault != nil {
		t.Fatal(outcome.Fault)
	}
	last := running.calls[2].States
	if string(last.Instance) != `{"x":1,"y":2}` || string(last.Execution) != `{"x":1,"y":2}` {
		t.Errorf("the last step saw %s and %s", last.Instance, last.Execution)
	}
	saved := stage.saved(t)
	if string(saved.Instance) != `{"x":1,"y":2}` || saved.Execution != nil {
		t.Errorf("saved %+v", saved)
	}
}

func TestEngineThatBreaksTheOrder(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]func(ctx context.Context, done engine.StepDone) error{
		"wrong key": func(ctx context.Context, done engine.StepDone) error { return done(ctx, engine.StepResult{Key: "b"}) },
		"no result": func(context.Context, engine.StepDone) error { return nil },
		"too many": func(ctx context.Context, done engine.StepDone) error {
			for range 2 {
				if err := done(ctx, engine.StepResult{Key: "a"}); err != nil {
					return err
				}
			}
			return nil
		},
	} {
		running := &broken{answer: answer}
		of := &integration.Integration{
			ID: "orders", Digest: "0", Flows: []integration.Flow{*flow("a")},
			Instances: []integration.Instance{{Name: "orders", ConfigVars: []byte("{}")}},
		}
		plan := steps.Plans(of, script.CodeOf(of), steps.Times{Usual: time.Minute}, "", nil)[0]
		execution := &integration.Execution{Target: plan.Target, Request: &integration.Request{}}
		stage := steps.New(script.New(running), scope.NewStates(scope.NewMemory(store.StateCeiling), store.StateCeiling), nil, engine.Limits{})
		if outcome := stage.Run(t.Context(), steps.Job{Plan: plan, Execution: execution, Payload: &engine.Payload{}}).Outcome; !fault.Is(outcome.Fault, fault.Protocol) {
			t.Errorf("%s: %+v", name, outcome)
		}
	}
}

// broken is an engine that does not keep to the contract.
type broken struct {
	place

	answer func(ctx context.Context, done engine.StepDone) error
}

func (b *broken) Acquire(context.Context, string, string, int64) (script.Process, error) {
	return b, nil
}

func (b *broken) Run(ctx context.Context, _ engine.Run, _ hostapi.Host, done engine.StepDone) error {
	return b.answer(ctx, done)
}
