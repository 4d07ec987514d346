package storetest

import (
	"context"
	"time"

	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/store"
	"github.com/hookstep-dev/hookstep/sdk/fault"
)

func cancelTests() []test {
	return []test{
		{name: "what waits ends at once, for the reason given", run: cancelWaiting},
		{name: "what runs is stopped, and its claim is lost", run: func(d *database) { h := d.open(); cancelRunning(h, h) }},
		{name: "what runs on another host is stopped", run: func(d *database) { cancelRunning(d.open(), d.open()) }, shared: true},
		{name: "what was cancelled is never given out again", run: canceledForGood},
		{name: "a dedupe key is kept by one that was cancelled", run: canceledKeepsKey},
		{name: "one whose caller waits is not cancelled", run: cancelReserved},
	}
}

func cancelWaiting(d *database) {
	h := d.open()
	held := h.takeLaned(2, lane("one", 1))
	due := d.ask(orders())
	due.Due = d.moment().Add(time.Hour)
	h.take(due)
	for _, one := range []struct {
		id     integration.ExecutionID
		status store.Status
	}{{held[1], store.Held}, {held[0], store.Queued}, {due.ID, store.Waiting}} {
		h.stands(one.id, one.status)
		d.must(h.Cancel(d.Context(), one.id, canceled()))
		row := h.detail(one.id).Execution
		if row.Status != store.Canceled || row.EndedAt.IsZero() || !row.Due.IsZero() {
			d.Errorf("after cancelling, what was %s is %+v", one.status, row)
		}
		d.equal("the reason", canceled(), row.Fault)
		d.is("cancelling again", h.Cancel(d.Context(), one.id, canceled()), store.ErrConflict)
	}
	d.equal("the depths", 0, sum(h.depths()))
}

func cancelRunning(working, canceling *host) {
	d := working.database
	id := working.accept(orders())
	taken := working.work(1).of(id)
	taken.commit(d.step(0))
	d.must(canceling.Cancel(d.Context(), id, canceled()))
	if cause := taken.ends(); !fault.Is(cause, fault.Canceled) {
		d.Errorf("the context ended with %v", cause)
	}
	taken.isLost()
	canceling.comesTo(id, store.Canceled)
	detail := canceling.detail(id)
	d.equal("the reason", canceled(), detail.Execution.Fault)
	d.equal("the steps that were done", []string{"step0"}, keysOf(detail.Steps))
	d.is("cancelling again", canceling.Cancel(d.Context(), id, canceled()), store.ErrConflict)
}

func canceledForGood(d *database) {
	h := d.open()
	first, queued, waiting := h.accept(orders()), h.accept(orders()), d.ask(orders())
	waiting.Due = d.moment().Add(300 * time.Millisecond)
	h.take(waiting)
	w := h.work(1)
	running := w.of(first)
	for _, id := range []integration.ExecutionID{first, queued, waiting.ID} {
		d.must(h.Cancel(d.Context(), id, canceled()))
	}
	running.release()
	last := d.ask(orders())
	last.Due = waiting.Due.Add(200 * time.Millisecond)
	w.of(h.take(last)).succeed()
	h = h.restart()
	h.work(1).of(h.accept(orders())).succeed()
	h.stand("the cancelled", []integration.ExecutionID{first, queued, waiting.ID}, store.Canceled, store.Canceled, store.Canceled)
}

func canceledKeepsKey(d *database) {
	h := d.open()
	first := h.take(d.askOnce(orders(), "key"))
	d.must(h.Cancel(context.WithoutCancel(d.Context()), first, canceled()))
	d.equal("a duplicate", first, h.answer(d.askOnce(orders(), "key")).Duplicate)
}

func cancelReserved(d *database) {
	h := d.open()
	asked := d.askOnce(orders(), "key")
	h.reserve(asked)
	d.is("cancelling it", h.Cancel(d.Context(), asked.ID, canceled()), store.ErrConflict)
	h.stands(asked.ID, store.Running)
	d.equal("a duplicate", store.Accepted{Duplicate: asked.ID}, h.reserve(d.askOnce(orders(), "key")))
	d.must(h.Record(d.Context(), []*store.Recording{d.recording(asked, told("done"))}))
	h.stands(asked.ID, store.Succeeded)
}
