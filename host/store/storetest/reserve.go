package storetest

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/store"
	"github.com/hookstep-dev/hookstep/sdk/fault"
)

func reserveTests() []test {
	return []test{
		{name: "a duplicate waits for the answer of the first", run: reserveAndRecord},
		{name: "a record without an answer frees the key", run: freedKey},
		{name: "of many at the same instant one is the first", run: reservedAtOnce},
		{name: "a reserved execution is nobody's to work on", run: reservedIsNoWork},
		{name: "the key of one that runs is taken when its time is over too", run: reservedForLong},
		{name: "a killed host frees its keys", run: killedReserving},
		{name: "a killed host frees its keys for a living one", run: killedReservingBeside, shared: true},
	}
}

// reserve has a synchronous execution reserved.
func (h *host) reserve(asked *store.Acceptance) store.Accepted {
	h.Helper()
	asked.Answer = nil
	accepted, err := h.Reserve(h.Context(), asked)
	h.must(err)
	return accepted
}

// recording ends a reserved execution.
func (d *database) recording(asked *store.Acceptance, answer *integration.Response) *store.Recording {
	return &store.Recording{
		Execution: store.Execution{
			ID: asked.ID, Flow: asked.Flow, Status: store.Succeeded, Source: asked.Source, Synchronous: true, StartedAt: asked.StartedAt,
			EndedAt: d.moment(), Elapsed: time.Second, StepsDone: 1,
		},
		Input: asked.Input, Steps: []store.Step{*d.step(0)}, Reserved: asked.Dedupe, Answer: answer,
	}
}

func reserveAndRecord(d *database) {
	h := d.open()
	first := d.askOnce(orders(), "key")
	d.equal("the first", store.Accepted{}, h.reserve(first))
	running := h.detail(first.ID).Execution
	if running.Status != store.Running || !running.Synchronous {
		d.Errorf("what is reserved is %s, synchronous %t", running.Status, running.Synchronous)
	}
	d.equal("a duplicate meanwhile", store.Accepted{Duplicate: first.ID}, h.reserve(d.askOnce(orders(), "key")))
	d.equal("an asynchronous duplicate meanwhile", store.Accepted{Duplicate: first.ID}, h.answer(d.askOnce(orders(), "key")))
	_, _, err := h.Answer(d.Context(), orders(), "key")
	d.is("Answer meanwhile", err, store.ErrConflict)

	made := d.recording(first, told("done"))
	made.States = []store.StateChange{{Owner: store.OwnersOf(orders())[0], Merge: []byte(`{"a":1}`)}}
	d.must(h.Record(d.Context(), []*store.Recording{made}))
	d.equal("the record", &store.Detail{Execution: made.Execution, Input: made.Input, Steps: made.Steps}, h.detail(first.ID))
	d.equal("the states", []string{`{"a":1}`}, h.states(store.OwnersOf(orders())[0]))
	id, answer, err := h.Answer(d.Context(), orders(), "key")
	d.must(err)
	d.equal("the first", first.ID, id)
	d.equal("its answer", told("done"), answer)
	h = h.restart()
	d.equal("a duplicate after it", store.Accepted{Duplicate: first.ID, First: told("done")}, h.reserve(d.askOnce(orders(), "key")))
	d.clock.advance(2 * time.Hour)
	d.equal("a first one when the key's time is over", store.Accepted{}, h.reserve(d.askOnce(orders(), "key")))
}

func freedKey(d *database) {
	h := d.open()
	first := d.askOnce(orders(), "key")
	h.reserve(first)
	made := d.recording(first, nil)
	made.Execution.Status, made.Execution.Fault = store.Failed, thrown("broken")
	d.must(h.Record(d.Context(), []*store.Recording{made}))
	h.stands(first.ID, store.Failed)
	_, _, err := h.Answer(d.Context(), orders(), "key")
	d.is("Answer of a freed key", err, store.ErrNotFound)
	d.equal("the next", store.Accepted{}, h.reserve(d.askOnce(orders(), "key")))
}

func reservedAtOnce(d *database) {
	h := d.open()
	var all sync.WaitGroup
	var firsts atomic.Int64
	for range 32 {
		asked := d.askOnce(orders(), "key")
		asked.Answer = nil
		all.Go(func() {
			switch accepted, err := h.Reserve(d.Context(), asked); {
			case err != nil:
				d.Error(err)
			case accepted.Duplicate == 0:
				firsts.Add(1)
			}
		})
	}
	all.Wait()
	d.equal("how many are the first", int64(1), firsts.Load())
	d.equal("how many are kept", map[store.Status]int{store.Running: 1}, present(h.depths()))
}

func reservedIsNoWork(d *database) {
	h := d.open()
	asked := d.askOnce(orders(), "key")
	h.reserve(asked)
	w := h.work(2)
	w.of(h.accept(orders())).succeed()
	w.of(h.accept(orders())).succeed()
	h.stands(asked.ID, store.Running)
	d.must(h.Record(d.Context(), []*store.Recording{d.recording(asked, told("done"))}))
}

func reservedForLong(d *database) {
	h := d.open()
	first := d.askOnce(orders(), "key")
	h.reserve(first)
	d.clock.advance(2 * time.Hour)
	h.sweep(store.Retention{})
	_, _, err := h.Answer(d.Context(), orders(), "key")
	d.is("Answer while it runs", err, store.ErrConflict)
	d.equal("a duplicate", store.Accepted{Duplicate: first.ID}, h.reserve(d.askOnce(orders(), "key")))
	d.must(h.Record(d.Context(), []*store.Recording{d.recording(first, told("done"))}))
	_, _, err = h.Answer(d.Context(), orders(), "key")
	d.is("Answer when it has ended", err, store.ErrNotFound)
	d.equal("the next", store.Accepted{}, h.reserve(d.askOnce(orders(), "key")))
}

func killedReserving(d *database) {
	child := d.start("reserve")
	child.await("reserved")
	child.kill()
	holdFreed(d.open(), child.first+1)
}

func killedReservingBeside(d *database) {
	h := d.open()
	child := d.start("reserve")
	child.await("reserved")
	_, _, err := h.Answer(d.Context(), orders(), "the key")
	d.is("Answer while the other host lives", err, store.ErrConflict)
	child.kill()
	holdFreed(h, child.first+1)
}

// holdFreed holds that a reserved execution of a dead host fails and leaves its key.
func holdFreed(h *host, id integration.ExecutionID) {
	h.Helper()
	h.comesTo(id, store.Failed)
	lost := h.detail(id).Execution
	if lost.Fault == nil || lost.Fault.Code != fault.WorkerLost || lost.EndedAt.IsZero() {
		h.Errorf("what its host left is %+v", lost)
	}
	_, _, err := h.Answer(h.Context(), orders(), "the key")
	h.is("Answer of a key that a dead host left", err, store.ErrNotFound)
	h.equal("the next with the key", store.Accepted{}, h.reserve(h.askOnce(orders(), "the key")))
}
