package storetest

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/store"
	"github.com/hookstep-dev/hookstep/sdk/hostapi"
)

// worker is a host's Work whose claims the test handles one by one.
type worker struct {
	host    *host
	claims  chan *job
	ended   chan struct{} // closed when Work has returned
	cancel  context.CancelFunc
	lock    sync.Mutex
	pending []*job // handed out and not returned
	stopped bool
}

// job is one claim in the test's hands.
type job struct {
	*store.Claim
	host     *host
	ctx      context.Context //nolint:containedctx // it is what take was given, for the test to look at
	returned chan struct{}
	once     sync.Once
}

// work begins to work. Only the test lets claims return.
func (h *host) work(slots int) *worker {
	h.Helper()
	// Work's end is the worker's own: the test's context ends only before cleaning up.
	ctx, cancel := context.WithCancel(context.WithoutCancel(h.Context()))
	w := &worker{host: h, claims: make(chan *job), ended: make(chan struct{}), cancel: cancel}
	h.worker = w
	go func() {
		defer close(w.ended)
		if err := h.Work(ctx, slots, w.take); err != nil && !errors.Is(err, context.Canceled) {
			h.Errorf("Work ended with %v", err)
		}
	}()
	return w
}

func (w *worker) take(ctx context.Context, claim *store.Claim) {
	taken := &job{Claim: claim, host: w.host, ctx: ctx, returned: make(chan struct{})}
	if !w.keep(taken) {
		return
	}
	select {
	case w.claims <- taken:
	case <-taken.returned:
	}
	<-taken.returned
}

func (w *worker) keep(taken *job) bool {
	w.lock.Lock()
	defer w.lock.Unlock()
	w.pending = append(w.pending, taken)
	return !w.stopped
}

// next waits for a claim.
func (w *worker) next() *job {
	w.host.Helper()
	late := time.NewTimer(patience)
	defer late.Stop()
	select {
	case taken := <-w.claims:
		return taken
	case <-late.C:
		w.host.Fatalf("no execution was given to work on within %s", patience)
		return nil
	}
}

// of waits for the claim of one execution, and ends the test if another comes.
func (w *worker) of(id integration.ExecutionID) *job {
	w.host.Helper()
	taken := w.next()
	if taken.Execution.ID != id {
		w.host.Fatalf("execution %s was given to work on, want %s", taken.Execution.ID, id)
	}
	return taken
}

// several waits for so many claims and gives them by id.
func (w *worker) several(count int) []*job {
	w.host.Helper()
	var all []*job
	for range count {
		all = append(all, w.next())
	}
	slices.SortFunc(all, func(a, b *job) int { return int(a.Execution.ID - b.Execution.ID) })
	return all
}

// stop ends Work: what is in the test's hands is let go unfinished.
func (w *worker) stop() {
	w.cancel()
	w.lock.Lock()
	w.stopped = true
	for _, taken := range w.pending {
		taken.release()
	}
	w.lock.Unlock()
	<-w.ended
}

// release has take return.
func (j *job) release() { j.once.Do(func() { close(j.returned) }) }

// commit keeps steps.
func (j *job) commit(steps ...*store.Step) {
	j.host.Helper()
	for _, step := range steps {
		j.host.must(j.host.Commit(j.host.Context(), j.Claim, step, nil))
	}
}

// finish ends the execution and lets take return.
func (j *job) finish(end *store.End) {
	j.host.Helper()
	j.host.must(j.host.Finish(j.host.Context(), j.Claim, end))
	j.release()
}

// succeed ends the execution well.
func (j *job) succeed() {
	j.host.Helper()
	j.finish(j.host.end())
}

// postpone gives the execution back and lets take return.
func (j *job) postpone(wait *store.Postponement) {
	j.host.Helper()
	j.host.must(j.host.Postpone(j.host.Context(), j.Claim, wait))
	j.release()
}

// isLost reports when anything of the claim is still taken.
func (j *job) isLost() {
	h := j.host
	h.Helper()
	step := h.step(j.Execution.StepsDone)
	h.is("Commit of a lost claim", h.Commit(h.Context(), j.Claim, step, nil), store.ErrLost)
	h.is("Log of a lost claim", h.Log(h.Context(), j.Claim, []hostapi.Line{h.line("late")}), store.ErrLost)
	h.is("Postpone of a lost claim", h.Postpone(h.Context(), j.Claim, &store.Postponement{Until: h.moment(), Retry: true}), store.ErrLost)
	h.is("Finish of a lost claim", h.Finish(h.Context(), j.Claim, h.end()), store.ErrLost)
}

// ends waits for the end of take's context and gives its cause.
func (j *job) ends() error {
	j.host.Helper()
	late := time.NewTimer(patience)
	defer late.Stop()
	select {
	case <-j.ctx.Done():
		return context.Cause(j.ctx)
	case <-late.C:
		j.host.Fatalf("the context of execution %s did not end within %s", j.Execution.ID, patience)
		return nil
	}
}
