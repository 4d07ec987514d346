package storetest

import (
	"time"

	"github.com/hookstep-dev/hookstep/host/store"
)

func clockTests() []test {
	return []test{
		{name: "a clock that is put forward takes no claim away", run: clockForward},
		{name: "a clock that is put back holds up nothing that is due, and takes no claim away", run: clockBack},
		{name: "a clock that is put back lets no duplicate in", run: clockDedupe},
		{name: "what ended long ago goes though its id is of a future that a wrong clock showed", run: clockRetention},
	}
}

// takeDue has an execution accepted that waits for a time.
func (h *host) takeDue(after time.Duration) *store.Acceptance {
	h.Helper()
	asked := h.ask(orders())
	asked.Due = h.moment().Add(after)
	h.take(asked)
	h.stands(asked.ID, store.Waiting)
	return asked
}

// wakes holds that what waits goes when the clock was put behind its time. Where hosts share a database, none of their clocks decides that:
// there it goes on waiting.
func (w *worker) wakes(asked *store.Acceptance) {
	w.host.Helper()
	if w.host.home.Shared {
		w.host.stands(asked.ID, store.Waiting)
		return
	}
	w.of(asked.ID).succeed()
}

func clockForward(d *database) {
	h := d.open()
	w := h.work(4)
	running := w.of(h.accept(orders()))
	running.commit(d.step(0))
	tomorrow, never := h.takeDue(24*time.Hour), h.takeDue(100*24*time.Hour)
	d.clock.advance(25 * time.Hour)
	w.wakes(tomorrow) // before there is another: nothing says which of two would go first
	w.of(h.accept(orders())).succeed()
	running.commit(d.step(1))
	running.succeed()
	h.stands(never.ID, store.Waiting)
}

func clockBack(d *database) {
	h := d.open()
	w := h.work(4)
	running := w.of(h.accept(orders()))
	running.commit(d.step(0))
	soon := h.takeDue(time.Hour)
	d.clock.advance(-24 * time.Hour)
	w.of(h.accept(orders())).succeed()
	running.commit(d.step(1))
	running.postpone(&store.Postponement{Until: d.moment(), Retry: true, Fault: thrown("once more")})
	w.of(running.Execution.ID).succeed()
	h.stands(soon.ID, store.Waiting)
	d.clock.advance(26 * time.Hour)
	w.wakes(soon)
}

func clockDedupe(d *database) {
	h := d.open()
	first := d.ask(orders())
	first.Dedupe = &store.Dedupe{Key: "order-1", For: time.Hour}
	h.take(first)
	d.clock.advance(-24 * time.Hour)
	second := d.ask(orders())
	second.Dedupe = first.Dedupe
	if got := h.answer(second); got.Duplicate != first.ID {
		d.Errorf("the duplicate became %+v, want one of %s", got, first.ID)
	}
	h.absent(second.ID)
}

func clockRetention(d *database) {
	h := d.open()
	future := d.moment().Add(365 * 24 * time.Hour)
	old, late := d.sample(orders(), store.Succeeded, future), d.sample(orders(), store.Succeeded, future)
	for i, one := range []*store.Recording{old, late} {
		one.Execution.StartedAt = d.moment().Add(-time.Duration(48-36*i) * time.Hour)
		one.Execution.EndedAt = one.Execution.StartedAt.Add(time.Second)
	}
	h.record(old, late)
	d.equal("how many went", 1, h.sweep(store.Retention{Age: 24 * time.Hour}))
	h.absent(old.Execution.ID)
	h.stands(late.Execution.ID, store.Succeeded)
}
