package realm

import (
	"container/heap"
	"context"
	"errors"
	"sync"
	"time"

	"github.com/hookstep-dev/hookstep/engines/javascript/slot"
)

var errNothingPending = errors.New("no timer and no host call is pending")

// task is one turn of the event loop.
type task func() error

// loop holds what may still happen: timers and host calls under way.
type loop struct {
	slot    *slot.Slot
	timers  timers
	byID    map[int64]*timer
	lastID  int64
	step    int // counts steps, so that answers to an earlier step's calls are passed over
	pending int // host calls of this step without an answer
	answers chan answer
	cancel  []context.CancelFunc
	calls   sync.WaitGroup
	done    chan struct{}
}

type answer struct {
	step int
	task task
}

func newLoop(slot *slot.Slot) *loop {
	return &loop{slot: slot, byID: map[int64]*timer{}, answers: make(chan answer), done: make(chan struct{})}
}

// next waits for the next turn with the slot given back. errNothingPending means that nothing can
// happen any more.
func (l *loop) next(ctx context.Context) (task, error) {
	if err := context.Cause(ctx); err != nil {
		return nil, err
	}
	if len(l.timers) == 0 && l.pending == 0 {
		return nil, errNothingPending
	}
	if wait := l.untilTimer(); len(l.timers) > 0 && wait <= 0 {
		return l.fire(), nil
	}
	l.slot.Leave()
	defer l.slot.Enter(ctx)
	return l.wait(ctx)
}

func (l *loop) untilTimer() time.Duration {
	if len(l.timers) == 0 {
		return 0
	}
	return time.Until(l.timers[0].due)
}

func (l *loop) wait(ctx context.Context) (task, error) {
	for {
		var due <-chan time.Time
		if len(l.timers) > 0 {
			clock := time.NewTimer(l.untilTimer())
			defer clock.Stop()
			due = clock.C
		}
		select {
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		case <-due:
			return l.fire(), nil
		case answer := <-l.answers:
			if answer.step == l.step {
				l.pending--
				return answer.task, nil
			}
		}
	}
}

// call runs work beside the code; what it returns is run on the loop. ctx ends with the step.
func (l *loop) call(ctx context.Context, work func(ctx context.Context) task) {
	ctx, cancel := context.WithCancel(ctx)
	l.cancel = append(l.cancel, cancel)
	l.pending++
	step := l.step
	l.calls.Go(func() {
		done := work(ctx)
		select {
		case l.answers <- answer{step: step, task: done}:
		case <-l.done:
		}
	})
}

// endStep drops the timers and host calls that are left.
func (l *loop) endStep() {
	for _, cancel := range l.cancel {
		cancel()
	}
	l.cancel = nil
	l.step++
	l.pending = 0
	l.timers = nil
	clear(l.byID)
}

func (l *loop) close() {
	l.endStep()
	close(l.done)
	l.calls.Wait()
}

// timer is one setTimeout or setInterval.
type timer struct {
	id    int64
	due   time.Time
	every time.Duration // of an interval; 0 otherwise
	run   task
	index int
}

// start adds a timer. Like Node's, the shortest delay is one millisecond; immediate ones have none.
func (l *loop) start(delay time.Duration, repeat bool, run task) int64 {
	l.lastID++
	t := &timer{id: l.lastID, due: time.Now().Add(delay), run: run}
	if repeat {
		t.every = max(delay, time.Millisecond)
	}
	l.byID[t.id] = t
	heap.Push(&l.timers, t)
	return t.id
}

func (l *loop) stop(id int64) {
	if t := l.byID[id]; t != nil {
		delete(l.byID, id)
		if t.index >= 0 {
			heap.Remove(&l.timers, t.index)
		}
	}
}

func (l *loop) fire() task {
	t := l.timers[0]
	heap.Remove(&l.timers, 0)
	if t.every == 0 {
		delete(l.byID, t.id)
		return t.run
	}
	t.due = time.Now().Add(t.every)
	heap.Push(&l.timers, t)
	return t.run
}

// timers is a heap by due time, then by age.
type timers []*timer

// Len implements heap.Interface.
func (t *timers) Len() int { return len(*t) }

// Less implements heap.Interface.
func (t *timers) Less(i, j int) bool {
	a, b := (*t)[i], (*t)[j]
	return a.due.Before(b.due) || a.due.Equal(b.due) && a.id < b.id
}

// Swap implements heap.Interface.
func (t *timers) Swap(i, j int) {
	list := *t
	list[i], list[j] = list[j], list[i]
	list[i].index, list[j].index = i, j
}

// Push implements heap.Interface.
func (t *timers) Push(x any) {
	one, ok := x.(*timer)
	if !ok {
		return
	}
	one.index = len(*t)
	*t = append(*t, one)
}

// Pop implements heap.Interface.
func (t *timers) Pop() any {
	old := *t
	last := old[len(old)-1]
	old[len(old)-1] = nil
	*t = old[:len(old)-1]
	last.index = -1
	return last
}
