package steps_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/steps"
	"github.com/hookstep-dev/hookstep/host/store"
	"github.com/hookstep-dev/hookstep/sdk/engine"
	"github.com/hookstep-dev/hookstep/sdk/fault"
	"github.com/hookstep-dev/hookstep/sdk/value"
)

// ledger keeps what Keep was given, in order.
type ledger struct {
	kept  []store.Step
	fails map[int]error // by position
}

func (l *ledger) keep(_ context.Context, step *store.Step) error {
	if err := l.fails[step.Position]; err != nil {
		return err
	}
	l.kept = append(l.kept, *step)
	return nil
}

func (l *ledger) String() string { return keysOf(l.kept) }

func keysOf(all []store.Step) string {
	var told []string
	for _, step := range all {
		text := fmt.Sprintf("%d:%s", step.Position, step.Result.Key)
		switch {
		case step.Ignored:
			text += "(ignored)"
		case step.Result.Fault != nil:
			text += "(failed)"
		}
		told = append(told, text)
	}
	return strings.Join(told, " ")
}

func (s stage) job(keep steps.Keep, done ...store.Step) steps.Job {
	execution := &integration.Execution{ID: 1_234_567_890_123, Target: s.plan.Target, Request: &integration.Request{}}
	return steps.Job{Plan: s.plan, Execution: execution, Payload: &engine.Payload{Method: "POST"}, Done: done, Keep: keep}
}

func TestEachResultIsKeptButTheLast(t *testing.T) {
	t.Parallel()
	running, ledger := &engines{}, &ledger{}
	stage := newStage(running, flow("!t", "a", "b@lua", "c"))
	ended := stage.steps.Run(t.Context(), stage.job(ledger.keep))
	if ended.Outcome.Fault != nil || ended.Kept != 3 || ended.Last() == nil || ended.Last().Result.Key != "c" || ended.Last().EndedAt.IsZero() {
		t.Errorf("got %+v", ended)
	}
	if got := ledger.String(); got != "0:t 1:a 2:b" {
		t.Errorf("kept %s", got)
	}
	if got := keysOf(ended.Steps); got != "0:t 1:a 2:b 3:c" {
		t.Errorf("ended with %s", got)
	}
	for i, confirm := range []bool{true, false, false} { // a call of one step has nothing to wait for
		if running.calls[i].Confirm != confirm {
			t.Errorf("call %d: confirm is %t", i, running.calls[i].Confirm)
		}
	}
}

func TestGoesOnFromWhatIsKept(t *testing.T) {
	t.Parallel()
	change := func(text string) engine.States {
		return engine.States{Instance: []byte(text), Execution: []byte(text)}
	}
	done := []store.Step{
		{Position: 0, Result: engine.StepResult{Key: "t", Results: value.JSON([]byte(`{"x":1}`)), Changed: change(`{"t":1}`)}},
		{Position: 1, Result: engine.StepResult{Key: "a", Fault: &boom}, Ignored: true},
	}
	running, ledger := &engines{}, &ledger{}
	running.code = map[string]func(engine.Run) engine.StepResult{"c": func(engine.Run) engine.StepResult {
		return engine.StepResult{Results: value.Null(), Changed: change(`{"c":2}`)}
	}}
	stage := newStage(running, flow("!t", "a", "b@lua", "c"))
	ended := stage.steps.Run(t.Context(), stage.job(ledger.keep, done...))
	if got, want := running.tell(), `lua[t={"x":1} a=boom](b) javascript[t={"x":1} a=boom b="b"](c)`; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if got := string(running.calls[0].States.Execution); got != `{"t":1}` {
		t.Errorf("the first step to run saw the executionState %s", got)
	}
	if ended.Outcome.Fault != nil || ledger.String() != "2:b" || ended.Kept != 3 || keysOf(ended.Steps) != "0:t 1:a(ignored) 2:b 3:c" {
		t.Errorf("%+v, kept %s", ended, ledger)
	}
	if len(ended.States) != 2 || string(ended.States[0].Merge) != `{"t":1}` || string(ended.States[1].Merge) != `{"c":2}` {
		t.Errorf("states to save: %s", ended.States)
	}
	if saved := stage.saved(t).Instance; saved != nil {
		t.Errorf("the stage saved %s itself", saved)
	}
}

func TestFailureOfAKeptExecution(t *testing.T) {
	t.Parallel()
	lost := &fault.Fault{Source: fault.Engine, Code: fault.WorkerLost, Message: "gone"}
	retry := integration.OnError{Do: integration.Retry, Attempts: 2, Delay: time.Millisecond}
	ignore := integration.OnError{Do: integration.Ignore}
	full := errors.New("the disk is full")
	for _, test := range []struct {
		name    string
		fails   *fault.Fault
		onError integration.OnError
		unkept  error
		calls   int
		kept    string
		last    string
		code    fault.Code
	}{
		{"a step fails", &boom, integration.OnError{}, nil, 1, "0:a", "b", fault.Thrown},
		{"a failure is ignored", &boom, ignore, nil, 2, "0:a 1:b(ignored)", "c", ""},
		{"repeats in vain", &boom, retry, nil, 3, "0:a", "b", fault.Thrown},
		{"a lost engine is not ignored", lost, ignore, nil, 1, "0:a", "b", fault.WorkerLost},
		{"a lost engine is not repeated here", lost, retry, nil, 1, "0:a", "b", fault.WorkerLost},
		{"an ignored failure cannot be kept", &boom, ignore, full, 1, "0:a", "b", fault.Internal},
		{"a result cannot be kept", nil, ignore, full, 1, "0:a", "b", fault.Internal},
	} {
		running, ledger := &engines{}, &ledger{fails: map[int]error{1: test.unkept}}
		if test.fails != nil {
			running.code = map[string]func(engine.Run) engine.StepResult{"b": fails(99, test.fails)}
		}
		of := flow("a", "b", "c")
		of.Steps[1].OnError = test.onError
		stage := newStage(running, of)
		ended := stage.steps.Run(t.Context(), stage.job(ledger.keep))
		if len(running.calls) != test.calls || ledger.String() != test.kept || ended.Last() == nil || ended.Last().Result.Key != test.last {
			t.Errorf("%s: %d calls, kept %s, ended with %s", test.name, len(running.calls), ledger, keysOf(ended.Steps))
		}
		if (ended.Outcome.Fault == nil) != (test.code == "") || test.code != "" && !fault.Is(ended.Outcome.Fault, test.code) {
			t.Errorf("%s: ended of %v", test.name, ended.Outcome.Fault)
		}
	}
}

func TestTriggerAlone(t *testing.T) {
	t.Parallel()
	for _, work := range []string{"!t a b@lua", "!t"} {
		running := &engines{code: map[string]func(engine.Run) engine.StepResult{"t": func(engine.Run) engine.StepResult {
			return engine.StepResult{Results: value.Text("t"), Changed: engine.States{Instance: []byte(`{"a":1}`)}}
		}}}
		stage := newStage(running, flow(strings.Fields(work)...))
		ended := stage.steps.Trigger(t.Context(), stage.job(nil))
		if got := running.tell(); got != "javascript[payload](t)" {
			t.Errorf("%s: ran %s", work, got)
		}
		if ended.Outcome.Fault != nil || ended.Outcome.Trigger == nil || keysOf(ended.Steps) != "0:t" || stage.saved(t).Instance != nil {
			t.Errorf("%s: %+v, saved %s", work, ended, stage.saved(t).Instance)
		}
	}
}

func TestARejectionIsNotKept(t *testing.T) {
	t.Parallel()
	running := &engines{code: map[string]func(engine.Run) engine.StepResult{"t": func(engine.Run) engine.StepResult {
		return engine.StepResult{Response: &engine.Response{Status: 400}, Changed: engine.States{Instance: []byte(`{"a":1}`)}}
	}}}
	ledger := &ledger{}
	stage := newStage(running, flow("!t", "a"))
	ended := stage.steps.Run(t.Context(), stage.job(ledger.keep))
	if len(ledger.kept) != 0 || ended.States != nil || ended.Last() == nil || store.EndOf(ended.Outcome) != store.Rejected {
		t.Errorf("kept %s, ended %+v", ledger, ended)
	}
}

func TestFits(t *testing.T) {
	t.Parallel()
	plan := newStage(&engines{}, flow("!t", "a", "b")).plan
	for _, test := range []struct{ done, want string }{
		{"", ""},
		{"t a", ""},
		{"t a b", ""},
		{"t b", `the step "a"`},
		{"t a b c", `the step "c"`},
	} {
		var done []store.Step
		for key := range strings.FieldsSeq(test.done) {
			done = append(done, store.Step{Position: len(done), Result: engine.StepResult{Key: key}})
		}
		err := plan.Fits(done)
		if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v", test.done, err)
		}
	}
	if at, known := plan.Position("b"); at != 2 || !known {
		t.Errorf("b is at %d, %t", at, known)
	}
	if _, known := plan.Position("x"); known {
		t.Error("x is known")
	}
	if !plan.HasTrigger() {
		t.Error("the trigger has code")
	}
}
