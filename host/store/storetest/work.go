package storetest

import (
	"context"
	"fmt"
	"sync/atomic"

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
					h.Error(err)
				}
			}
			if err := h.Finish(ctx, claim, h.end()); err != nil {
				h.Error(err)
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
