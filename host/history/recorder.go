// Package history keeps the record of ended executions complete within its bounds.
//
// Recorder takes executions that ran in memory to the store, after their callers were answered. Sweeper has the store delete
// what retention no longer covers.
package history

import (
	"context"
	"fmt"
	"log/slog"
	"runtime"
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
	Rest   float64       // after each batch, as many times as long as the store worked on it
	Work   time.Duration // of the store on one recording, at most: what it takes longer it waits for others
	Pause  time.Duration // before the first repeat of what the store did not take; it grows to 16 times as much
}

// DefaultBounds suit a host. Recording may have a thirty-second part of the machine: more would be felt by those who wait for answers.
func DefaultBounds() Bounds {
	const share = 32
	return Bounds{
		Linger: 10 * time.Millisecond, Batch: 256, Count: 5_000, Bytes: 16 << 20, Pause: 100 * time.Millisecond,
		Rest: max(0, share/float64(runtime.GOMAXPROCS(0))-1), Work: 60 * time.Microsecond,
	}
}

// Recorder hands recordings to the store in batches. When they come faster than the store takes them, those of executions that
// succeeded lose first their content, then their steps, and then are not kept at all; see shed. Its methods may be called from
// several goroutines at once.
type Recorder struct {
	to     Keeper
	policy Policy
	bounds Bounds
	log    *slog.Logger

	first   chan struct{} // of capacity 1: a recording came where none waited
	full    chan struct{} // likewise: one came that filled a batch
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
		first: make(chan struct{}, 1), full: make(chan struct{}, 1), closing: make(chan struct{}), done: make(chan struct{}),
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
	switch len(r.waiting) {
	case 1:
		ring(r.first)
	case r.bounds.Batch:
		ring(r.full)
	}
}

// ring tells of something, unless that was told and not heard yet.
func ring(bell chan<- struct{}) {
	select {
	case bell <- struct{}{}:
	default:
	}
}

// hush forgets what was told.
func hush(bell <-chan struct{}) {
	select {
	case <-bell:
	default:
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
	rest := time.Duration(0)
	for r.await(rest) && ctx.Err() == nil {
		begun := time.Now()
		batch := r.take()
		r.keep(ctx, batch)
		worked := min(time.Since(begun), time.Duration(len(batch))*r.bounds.Work)
		rest = time.Duration(r.bounds.Rest * float64(worked))
		clear(batch) // nothing holds the bodies any more
	}
}

// await rests and returns when there is a batch, or with false when the recorder closes and nothing is left.
func (r *Recorder) await(rest time.Duration) bool {
	r.wait(rest, nil)
	hush(r.first)
	hush(r.full)
	linger := r.bounds.Linger - rest
	if r.held() == 0 {
		select {
		case <-r.first:
		case <-r.closing:
		}
		linger = r.bounds.Linger
	}
	if linger > 0 && r.held() < r.bounds.Batch {
		r.wait(linger, r.full)
	}
	return r.held() > 0 || !r.isClosing()
}

// wait returns after a time, when early says so, or when the recorder closes.
func (r *Recorder) wait(length time.Duration, early <-chan struct{}) {
	timer := time.NewTimer(length)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-early:
	case <-r.closing:
	}
}

func (r *Recorder) isClosing() bool {
	select {
	case <-r.closing:
		return true
	default:
		return false
	}
}

func (r *Recorder) held() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.waiting)
}

// take gives the oldest recordings, as many as go at once.
func (r *Recorder) take() []waiting {
	r.mu.Lock()
	defer r.mu.Unlock()
	taken := r.waiting[:min(len(r.waiting), r.bounds.Batch)]
	r.waiting = r.waiting[len(taken):]
	if len(r.waiting) == 0 {
		r.waiting = nil
	}
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
