package plugin2host

import (
	"sync"

	"github.com/hookstep-dev/hookstep/sdk/fault"
)

// Runs are the executions under way in one process.
type Runs struct {
	mu      sync.Mutex
	running map[*execution]struct{}
	refusal *fault.Fault
	idle    chan struct{} // closed when draining and nothing runs
	wake    chan struct{} // gets a token when something begins to run
}

// NewRuns makes the empty set.
func NewRuns() *Runs {
	return &Runs{
		running: make(map[*execution]struct{}),
		idle:    make(chan struct{}),
		wake:    make(chan struct{}, 1),
	}
}

// Drain refuses every further execution with the fault. The first call counts.
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

// Drained is closed after Drain, when the last execution has ended.
func (r *Runs) Drained() <-chan struct{} { return r.idle }

// Busy tells whether something runs.
func (r *Runs) Busy() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.running) > 0
}

// Begun gives a token when something began to run since the last token was taken.
func (r *Runs) Begun() <-chan struct{} { return r.wake }

// End ends every execution under way with the fault and tells how many there were.
func (r *Runs) End(reason *fault.Fault) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	for x := range r.running {
		x.end(reason.At(x.step()))
	}
	return len(r.running)
}

func (r *Runs) add(x *execution) *fault.Fault {
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

func (r *Runs) remove(x *execution) {
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
