package storetest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/store"
	"github.com/hookstep-dev/hookstep/sdk/hostapi"
)

func workTests() []test {
	return []test{
		{name: "never more than slots at once, and all in the end", run: slots},
		{name: "within an instance the oldest comes first", run: oldestFirst},
		{name: "an instance that floods does not hold up the others", run: fairness},
		{name: "what is accepted while hosts work is given out", run: whileWorking},
		{name: "a claim that take let go is given out again, and the old one is lost", run: letGo},
		{name: "a finished claim is lost", run: finishedIsLost},
		{name: "a step that is committed again is kept once", run: committedAgain},
		{name: "of many that end a claim at once one does", run: endAtOnce},
		{name: "of many that postpone a claim at once one does", run: postponeAtOnce},
		{name: "of a finish and a cancel at once one is right", run: finishOrCancel},
		{name: "the end of Work waits for what is under way and does not disturb it", run: endOfWork},
		{name: "the states of a finish are kept with it or not at all", run: statesOfFinish},
		{name: "two hosts share the work and no execution is given to both", run: twoHosts, shared: true},
	}
}

func slots(d *database) {
	h := d.open()
	const most, all = 3, 40
	var under, peak, done atomic.Int64
	for range all {
		h.accept(orders())
	}
	h.workBy(most, func(ctx context.Context, claim *store.Claim) {
		now := under.Add(1)
		for before := peak.Load(); now > before && !peak.CompareAndSwap(before, now); before = peak.Load() {
		}
		if err := h.Finish(ctx, claim, h.end()); err != nil {
			h.Error(err)
		}
		under.Add(-1)
		done.Add(1)
	})
	d.eventually("all are finished", func() bool { return done.Load() == all })
	if peak.Load() > most {
		d.Errorf("%d at once, want at most %d", peak.Load(), most)
	}
	d.equal("the depths", 0, sum(h.depths()))
}

// workBy begins to work with a function of the test, until the host is closed.
func (h *host) workBy(slots int, take func(ctx context.Context, claim *store.Claim)) {
	h.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(h.Context()))
	w := &worker{host: h, ended: make(chan struct{}), cancel: cancel}
	h.worker = w
	go func() {
		defer close(w.ended)
		if err := h.Work(ctx, slots, take); err != nil && ctx.Err() == nil {
			h.Errorf("Work ended with %v", err)
		}
	}()
}

func (h *host) depths() map[store.Status]int {
	h.Helper()
	depths, err := h.Depths(h.Context())
	h.must(err)
	return depths
}

func sum(depths map[store.Status]int) int {
	all := 0
	for _, count := range depths {
		all += count
	}
	return all
}

func oldestFirst(d *database) {
	h := d.open()
	var want []integration.ExecutionID
	for range 30 {
		want = append(want, h.accept(orders()))
	}
	w := h.work(1)
	for _, id := range want {
		w.of(id).succeed()
	}
}

// fairness lets one instance have 2,000 waiting before another brings five: they must not wait for all of the first.
func fairness(d *database) {
	h := d.open()
	const flood, few = 2000, 5
	for range flood {
		h.accept(orders())
	}
	w := h.work(4)
	for range 20 {
		w.next().succeed()
	}
	waiting := map[integration.ExecutionID]bool{}
	for i := range few {
		waiting[h.accept(flowOf("south", fmt.Sprint("flow", i)))] = true
	}
	starts := 0
	for len(waiting) > 0 {
		taken := w.next()
		delete(waiting, taken.Execution.ID)
		taken.succeed()
		if starts++; starts > 100 {
			d.Fatalf("%d of the %d of a small instance have not begun after %d others", len(waiting), few, starts)
		}
	}
}

func whileWorking(d *database) {
	h := d.open()
	w := h.work(2)
	for range 20 {
		w.of(h.accept(orders())).succeed()
	}
}

func letGo(d *database) {
	h := d.open()
	id := h.accept(orders())
	w := h.work(1)
	first := w.of(id)
	done := d.step(0)
	first.commit(done)
	first.release()
	again := w.of(id)
	d.equal("what the second claim has", []store.Step{*done}, again.Done)
	if again.Epoch == first.Epoch {
		d.Errorf("both claims have the epoch %d", again.Epoch)
	}
	first.isLost()
	again.commit(d.step(1))
	again.succeed()
	d.equal("the log, of which the lost claim has no part", []hostapi.Line(nil), h.log(id))
	d.equal("the steps", 2, h.detail(id).Execution.StepsDone)
}

func finishedIsLost(d *database) {
	h := d.open()
	taken := h.work(1).of(h.accept(orders()))
	taken.succeed()
	taken.isLost()
	h.stands(taken.Execution.ID, store.Succeeded)
}

func committedAgain(d *database) {
	h := d.open()
	id := h.accept(orders())
	taken := h.work(1).of(id)
	steps := []store.Step{*d.step(0), *d.step(1)}
	lines := []hostapi.Line{d.line("one"), d.line("two")}
	for at := range steps {
		for range 3 {
			d.must(h.Commit(d.Context(), taken.Claim, &steps[at], lines[at:at+1]))
		}
	}
	d.must(h.Commit(d.Context(), taken.Claim, &steps[0], lines[:1]))
	taken.succeed()
	d.equal("the steps", steps, h.detail(id).Steps)
	d.equal("the steps counted", len(steps), h.detail(id).Execution.StepsDone)
	d.equal("the log", lines, h.log(id))
}

// busy has others write all the time, so that what the test does meets in one transaction.
func (h *host) busy() (stop func()) {
	ctx, cancel := context.WithCancel(h.Context())
	var all sync.WaitGroup
	for writer := range 4 {
		owner := store.OwnersOf(flowOf("busy", fmt.Sprint("flow", writer)))[0]
		all.Go(func() {
			for ctx.Err() == nil {
				err := h.WriteStates(ctx, []store.StateChange{{Owner: owner, Merge: []byte(`{"a":1}`)}})
				if err != nil && ctx.Err() == nil {
					h.Errorf("writing a state gave %v", err)
					return
				}
			}
		})
	}
	return func() {
		cancel()
		all.Wait()
	}
}

// endAtOnce ends a claim from many sides: what one has ended, nobody else can write to.
func endAtOnce(d *database) {
	h := d.open()
	defer h.busy()()
	w := h.work(1)
	for range 10 {
		id := h.accept(orders())
		taken := w.of(id)
		var all sync.WaitGroup
		var ended atomic.Int64
		for caller := range 16 {
			end := h.end()
			end.Status = []store.Status{store.Succeeded, store.DeadLetter, store.Rejected}[caller%3]
			all.Go(func() {
				switch err := h.Finish(d.Context(), taken.Claim, end); {
				case err == nil:
					ended.Add(1)
				case !errors.Is(err, store.ErrLost):
					d.Errorf("Finish gave %v", err)
				}
			})
		}
		steps := 0
		all.Go(func() {
			if h.Commit(d.Context(), taken.Claim, h.step(0), nil) == nil {
				steps = 1
			}
		})
		all.Wait()
		d.equal("how many ended it", int64(1), ended.Load())
		detail := h.detail(id)
		d.equal("the steps kept, listed and confirmed", []int{steps, steps}, []int{len(detail.Steps), detail.Execution.StepsDone})
		taken.isLost()
		taken.release()
	}
	d.equal("the depths", 0, sum(h.depths()))
}

func postponeAtOnce(d *database) {
	h := d.open()
	defer h.busy()()
	w := h.work(1)
	for range 10 {
		id := h.accept(orders())
		taken := w.of(id)
		wait := &store.Postponement{Until: d.moment().Add(time.Hour), Retry: true, Fault: thrown("once")}
		var all sync.WaitGroup
		var postponed atomic.Int64
		for range 16 {
			all.Go(func() {
				switch err := h.Postpone(d.Context(), taken.Claim, wait); {
				case err == nil:
					postponed.Add(1)
				case !errors.Is(err, store.ErrLost):
					d.Errorf("Postpone gave %v", err)
				}
			})
		}
		all.Wait()
		d.equal("how many postponed it", int64(1), postponed.Load())
		d.equal("the attempts", 1, h.detail(id).Execution.Attempt)
		taken.release()
	}
}

func finishOrCancel(d *database) {
	h := d.open()
	defer h.busy()()
	w := h.work(1)
	for range 20 {
		id := h.accept(orders())
		taken := w.of(id)
		outcome := make(chan error, 1)
		go func() { outcome <- h.Cancel(d.Context(), id, canceled()) }()
		finished := h.Finish(d.Context(), taken.Claim, h.end())
		stopped := <-outcome
		switch {
		case finished == nil && errors.Is(stopped, store.ErrConflict):
			h.stands(id, store.Succeeded)
		case stopped == nil && errors.Is(finished, store.ErrLost):
			h.stands(id, store.Canceled)
		default:
			d.Errorf("Finish gave %v and Cancel %v", finished, stopped)
		}
		taken.release()
	}
}

func endOfWork(d *database) {
	h := d.open()
	first, second := h.accept(orders()), h.accept(orders())
	w := h.work(1)
	taken := w.of(first)
	w.cancel()
	if taken.ctx.Err() != nil {
		d.Error("the context of what is under way ended with Work's")
	}
	select {
	case <-w.ended:
		d.Error("Work returned while a claim was under way")
	default:
	}
	taken.commit(d.step(0))
	taken.succeed()
	d.eventually("Work returns", func() bool {
		select {
		case <-w.ended:
			return true
		default:
			return false
		}
	})
	h.stands(first, store.Succeeded)
	h.restart().work(1).of(second).succeed()
}

func statesOfFinish(d *database) {
	h := d.open()
	w := h.work(1)
	owners := store.OwnersOf(orders())
	change := func(text string) []store.StateChange {
		return []store.StateChange{{Owner: owners[0], Merge: []byte(text)}, {Owner: owners[2], Merge: []byte(text)}}
	}
	first := w.of(h.accept(orders()))
	end := d.end()
	end.States = change(`{"seen":1}`)
	first.finish(end)
	d.equal("the states", []string{`{"seen":1}`, ``, `{"seen":1}`}, h.states(owners[:]...))

	id := h.accept(orders())
	lost := w.of(id)
	d.must(h.Cancel(d.Context(), id, canceled()))
	end = d.end()
	end.States = change(`{"seen":2}`)
	d.is("Finish of what was cancelled", h.Finish(d.Context(), lost.Claim, end), store.ErrLost)
	d.equal("the states after a lost claim", []string{`{"seen":1}`, ``, `{"seen":1}`}, h.states(owners[:]...))
}

func twoHosts(d *database) {
	const all = 200
	var taken [2]atomic.Int64
	var done atomic.Int64
	first := d.open()
	for i, h := range []*host{first, d.open()} {
		h.workBy(4, func(ctx context.Context, claim *store.Claim) {
			taken[i].Add(1)
			for at := range 2 {
				if err := h.Commit(ctx, claim, h.step(at), nil); err != nil {
					h.Errorf("host %d, step %d of %s, epoch %d: %v", i, at, claim.Execution.ID, claim.Epoch, err)
				}
			}
			if err := h.Finish(ctx, claim, h.end()); err != nil {
				h.Errorf("host %d, the end of %s, epoch %d: %v (context: %v)", i, claim.Execution.ID, claim.Epoch, err, context.Cause(ctx))
			}
			done.Add(1)
		})
	}
	for range all {
		first.accept(orders())
	}
	d.eventually("all are finished", func() bool { return done.Load() >= all })
	d.equal("how many were given out", int64(all), taken[0].Load()+taken[1].Load())
	d.equal("the depths", 0, sum(first.depths()))
	if taken[0].Load() == 0 || taken[1].Load() == 0 {
		d.Errorf("the hosts did %d and %d", taken[0].Load(), taken[1].Load())
	}
}
