// Package realm runs the code of one execution in goja.
//
// It is the one room that knows the interpreter while code runs: what goes in and comes out are the neutral types of
// the sdk. The JavaScript of the prelude and the table of host functions know nothing of it, so that another
// interpreter can stand beside it.
package realm

import (
	"context"
	"time"

	"github.com/dop251/goja"

	"github.com/hookstep-dev/hookstep/engines/javascript/slot"
	"github.com/hookstep-dev/hookstep/sdk/engine"
	"github.com/hookstep-dev/hookstep/sdk/fault"
	"github.com/hookstep-dev/hookstep/sdk/hostapi"
)

// Realm is the fresh global environment of one execution. It is for one goroutine.
type Realm struct {
	library *Library
	program *Program
	run     engine.Run
	host    hostapi.Host
	slot    *slot.Slot

	runtime  *goja.Runtime
	loop     *loop
	modules  map[string]*goja.Object // by path or builtin name: the module object
	states   *states
	rejected []*goja.Promise       // rejected promises that nobody handles so far
	bridge   *goja.Object          // host functions for the prelude
	shared   *members              // the run's context object
	writes   bool                  // code that may change what it was given has been loaded
	entries  map[string]goja.Value // of stepResults by step, as handed to code that did not write
	opened   time.Time
	lines    int // log lines written
	dropped  int // log lines beyond the limit

	step    engine.Step                               // the step under way
	stopped func() error                              // why the step under way must end; nil while it may go on
	ask     func(work func(ctx context.Context) task) // runs a host call beside the code of the step under way
}

// Open makes the realm of one execution. Close must be called.
func Open(library *Library, program *Program, run engine.Run, host hostapi.Host, slots *slot.Pool) (*Realm, error) {
	shared, err := library.contexts.split(run.Context)
	if err != nil {
		return nil, err
	}
	r := &Realm{
		shared: shared, opened: time.Now(), stopped: func() error { return nil },
		library: library, program: program, run: run, host: host, slot: slots.Slot(),
		runtime: goja.New(),
		modules: map[string]*goja.Object{},
		entries: map[string]goja.Value{},
	}
	r.loop = newLoop(r.slot)
	r.states = newStates(r, run.States)
	r.runtime.SetMaxCallStackSize(maxCallStack)
	r.runtime.SetPromiseRejectionTracker(r.track)
	r.installGlobals()
	if err := r.install(program.guards); err != nil {
		return nil, err
	}
	return r, nil
}

// maxCallStack bounds recursion: beyond it code ends with a Stack fault, far from the end of the Go stack. Unwinding
// recursion through natives takes time that grows with the square of the depth, which is why it is not more.
const maxCallStack = 2000

// Close waits for host calls that are still under way; their contexts have ended by then.
func (r *Realm) Close() {
	r.loop.close()
	r.reportDropped()
}

// Step runs one step or trigger. earlier are the results before it, in order. When ctx ends, the fault is its cause.
func (r *Realm) Step(ctx context.Context, step engine.Step, earlier []engine.Result) engine.StepResult {
	started := time.Now()
	ctx, cancel := step.Context(ctx)
	defer cancel()
	r.step = step
	r.stopped = func() error { return context.Cause(ctx) }
	r.ask = func(work func(ctx context.Context) task) { r.loop.call(ctx, work) }
	r.slot.Enter(ctx)
	defer r.slot.Leave()
	stop := context.AfterFunc(ctx, func() { r.runtime.Interrupt(context.Cause(ctx)) })
	defer stop()
	result := engine.StepResult{Key: step.Key}
	if err := r.protect(func() error { return r.execute(ctx, earlier, &result) }); err != nil {
		result = engine.StepResult{Key: step.Key, Fault: r.explain(ctx, err).At(step.Key)}
	}
	r.loop.endStep()
	result.Elapsed = time.Since(started)
	return result
}

// execute calls the step's function and reads what it returned.
func (r *Realm) execute(ctx context.Context, earlier []engine.Result, result *engine.StepResult) error {
	if r.writes {
		clear(r.entries)
	}
	function, this, err := r.entry(r.step.Entry)
	if err != nil {
		return err
	}
	given := r.newContext()
	arguments := []goja.Value{given, nil}
	if r.step.Kind == engine.KindTrigger {
		arguments[1] = r.newPayload()
	} else {
		arguments[1] = r.newStepResults(earlier)
	}
	returned, err := function(this, arguments...)
	if err != nil {
		return err
	}
	returned, err = r.settle(ctx, returned)
	if err != nil {
		return err
	}
	return r.interpret(ctx, given, returned, result)
}

// entry loads a step's file and finds the function that it exports.
func (r *Realm) entry(file string) (goja.Callable, goja.Value, error) {
	exports, err := r.load(file)
	if err != nil {
		return nil, nil, err
	}
	if function, ok := goja.AssertFunction(exports); ok {
		return function, goja.Undefined(), nil
	}
	if object, ok := exports.(*goja.Object); ok {
		if function, ok := goja.AssertFunction(object.Get("default")); ok {
			return function, goja.Undefined(), nil
		}
	}
	return nil, nil, fault.New(fault.User, fault.NotCallable,
		"%s exports %s, not a function: write module.exports = async (context, stepResults) => { … }", file, kindOf(exports))
}
