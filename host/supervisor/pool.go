package supervisor

import (
	"container/list"
	"context"
	"sync"
	"time"

	"github.com/hookstep-dev/hookstep/sdk/engine"
	"github.com/hookstep-dev/hookstep/sdk/fault"
)

// pool is the place of one service: at most one process that takes leases, its lanes, and those who wait.
type pool struct {
	sup *Supervisor
	of  service

	mu       sync.Mutex
	memory   int64     // of the next process
	worker   *worker   // takes leases; nil while there is none
	waiting  list.List // of *waiter, first come first served
	leases   int       // out, of all lives
	tending  bool      // a goroutine sees to the process
	again    bool      // the last process was in use: start the next without being asked
	draining bool
	drained  chan struct{} // closed when draining and nobody waits or runs; nil before
	pacing   pacing
	bombs    bombs   // has a lock of its own
	tried    edition // of the executable at the last start
	tally    tally
}

// tally counts over all lives.
type tally struct {
	starts, kills, crashes int
	reason                 string
}

// waiter is somebody who waits for a grant.
type waiter struct {
	grants chan grant // of capacity one: handing over never blocks
	place  *list.Element
}

// grant is a place in a process: a lane, or the right to open one where lane is nil; or why there is none.
type grant struct {
	worker *worker
	lane   engine.Lane
	err    error
}

func newPool(sup *Supervisor, of service, draining bool) *pool {
	return &pool{sup: sup, of: of, draining: draining, pacing: pacing{rules: sup.config.Restart}}
}

// take gives the lane that was used last, or nil if none lies ready.
func (p *pool) take() *Lease {
	p.mu.Lock()
	w := p.worker
	if w == nil || len(w.idle) == 0 || p.draining || w.isGone() {
		p.mu.Unlock()
		return nil
	}
	last := len(w.idle) - 1
	lane := w.idle[last]
	w.idle[last] = nil
	w.idle = w.idle[:last]
	p.lend(w)
	p.mu.Unlock()
	return &Lease{pool: p, worker: w, lane: lane}
}

// lend counts a lease. The caller holds mu.
func (p *pool) lend(w *worker) {
	w.out++
	w.lent++
	p.leases++
}

func (p *pool) isWarm() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.worker != nil && !p.worker.isGone() && (p.worker.out > 0 || len(p.worker.idle) > 0)
}

// await gets a place and opens a lane there if it must. A process that died before anything ran is passed over.
func (p *pool) await(ctx context.Context, memory int64) (*Lease, error) {
	for {
		granted, err := p.place(ctx, memory)
		if err != nil {
			return nil, err
		}
		lease, err := p.open(ctx, granted)
		if err == nil || !granted.worker.isGone() || ctx.Err() != nil {
			return lease, err
		}
	}
}

func (p *pool) open(ctx context.Context, granted grant) (*Lease, error) {
	lane := granted.lane
	if lane == nil {
		opened, err := granted.worker.engine.Lane(ctx)
		if err != nil {
			p.giveBack(granted.worker, nil)
			return nil, err
		}
		lane = opened
	}
	return &Lease{pool: p, worker: granted.worker, lane: lane}, nil
}

// place waits for a grant, no longer than Config.Wait once a process runs.
func (p *pool) place(ctx context.Context, memory int64) (grant, error) {
	p.mu.Lock()
	if w := p.worker; w != nil && w.out < p.of.places && !p.draining && !w.isGone() {
		granted := p.seat(w)
		p.mu.Unlock()
		return granted, nil
	}
	if err := p.admission(); err != nil {
		p.mu.Unlock()
		return grant{}, err
	}
	p.memory = memory
	me, patience := p.queue(), p.patience()
	p.tend() //nolint:contextcheck // the process outlives the caller
	p.mu.Unlock()
	return p.stand(ctx, me, patience)
}

// seat lends a place in a process that has one. The caller holds mu.
func (p *pool) seat(w *worker) grant {
	granted := grant{worker: w}
	if last := len(w.idle) - 1; last >= 0 {
		granted.lane, w.idle[last] = w.idle[last], nil
		w.idle = w.idle[:last]
	}
	p.lend(w)
	return granted
}

// admission tells why nobody may wait now. The caller holds mu.
func (p *pool) admission() error {
	if p.draining {
		return stopping()
	}
	if p.waiting.Len() >= p.sup.config.MaxWaiting {
		return p.overloaded("%d callers wait for it already", p.waiting.Len())
	}
	if rest := p.pacing.resting(time.Now()); rest > 0 && p.worker == nil && !p.isMended() {
		return p.unavailable(rest)
	}
	return nil
}

// isMended tells that the executable that was given up is another one now, and forgets what the old one did. The
// caller holds mu.
func (p *pool) isMended() bool {
	if !p.tried.isOutdated() {
		return false
	}
	p.pacing.forget()
	return true
}

func (p *pool) queue() *waiter {
	me := &waiter{grants: make(chan grant, 1)}
	me.place = p.waiting.PushBack(me)
	return me
}

// patience is how long to wait: for a lane, and where there is no process, for its start too.
func (p *pool) patience() time.Duration {
	if p.worker == nil || p.worker.isGone() {
		return p.sup.config.StartTimeout + p.sup.config.Wait
	}
	return p.sup.config.Wait
}

func (p *pool) stand(ctx context.Context, me *waiter, patience time.Duration) (grant, error) {
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case granted := <-me.grants:
		return granted, granted.err
	case <-timer.C:
		return p.leaveQueue(me, nil)
	case <-ctx.Done():
		return p.leaveQueue(me, context.Cause(ctx))
	}
}

// leaveQueue ends a wait in vain. A grant that came in the last moment is used, or given back when the waiter is gone.
func (p *pool) leaveQueue(me *waiter, gone error) (grant, error) {
	p.mu.Lock()
	if me.place != nil {
		p.waiting.Remove(me.place)
		err := gone
		if err == nil {
			err = p.inVain()
		}
		p.settle()
		p.mu.Unlock()
		return grant{}, err
	}
	p.mu.Unlock()
	granted := <-me.grants
	if gone != nil && granted.err == nil {
		p.giveBack(granted.worker, granted.lane)
		return grant{}, gone
	}
	return granted, granted.err
}

// inVain says why a wait was in vain. The caller holds mu.
func (p *pool) inVain() error {
	if p.worker != nil {
		return p.overloaded("no place came free within %s", p.sup.config.Wait)
	}
	return p.unavailable(p.pacing.pause(time.Now()))
}

// giveBack takes a place back, with the lane that can be used again or nil, and passes it on to the first who waits.
func (p *pool) giveBack(w *worker, lane engine.Lane) {
	p.mu.Lock()
	w.out--
	p.leases--
	if lane != nil && w == p.worker {
		w.idle = append(w.idle, lane)
		lane = nil
	}
	p.serve()
	if w.out == 0 && w.retired != nil {
		close(w.retired)
		w.retired = nil
	}
	p.settle()
	p.mu.Unlock()
	if lane != nil {
		_ = lane.Close()
	}
}

// serve gives free places to those who wait. The caller holds mu.
func (p *pool) serve() {
	for w := p.worker; w != nil && !w.isGone() && w.out < p.of.places && p.waiting.Len() > 0; {
		p.next().grants <- p.seat(w)
	}
}

// refuse tells all who wait why there is nothing for them. The caller holds mu.
func (p *pool) refuse(err error) {
	for p.waiting.Len() > 0 {
		p.next().grants <- grant{err: err}
	}
	p.settle()
}

func (p *pool) next() *waiter {
	first, _ := p.waiting.Remove(p.waiting.Front()).(*waiter) // nothing else is put there
	first.place = nil
	return first
}

// drain refuses newcomers and gives a channel that is closed when nobody waits or runs.
func (p *pool) drain() <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.draining = true
	if p.drained == nil {
		p.drained = make(chan struct{})
		if p.leases+p.waiting.Len() == 0 {
			close(p.drained)
		}
	}
	return p.drained
}

// settle notices the end of a drain. The caller holds mu.
func (p *pool) settle() {
	if p.drained == nil || p.leases+p.waiting.Len() > 0 {
		return
	}
	select {
	case <-p.drained:
	default:
		close(p.drained)
	}
}

// busyFor is what somebody who was refused may wait before trying again.
const busyFor = time.Second

func (p *pool) overloaded(format string, args ...any) *fault.Fault {
	refusal := fault.New(fault.Limit, fault.Overloaded, p.of.title+" is busy: "+format, args...)
	refusal.RetryAfter = busyFor
	return refusal
}

func (p *pool) unavailable(retry time.Duration) *fault.Fault {
	reason := p.tally.reason
	if reason == "" {
		reason = "it is still starting"
	}
	refusal := fault.New(fault.Engine, fault.Unavailable, "%s is not available: %s", p.of.title, reason)
	refusal.RetryAfter = max(retry, busyFor)
	return refusal
}
