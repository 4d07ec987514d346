package supervisor

import (
	"context"
	"errors"

	"github.com/hookstep-dev/hookstep/sdk/engine"
	"github.com/hookstep-dev/hookstep/sdk/fault"
	"github.com/hookstep-dev/hookstep/sdk/hostapi"
)

// Lease is the right to run executions, one after another, in one life of a process. It is for one goroutine at a time.
// When the process dies, the lease is worth nothing: its calls return faults and never reach the next process.
type Lease struct {
	pool   *pool
	worker *worker
	lane   engine.Lane // nil after Release
	broken bool
}

// Load compiles a source, or gives the program that this life of the process made of equal sources before. The source
// must not be changed afterwards.
func (l *Lease) Load(ctx context.Context, source engine.Source) (engine.Program, error) {
	if l.lane == nil {
		return engine.Program{}, released()
	}
	return l.pool.load(ctx, l.worker, source)
}

// Run is engine.Lane's Run. After a NotLoaded fault, Load compiles anew. After an Unavailable fault nothing has run, and
// the next Acquire gets another process.
func (l *Lease) Run(ctx context.Context, run engine.Run, host hostapi.Host, done engine.StepDone) error {
	if l.lane == nil {
		return released()
	}
	err := l.lane.Run(ctx, run, host, done)
	switch {
	case fault.Is(err, fault.NotLoaded):
		l.worker.programs.forget(run.Program)
		return err
	case refused(err):
		l.worker.refusing.give()
	}
	l.broken = l.broken || spoils(ctx, err)
	if !l.broken && !l.worker.served.Load() {
		l.worker.served.Store(true)
	}
	return err
}

// BootID names the life of the process.
func (l *Lease) BootID() string { return l.worker.process.BootID() }

// Release gives the lane back. Releasing again does nothing.
func (l *Lease) Release() {
	lane := l.lane
	if lane == nil {
		return
	}
	l.lane = nil
	if l.broken {
		_ = lane.Close()
		lane = nil
	}
	l.pool.giveBack(l.worker, lane)
}

// refused tells that the process took no execution. A fault that names a step is something else: a sibling flow
// may have been refused, and code has passed that on.
func refused(err error) bool {
	found, ok := errors.AsType[*fault.Fault](err)
	return ok && found.Source == fault.Engine && found.Code == fault.Unavailable && found.Step == ""
}

// spoils tells that a lane must not be used again after a Run that ended so. What user code did wrong leaves a lane
// whole; after anything else its state is not known for sure, and a new one costs little.
func spoils(ctx context.Context, err error) bool {
	if err == nil {
		return false
	}
	source := fault.As(err, fault.Host).Source
	return ctx.Err() != nil || source != fault.User && source != fault.Downstream && source != fault.Limit
}

func released() error {
	return fault.New(fault.Host, fault.Internal, "the lease was released")
}
