package storetest

import (
	"slices"
	"time"

	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/store"
	"github.com/hookstep-dev/hookstep/sdk/hostapi"
)

func postponeTests() []test {
	return []test{
		{name: "a retry keeps the steps, counts, and comes when it is due", run: postponed},
		{name: "losses count in a row, and a step that is done ends the row", run: losses},
		{name: "idle waits count as nothing", run: idle},
		{name: "what is due earlier comes earlier", run: dueOrder},
		{name: "an acceptance with a due time waits for it", run: dueLater},
		{name: "due times outlive a restart", run: dueAfterRestart},
		{name: "a new one ends older ones of its cancel key that wait for their next try", run: cancelKey},
	}
}

func postponed(d *database) {
	h := d.open()
	id := h.accept(orders())
	w := h.work(1)
	first := w.of(id)
	first.commit(d.step(0))
	until := d.moment().Add(400 * time.Millisecond)
	lines := []hostapi.Line{d.line("once more")}
	first.postpone(&store.Postponement{Until: until, Retry: true, Fault: thrown("not yet"), Logs: lines, Elapsed: 5 * time.Millisecond})
	first.isLost()

	again := w.of(id)
	if now := d.clock.Now(); now.Before(until) {
		d.Errorf("it was given out %s too early", until.Sub(now))
	}
	d.equal("the steps that are done", []string{"step0"}, keysOf(again.Done))
	d.equal("the attempts", 1, again.Execution.Attempt)
	d.equal("the losses", 0, again.Execution.Losses)
	far := d.moment().Add(time.Hour)
	again.postpone(&store.Postponement{Until: far, Retry: true, Fault: thrown("much later"), Elapsed: 6 * time.Millisecond})
	detail := h.detail(id)
	want := store.Execution{
		ID: id, Flow: orders(), Status: store.Waiting, Source: store.Webhook, StartedAt: detail.Execution.StartedAt, Due: far,
		Elapsed: 11 * time.Millisecond, Attempt: 2, StepsDone: 1, Fault: thrown("much later"),
	}
	d.equal("what waits", want, detail.Execution)
	d.equal("the log", lines, h.log(id))
	want.Fault = brief(want.Fault)
	d.equal("what waits, listed", store.Page{Executions: []store.Execution{want}}, h.list(&store.Filter{Statuses: []store.Status{store.Waiting}, Limit: 10}))
}

// soon postpones a claim to now.
func (j *job) soon(wait store.Postponement) {
	j.host.Helper()
	wait.Until = j.host.moment()
	j.postpone(&wait)
}

func losses(d *database) {
	h := d.open()
	id := h.accept(orders())
	w := h.work(1)
	for lost := range 3 {
		taken := w.of(id)
		d.equal("the losses", lost, taken.Execution.Losses)
		taken.soon(store.Postponement{Fault: thrown("lost")})
	}
	taken := w.of(id)
	d.equal("the losses", 3, taken.Execution.Losses)
	taken.commit(d.step(0))
	d.equal("the losses after a step", 0, h.detail(id).Execution.Losses)
	taken.soon(store.Postponement{Fault: thrown("lost")})
	taken = w.of(id)
	d.equal("the losses", 1, taken.Execution.Losses)
	d.equal("the attempts", 0, taken.Execution.Attempt)
	taken.succeed()
}

func idle(d *database) {
	h := d.open()
	id := h.accept(orders())
	w := h.work(1)
	w.of(id).soon(store.Postponement{Fault: thrown("lost")})
	w.of(id).soon(store.Postponement{Fault: thrown("failed"), Retry: true})
	before := h.detail(id).Execution
	for range 3 {
		w.of(id).soon(store.Postponement{Idle: true})
	}
	taken := w.of(id)
	d.equal("the attempts", before.Attempt, taken.Execution.Attempt)
	d.equal("the losses", before.Losses, taken.Execution.Losses)
	taken.succeed()
}

func dueOrder(d *database) {
	h := d.open()
	now := d.moment()
	var asked []*store.Acceptance
	for i := range 3 {
		one := d.ask(orders())
		one.Due = now.Add(time.Duration(1200-300*i) * time.Millisecond)
		h.take(one)
		asked = append(asked, one)
	}
	w := h.work(1)
	for _, one := range slices.Backward(asked) {
		taken := w.of(one.ID)
		if at := d.clock.Now(); at.Before(one.Due) {
			d.Errorf("it was given out %s too early", one.Due.Sub(at))
		}
		taken.succeed()
	}
}

func dueLater(d *database) {
	h := d.open()
	asked := d.ask(orders())
	asked.Due = d.moment().Add(400 * time.Millisecond)
	id := h.take(asked)
	row := h.detail(id).Execution
	if row.Status != store.Waiting || !row.Due.Equal(asked.Due) {
		d.Errorf("it is %s until %s, want %s until %s", row.Status, row.Due, store.Waiting, asked.Due)
	}
	w := h.work(1)
	w.of(h.accept(orders())).succeed()
	taken := w.of(id)
	if now := d.clock.Now(); now.Before(asked.Due) {
		d.Errorf("it was given out %s too early", asked.Due.Sub(now))
	}
	taken.succeed()
}

func dueAfterRestart(d *database) {
	h := d.open()
	later, soon := d.ask(orders()), d.ask(orders())
	later.Due, soon.Due = d.moment().Add(time.Hour), d.moment().Add(500*time.Millisecond)
	h.take(later)
	h.take(soon)
	h = h.restart()
	taken := h.work(2).of(soon.ID)
	if now := d.clock.Now(); now.Before(soon.Due) {
		d.Errorf("it was given out %s too early", soon.Due.Sub(now))
	}
	taken.succeed()
	h.stands(later.ID, store.Waiting)
}

func cancelKey(d *database) {
	h := d.open()
	w := h.work(4)
	keyed := func(flow store.Flow, key string) *store.Acceptance {
		asked := d.ask(flow)
		asked.CancelKey = key
		return asked
	}
	wait := &store.Postponement{Until: d.moment().Add(time.Hour), Retry: true, Fault: thrown("later")}
	postponed := func(flow store.Flow, key string) integration.ExecutionID {
		id := h.take(keyed(flow, key))
		w.of(id).postpone(wait)
		return id
	}
	other, elsewhere, none := postponed(orders(), "b"), postponed(flowOf("north", "returns"), "a"), postponed(orders(), "")
	untried := keyed(orders(), "a")
	untried.Due = wait.Until
	h.take(untried)
	old := postponed(orders(), "a")
	h.take(keyed(orders(), ""))
	w.next().succeed()
	h.stands(old, store.Waiting)

	running := h.take(keyed(orders(), "a"))
	taken := w.of(running)
	ended := h.detail(old).Execution
	if ended.Status != store.Canceled || ended.EndedAt.IsZero() || ended.Fault == nil {
		d.Errorf("the older one is %+v", ended)
	}
	newest := h.take(keyed(orders(), "a"))
	if taken.ctx.Err() != nil {
		d.Error("one that runs was cancelled")
	}
	h.stand("the others", []integration.ExecutionID{other, elsewhere, none, untried.ID, running},
		store.Waiting, store.Waiting, store.Waiting, store.Waiting, store.Running)
	taken.succeed()
	w.of(newest).succeed()
}
