// Package script calls code on the engine of its language.
//
// Deadlines are set here: of an execution by Bound, of a step by Runner.Run.
package script

import (
	"context"
	"time"

	"github.com/hookstep-dev/hookstep/sdk/engine"
	"github.com/hookstep-dev/hookstep/sdk/fault"
	"github.com/hookstep-dev/hookstep/sdk/hostapi"
)

// Processes lends places in engine processes.
type Processes interface {
	// Acquire lends a place in the process that serves an engine to a tenant, which may use memory bytes (0: as many as is
	// usual). It waits a bounded time. With an error nothing has run.
	Acquire(ctx context.Context, engineName, tenant string, memory int64) (Process, error)
}

// Process is a lent place in one life of an engine process.
type Process interface {
	// BootID names the process's life; program ids are worth nothing in another.
	BootID() string
	Load(ctx context.Context, source engine.Source) (engine.Program, error)
	Run(ctx context.Context, run engine.Run, host hostapi.Host, done engine.StepDone) error
	// Release gives the place back. It is called once.
	Release()
}

// slack is how much longer than a step's limit the host waits for the engine's own deadline, before it ends the run.
const slack = 200 * time.Millisecond

// Runner runs code. Its methods may be called from several goroutines at once.
type Runner struct{ processes Processes }

// New makes a runner on processes.
func New(processes Processes) *Runner { return &Runner{processes: processes} }

// Run runs a stretch of code: it gets a place in the code's process, loads the program there if this process does not
// have it, sets run.Program and calls the engine. Faults that come back, also in step results, show positions in the
// files as their author wrote them. Each step is held to its own Timeout.
//
// Nothing is tried again but what surely has not run: the loading of a program that the process lost, and, once, a run
// that the process refused to begin because it is about to end.
func (r *Runner) Run(ctx context.Context, code *Code, run engine.Run, host hostapi.Host, done engine.StepDone) error {
	refused, err := r.try(ctx, code, run, host, done)
	if refused {
		_, err = r.try(ctx, code, run, host, done)
	}
	return err
}

// try runs a stretch in one process. Refused tells that the process took it and did not begin.
func (r *Runner) try(ctx context.Context, code *Code, run engine.Run, host hostapi.Host, done engine.StepDone) (refused bool, err error) {
	process, err := r.processes.Acquire(ctx, code.engine, code.tenant, code.memory)
	if err != nil {
		return false, err
	}
	defer process.Release()
	run.Program, err = code.load(ctx, process)
	if err != nil {
		return false, err
	}
	err = code.run(ctx, process, run, host, done)
	if fault.Is(err, fault.NotLoaded) {
		code.forget(run.Program)
		if run.Program, err = code.load(ctx, process); err != nil {
			return false, err
		}
		err = code.run(ctx, process, run, host, done)
	}
	return isRefusal(err), err
}

// isRefusal tells whether the process did not begin the run.
func isRefusal(err error) bool {
	found := fault.As(err, fault.Engine)
	return found != nil && found.Source == fault.Engine && found.Code == fault.Unavailable && found.Step == ""
}

// Lost tells the faults of a process that went away, or never came, whatever the execution did: another try elsewhere may
// succeed. Only of WorkerLost may code have run. What code passed on of a sibling flow is not meant.
func Lost(of *fault.Fault) bool {
	if of == nil || of.Source != fault.Engine {
		return false
	}
	return of.Code == fault.WorkerLost || (of.Code == fault.Unavailable || of.Code == fault.NotLoaded) && of.Step == ""
}

// run calls the engine once, with the step limits watched.
func (c *Code) run(ctx context.Context, process Process, run engine.Run, host hostapi.Host, done engine.StepDone) error {
	ctx, watched, stop := watch(ctx, run.Steps, done)
	defer stop()
	mapped := func(ctx context.Context, result engine.StepResult) error {
		result.Fault = c.locate(result.Fault)
		return watched(ctx, result)
	}
	err := process.Run(ctx, run, host, mapped)
	if err == nil {
		return nil
	}
	return c.locate(fault.As(err, fault.Engine))
}
