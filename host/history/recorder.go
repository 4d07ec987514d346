// Package history keeps the record of ended executions complete within its bounds.
//
// Recorder takes executions that ran in memory to the store, after their callers were answered. Sweeper has the store delete
// what retention no longer covers.
package history

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/hookstep-dev/hookstep/host/store"
	"github.com/hookstep-dev/hookstep/sdk/fault"
)

// Keeper keeps ended executions, all of a call or none; a store.Store is one. What was kept before is kept again without harm.
type Keeper interface {
	Record(ctx context.Context, ended []*store.Recording) error
}

// Bounds say how much may wait for the store. Start from DefaultBounds.
type Bounds struct {
	Linger time.Duration // that the first recording waits for others
	Batch  int           // recordings that go to the store at once
	Count  int           // recordings that wait; those that are never shed may be twice as many
	Bytes  int64         // of recordings that wait; likewise
	Pause  time.Duration // before the first repeat of what the store did not take; it grows to 16 times as much
}

// DefaultBounds suit a host.
func DefaultBounds() Bounds {
	return Bounds{Linger: 10 * time.Millisecond, Batch: 512, Count: 20_000, Bytes: 64 << 20, Pause: 100 * time.Millisecond}
}

// Recorder hands recordings to the store in batches. When they come faster than the store takes them, those of executions that
// succeeded lose first their content, then their steps, and then are not kept at all; see shed. Its methods may be called from
// several goroutines at once.
type Recorder struct {
	to     Keeper
	policy Policy
	bounds Bounds
	log    *slog.Logger

	wake    chan struct{} // of capacity 1: the first of a batch has come, or the last that fits
	closing chan struct{}
	done    chan struct{}
	cancel  context.CancelFunc

	mu      sync.Mutex
	closed  bool
	waiting []waiting
	counts  Counts
}

// waiting is a recording and what it weighs.
type waiting struct {
	recording *store.Recording
	bytes     int64
}

// Counts tell what became of recordings so far.
type Counts struct {
	Kept     int64 // by the store
	Waiting  int64 // now
	Bytes    int64 // of those
	Contents int64 // kept without input and results, for load
	Steps    int64 // kept without steps and log, for load
	Shed     int64 // executions that succeeded and were not kept, for load
	Failures int64 // executions that failed and were not kept: the store was down for too long, or refused them
}

// NewRecorder starts one. The caller must Close it.
func NewRecorder(to Keeper, policy Policy, bounds Bounds, log *slog.Logger) *Recorder {
	ctx, cancel := context.WithCancel(context.Background())
	r := &Recorder{
		to: to, policy: policy, bounds: bounds, log: log, cancel: cancel,
		wake: make(chan struct{}, 1), closing: make(chan struct{}), done: make(chan struct{}),
	}
	go r.run(ctx)
	return r
}

// Ended records an execution, if the policy wants it, and returns at once.
func (r *Recorder) Ended(of *Ended) {
	if r.policy.Wants(of.Outcome) {
		r.Record(of.Recording())
	}
}

// Collects tells whether the log of an execution that begins may be wanted.
func (r *Recorder) Collects() bool { return r != nil && r.policy != None }

// Record takes a recording, which is the recorder's from now on, and returns at once.
func (r *Recorder) Record(of *store.Recording) {
	bytes := weigh(of)
	r.mu.Lock()
	defer r.mu.Unlock()
	bytes, ok := r.admit(of, bytes)
	if r.closed || !ok {
		r.drop(of)
		return
	}
	r.waiting = append(r.waiting, waiting{of, bytes})
	r.counts.Waiting++
	r.counts.Bytes += bytes
	if held := len(r.waiting); held == 1 || held == r.bounds.Batch {
		select {
		case r.wake <- struct{}{}:
		default: // it is awake
		}
	}
}

// Counts tells what became of recordings so far.
func (r *Recorder) Counts() Counts {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.counts
}

// Close hands over what waits, for as long as ctx lasts; the error tells how many recordings are lost. No goroutine is left.
func (r *Recorder) Close(ctx context.Context) error {
	r.mu.Lock()
	if !r.closed {
		r.closed = true
		close(r.closing)
	}
	r.mu.Unlock()
	select {
	case <-r.done:
	case <-ctx.Done():
		r.cancel()
		<-r.done
	}
	r.cancel()
	if left := r.Counts().Waiting; left > 0 {
		return fmt.Errorf("history: %d executions are not recorded: %w", left, context.Cause(ctx))
	}
	return nil
}

// run hands over what comes until the recorder closes.
func (r *Recorder) run(ctx context.Context) {
	defer close(r.done)
	for open := true; open && ctx.Err() == nil; {
		open = r.await()
		for batch := range slices.Chunk(r.take(), r.bounds.Batch) {
			r.keep(ctx, batch)
		}
	}
}

// await returns when there is a batch, or with false when the recorder closes.
func (r *Recorder) await() bool {
	select {
	case <-r.wake:
	case <-r.closing:
		return false
	}
	timer := time.NewTimer(r.bounds.Linger)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-r.wake:
	case <-r.closing:
		return false
	}
	return true
}

func (r *Recorder) take() []waiting {
	r.mu.Lock()
	defer r.mu.Unlock()
	taken := r.waiting
	r.waiting = nil
	return taken
}

// keep hands a batch to the store, again and again while that is down. What the store refuses for another reason is tried one by
// one, so that only the recordings that are the reason are lost.
func (r *Recorder) keep(ctx context.Context, batch []waiting) {
	recordings := make([]*store.Recording, len(batch))
	for i := range batch {
		recordings[i] = batch[i].recording
	}
	for try := 0; ; try++ {
		err := r.to.Record(ctx, recordings)
		switch {
		case err == nil:
			r.release(batch, true)
			return
		case ctx.Err() != nil:
			return
		case !fault.Is(err, fault.Unavailable) && len(batch) > 1:
			for one := range slices.Chunk(batch, 1) {
				r.keep(ctx, one)
			}
			return
		case !fault.Is(err, fault.Unavailable):
			r.log.LogAttrs(ctx, slog.LevelError, "an execution cannot be recorded",
				slog.String("execution", recordings[0].Execution.ID.String()), slog.String("error", story(err)))
			r.release(batch, false)
			return
		}
		r.complain(ctx, try, err)
		pause(ctx, r.bounds.Pause<<min(try, 4))
	}
}

// complain tells of a store that is down: at once, and then about twice a minute.
func (r *Recorder) complain(ctx context.Context, try int, err error) {
	if try%20 != 0 {
		return
	}
	now := r.Counts()
	r.log.LogAttrs(ctx, slog.LevelError, "executions cannot be recorded; trying again", slog.String("error", story(err)), slog.Int64("waiting", now.Waiting),
		slog.Int64("withoutContents", now.Contents), slog.Int64("withoutSteps", now.Steps), slog.Int64("successesLost", now.Shed),
		slog.Int64("failuresLost", now.Failures))
}

// release forgets a batch that the store has, or will never have.
func (r *Recorder) release(batch []waiting, kept bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, one := range batch {
		r.counts.Waiting--
		r.counts.Bytes -= one.bytes
		if kept {
			r.counts.Kept++
		} else {
			r.drop(one.recording)
		}
	}
}

func (r *Recorder) drop(of *store.Recording) {
	if sheddable(of) {
		r.counts.Shed++
	} else {
		r.counts.Failures++
	}
}

// pause waits, or returns when ctx ends.
func pause(ctx context.Context, length time.Duration) {
	timer := time.NewTimer(length)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// story gives the words of the causes too.
func story(err error) string { return fault.As(err, fault.Host).Story() }
