package script_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/script"
	"github.com/hookstep-dev/hookstep/sdk/engine"
	"github.com/hookstep-dev/hookstep/sdk/fault"
	"github.com/hookstep-dev/hookstep/sdk/hostapi"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// process is one life of an engine process in this test, which records what is asked of it.
type process struct {
	boot string
	load func(engine.Source) engine.Program
	run  func(ctx context.Context, run engine.Run, done engine.StepDone) error

	loads, runs, open int
}

func (p *process) Acquire(_ context.Context, engineName, tenant string, memory int64) (script.Process, error) {
	if engineName != "javascript" || tenant != "orders" || memory != 1<<20 {
		return nil, fmt.Errorf("acquired %s for %s with %d", engineName, tenant, memory)
	}
	p.open++
	return p, nil
}

func (p *process) Compile(ctx context.Context, engineName string, sources []engine.Source) ([]engine.Program, error) {
	if engineName != "javascript" || len(sources) != 1 {
		return nil, fmt.Errorf("%s was to compile %d sources", engineName, len(sources))
	}
	program, err := p.Load(ctx, sources[0])
	return []engine.Program{program}, err
}

func (p *process) BootID() string { return p.boot }
func (p *process) Release()       { p.open-- }

func (p *process) Load(_ context.Context, source engine.Source) (engine.Program, error) {
	p.loads++
	if p.load != nil {
		return p.load(source), nil
	}
	return engine.Program{ID: fmt.Sprintf("program-%d", p.loads)}, nil
}

func (p *process) Run(ctx context.Context, run engine.Run, _ hostapi.Host, done engine.StepDone) error {
	p.runs++
	return p.run(ctx, run, done)
}

func ignore(context.Context, engine.StepResult) error { return nil }

// orders has one file, one inline step, one data file, and a file in another language.
func orders() *script.Code {
	file := func(path, engineName, shown string, line, column int, oneLine bool) integration.SourceFile {
		return integration.SourceFile{File: engine.File{Path: path}, Engine: engineName, Shown: shown, Line: line, Column: column, OneLine: oneLine}
	}
	code := func(entry string) integration.Step {
		return integration.Step{Code: integration.Code{Entry: entry, Engine: "javascript"}}
	}
	return script.CodeOf(&integration.Integration{
		ID: "orders", Memory: 1 << 20,
		Flows: []integration.Flow{{
			Trigger: integration.Trigger{Code: integration.Code{Entry: "receive.js", Engine: "javascript"}},
			Steps: []integration.Step{
				code("inline"), code("quoted"), code("inline"),
				{Code: integration.Code{Entry: "total.lua", Engine: "lua"}},
			},
		}},
		Sources: []integration.SourceFile{
			file("receive.js", "javascript", "orders/receive.js", 1, 1, false),
			file("inline", "javascript", "orders/integration.yaml", 10, 7, false),
			file("quoted", "javascript", "orders/integration.yaml", 20, 30, true),
			file("rates.json", "", "orders/rates.json", 1, 1, false),
			file("total.lua", "lua", "orders/total.lua", 1, 1, false),
		},
	})["javascript"]
}

func TestProgramsAreLoadedOncePerProcess(t *testing.T) {
	t.Parallel()
	var source engine.Source
	var programs []string
	p := &process{boot: "first"}
	p.load = func(got engine.Source) engine.Program {
		source = got
		return engine.Program{ID: p.boot}
	}
	p.run = func(_ context.Context, run engine.Run, _ engine.StepDone) error {
		programs = append(programs, run.Program)
		return nil
	}
	runner, code := script.New(p), orders()
	for _, boot := range []string{"first", "first", "second", "second"} {
		p.boot = boot
		if err := runner.Run(t.Context(), code, engine.Run{}, nil, ignore); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff([]string{"first", "first", "second", "second"}, programs); diff != "" || p.loads != 2 || p.open != 0 {
		t.Errorf("%d loads, %d places not given back, programs %s", p.loads, p.open, diff)
	}
	var paths []string
	for _, file := range source.Files {
		paths = append(paths, file.Path)
	}
	if diff := cmp.Diff([]string{"receive.js", "inline", "quoted", "rates.json"}, paths); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"receive.js", "inline", "quoted"}, source.Entries); diff != "" {
		t.Errorf("entries (-want +got):\n%s", diff)
	}
}

func TestLostProgramIsLoadedAgainOnce(t *testing.T) {
	t.Parallel()
	lost := fault.New(fault.Engine, fault.NotLoaded, "unknown program")
	for _, test := range []struct {
		name        string
		losses      int
		loads, runs int
		fails       bool
	}{{"never", 0, 1, 1, false}, {"once", 1, 2, 2, false}, {"for good", 9, 2, 2, true}} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			p := &process{boot: "first"}
			p.run = func(context.Context, engine.Run, engine.StepDone) error {
				if p.runs <= test.losses {
					return lost
				}
				return nil
			}
			err := script.New(p).Run(t.Context(), orders(), engine.Run{}, nil, ignore)
			if test.fails != fault.Is(err, fault.NotLoaded) || p.loads != test.loads || p.runs != test.runs {
				t.Errorf("%d loads, %d runs, %v", p.loads, p.runs, err)
			}
		})
	}
}

func TestRefusedRunIsTriedOnceMore(t *testing.T) {
	t.Parallel()
	refusal := fault.New(fault.Engine, fault.Unavailable, "the process leaves service")
	for _, test := range []struct {
		name     string
		refusals int
		fault    *fault.Fault
		runs     int
	}{
		{"refused once", 1, refusal, 2},
		{"refused for good", 9, refusal, 2},
		{"not available to the step", 9, refusal.At("totals"), 1},
		{"not available to the host", 9, fault.New(fault.Host, fault.Unavailable, "the host is stopping"), 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			p := &process{boot: "first"}
			p.run = func(context.Context, engine.Run, engine.StepDone) error {
				if p.runs <= test.refusals {
					return test.fault
				}
				return nil
			}
			err := script.New(p).Run(t.Context(), orders(), engine.Run{}, nil, ignore)
			if (err != nil) != (test.refusals > 1) || p.runs != test.runs || p.open != 0 {
				t.Errorf("%d runs, %d places not given back, %v", p.runs, p.open, err)
			}
		})
	}
}

func TestNothingElseIsTriedAgain(t *testing.T) {
	t.Parallel()
	for _, code := range []fault.Code{fault.WorkerLost, fault.Deadline, fault.Thrown, fault.Memory, fault.Protocol} {
		p := &process{boot: "first", run: func(context.Context, engine.Run, engine.StepDone) error {
			return fault.New(fault.Engine, code, "over")
		}}
		if err := script.New(p).Run(t.Context(), orders(), engine.Run{}, nil, ignore); !fault.Is(err, code) || p.runs != 1 || p.open != 0 {
			t.Errorf("%s: %d runs, %v", code, p.runs, err)
		}
	}
}

func TestDiagnosticsKeepAProgramFromRunning(t *testing.T) {
	t.Parallel()
	p := &process{boot: "first", load: func(engine.Source) engine.Program {
		return engine.Program{Diagnostics: []engine.Diagnostic{
			{Severity: engine.Warning, File: "receive.js", Line: 1, Column: 1, Message: "unused"},
			{Severity: engine.Error, Code: fault.MissingCode, File: "inline", Line: 3, Column: 5, Message: "no lodash"},
		}}
	}}
	runner, code := script.New(p), orders()
	for range 2 {
		err := runner.Run(t.Context(), code, engine.Run{}, nil, ignore)
		if !fault.Is(err, fault.MissingCode) || err.Error() != "orders/integration.yaml:12:11: no lodash" {
			t.Errorf("got %v", err)
		}
	}
	if p.loads != 1 || p.runs != 0 {
		t.Errorf("%d loads, %d runs", p.loads, p.runs)
	}
	findings, err := script.Check(t.Context(), p, []*script.Code{code})
	if err != nil || len(findings) != 2 || findings[1].Line != 12 {
		t.Errorf("check found %v, %v", findings, err)
	}
}

func TestStacksShowTheAuthorsPositions(t *testing.T) {
	t.Parallel()
	thrown := &fault.Fault{
		Source: fault.User, Code: fault.Thrown, Message: "boom",
		Stack: []fault.Frame{
			{Function: "f", File: "inline", Line: 1, Column: 1},
			{File: "quoted", Line: 3, Column: 4},
			{File: "receive.js", Line: 7, Column: 8},
			{File: "inline"},
			{File: "builtin", Line: 1, Column: 2},
		},
		Cause: &fault.Fault{Message: "inner", Stack: []fault.Frame{{File: "inline", Line: 2, Column: 3}}},
	}
	p := &process{boot: "first", run: func(ctx context.Context, _ engine.Run, done engine.StepDone) error {
		if err := done(ctx, engine.StepResult{Key: "a", Fault: thrown}); err != nil {
			return err
		}
		return thrown
	}}
	var reported *fault.Fault
	err := script.New(p).Run(t.Context(), orders(), engine.Run{}, nil, func(_ context.Context, result engine.StepResult) error {
		reported = result.Fault
		return nil
	})
	want := []fault.Frame{
		{Function: "f", File: "orders/integration.yaml", Line: 10, Column: 7},
		{File: "orders/integration.yaml", Line: 20, Column: 30},
		{File: "orders/receive.js", Line: 7, Column: 8},
		{File: "orders/integration.yaml"},
		{File: "builtin", Line: 1, Column: 2},
	}
	for _, got := range []*fault.Fault{reported, fault.As(err, fault.Engine)} {
		if diff := cmp.Diff(want, got.Stack); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		if got.Cause.Stack[0].Line != 11 || got.Cause.Stack[0].Column != 9 {
			t.Errorf("the cause is at %v", got.Cause.Stack[0])
		}
	}
	if thrown.Stack[0].File != "inline" {
		t.Error("the engine's fault was changed")
	}
}

func TestStepLimitsAreWatched(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		begun := time.Now()
		p := &process{boot: "first", run: func(ctx context.Context, _ engine.Run, done engine.StepDone) error {
			<-time.After(900 * time.Millisecond) // the first step, within its limit
			if err := done(ctx, engine.StepResult{Key: "a"}); err != nil {
				return err
			}
			<-time.After(time.Hour) // the second has none
			if err := done(ctx, engine.StepResult{Key: "b"}); err != nil {
				return err
			}
			<-ctx.Done() // the third never ends by itself
			return context.Cause(ctx)
		}}
		steps := []engine.Step{{Key: "a", Timeout: time.Second}, {Key: "b"}, {Key: "c", Timeout: time.Second}}
		err := script.New(p).Run(t.Context(), orders(), engine.Run{Steps: steps}, nil, ignore)
		if got := fault.As(err, fault.Engine); got.Code != fault.Deadline || got.Step != "c" || got.Source != fault.Limit {
			t.Errorf("got %v", err)
		}
		if took := time.Since(begun) - time.Hour - 900*time.Millisecond; took < time.Second || took > 1300*time.Millisecond {
			t.Errorf("the third step ran for %s", took)
		}
	})
}

func TestBound(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := script.Bound(t.Context(), time.Minute)
		defer cancel()
		if deadline, ok := ctx.Deadline(); !ok || time.Until(deadline) != time.Minute {
			t.Errorf("deadline in %s", time.Until(deadline))
		}
		<-ctx.Done()
		if cause := context.Cause(ctx); !fault.Is(cause, fault.Deadline) {
			t.Errorf("late: %v", cause)
		}
	})
	parent, leave := context.WithCancel(t.Context())
	ctx, cancel := script.Bound(parent, time.Minute)
	defer cancel()
	leave()
	<-ctx.Done()
	if cause := context.Cause(ctx); !fault.Is(cause, fault.Canceled) {
		t.Errorf("the caller left: %v", cause)
	}
	why := fault.New(fault.Limit, fault.Deadline, "of the flow that called")
	caused, end := context.WithCancelCause(t.Context())
	ctx, cancel = script.Bound(caused, time.Minute)
	defer cancel()
	end(why)
	<-ctx.Done()
	if cause := context.Cause(ctx); !errors.Is(cause, why) {
		t.Errorf("the parent's own fault: %v", cause)
	}
}

// BenchmarkBound makes and ends the context of an execution, below one that ends as a request's does.
func BenchmarkBound(b *testing.B) {
	parent, cancel := context.WithCancel(b.Context())
	defer cancel()
	b.ReportAllocs()
	for b.Loop() {
		_, end := script.Bound(parent, time.Minute)
		end()
	}
}
