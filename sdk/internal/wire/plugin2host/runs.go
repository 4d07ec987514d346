package plugin2host

import (
	"sync"

	"github.com/hookstep-dev/hookstep/sdk/fault"
)

// Runs is what is under way in one process.
type Runs struct {
	mu      sync.Mutex
	running map[run]struct{}
	refusal *fault.Fault
	idle    chan struct{} // closed when draining and nothing runs
	wake    chan struct{} // gets a token when something begins to run
}

// run is an execution, or a call of a connection provider.
type run interface {
	// halt ends it with the fault, at once and without waiting.
	halt(reason *fault.Fault)
}

// NewRuns makes the empty set.
func NewRuns() *Runs {
	return &Runs{
		running: make(map[run]struct{}),
		idle:    make(chan struct{}),
		wake:    make(chan struct{}, 1),
	}
}

// Drain refuses all that is to begin with the fault. The first call counts.
func (r *Runs) Drain(refusal *fault.Fault) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.refusal != nil {
		return
	}
	r.refusal = refusal
	if len(r.running) == 0 {
		close(r.idle)
	}
}

// Drained is closed after Drain, when the last run has ended.
func (r *Runs) Drained() <-chan struct{} { return r.idle }

// Busy tells whether something runs.
func (r *Runs) Busy() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.running) > 0
}

// Begun gives a token when something began to run since the last token was taken.
func (r *Runs) Begun() <-chan struct{} { return r.wake }

// End ends all that is under way with the fault and tells how many there were.
func (r *Runs) End(reason *fault.Fault) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	for x := range r.running {
		x.halt(reason)
	}
	return len(r.running)
}

func (r *Runs) add(x run) *fault.Fault {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.refusal != nil {
		return r.refusal
	}
	r.running[x] = struct{}{}
	select {
	case r.wake <- struct{}{}:
	default:
	}
	return nil
}

func (r *Runs) remove(x run) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, found := r.running[x]; !found {
		return
	}
	delete(r.running, x)
	if r.refusal != nil && len(r.running) == 0 {
		close(r.idle)
	}
}
