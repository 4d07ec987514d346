package storetest

import (
	"fmt"
	"time"

	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/store"
)

func laneTests() []test {
	return []test{
		{name: "one at a time, in the order of ids", run: sequential},
		{name: "as many as the limit", run: throttled},
		{name: "those that wait go by id, not by when they came", run: byID},
		{name: "every way to end lets the next go", run: endsLetGo},
		{name: "an execution that is postponed keeps its place", run: postponedKeepsLane},
		{name: "a cancelled one that waits leaves the queue", run: canceledInLane},
		{name: "two lanes are taken one after the other", run: twoLanes},
		{name: "lanes of the same keys in another order do not block each other", run: crossedLanes},
		{name: "a higher limit lets more go", run: raisedLimit},
		{name: "a lower limit lets no more go until there is room", run: loweredLimit},
		{name: "with Skip a full lane accepts nothing", run: skipping},
		{name: "with Skip a full second lane leaves the first as it was", run: skippingSecond},
		{name: "a duplicate takes no place", run: duplicateInLane},
		{name: "places outlive a restart", run: lanesAfterRestart},
		{name: "what is due later has its place", run: laneAndDue},
		{name: "random work never runs more than the limit and loses nothing", run: func(d *database) { stress(d, d.open()) }},
		{
			name: "random work on two hosts never runs more than the limit and loses nothing",
			run:  func(d *database) { stress(d, d.open(), d.open()) }, shared: true,
		},
	}
}

// laned asks for an execution in lanes.
func (d *database) laned(lanes ...store.Lane) *store.Acceptance {
	asked := d.ask(orders())
	asked.Lanes = lanes
	return asked
}

func lane(key string, limit int) store.Lane { return store.Lane{Key: key, Limit: limit} }

// takeLaned has so many executions accepted in lanes.
func (h *host) takeLaned(count int, lanes ...store.Lane) []integration.ExecutionID {
	h.Helper()
	var ids []integration.ExecutionID
	for range count {
		ids = append(ids, h.take(h.laned(lanes...)))
	}
	return ids
}

// stand reports the statuses of executions that are not as wanted.
func (h *host) stand(what string, ids []integration.ExecutionID, want ...store.Status) {
	h.Helper()
	var got []store.Status
	for _, id := range ids {
		got = append(got, h.status(id))
	}
	h.equal(what, want, got)
}

func sequential(d *database) {
	h := d.open()
	ids := h.takeLaned(4, lane("one", 1))
	h.stand("at first", ids, store.Queued, store.Held, store.Held, store.Held)
	w := h.work(4)
	for i, id := range ids {
		taken := w.of(id)
		taken.commit(d.step(0))
		for _, later := range ids[i+1:] {
			h.stands(later, store.Held)
		}
		taken.succeed()
	}
	h.hasRoom(1, lane("one", 1))
}

// hasRoom holds that lanes have room for so many more and no others.
func (h *host) hasRoom(count int, lanes ...store.Lane) {
	h.Helper()
	for i, id := range h.takeLaned(count+1, lanes...) {
		if held := h.status(id) == store.Held; held != (i == count) {
			h.Errorf("with room for %d in %+v, number %d waits: %t", count, lanes, i+1, held)
		}
	}
}

func throttled(d *database) {
	h := d.open()
	ids := h.takeLaned(5, lane("three", 3))
	h.stand("at first", ids, store.Queued, store.Queued, store.Queued, store.Held, store.Held)
	others := h.takeLaned(2, lane("other", 1))
	h.stand("the other lane", others, store.Queued, store.Held)
	w := h.work(8)
	running := w.several(4)
	h.stand("when all run that may", ids, store.Running, store.Running, store.Running, store.Held, store.Held)
	running[1].succeed()
	next := w.of(ids[3])
	h.stands(ids[4], store.Held)
	next.succeed()
	w.of(ids[4]).succeed()
}

func byID(d *database) {
	h := d.open()
	first, second, third := d.laned(lane("one", 1)), d.laned(lane("one", 1)), d.laned(lane("one", 1))
	h.take(first)
	h.take(third)
	h.take(second)
	w := h.work(2)
	for _, asked := range []*store.Acceptance{first, second, third} {
		w.of(asked.ID).succeed()
	}
}

func endsLetGo(d *database) {
	h := d.open()
	w := h.work(1)
	for _, status := range []store.Status{store.Succeeded, store.Failed, store.DeadLetter, store.Rejected, store.Canceled} {
		ids := h.takeLaned(2, lane("one", 1))
		end := &store.End{Status: status, At: d.moment()}
		if status != store.Succeeded {
			end.Fault = thrown("broken")
		}
		w.of(ids[0]).finish(end)
		w.of(ids[1]).succeed()
	}
	ids := h.takeLaned(2, lane("one", 1))
	running := w.of(ids[0])
	d.must(h.Cancel(d.Context(), ids[0], canceled()))
	running.release()
	w.of(ids[1]).succeed()
}

func postponedKeepsLane(d *database) {
	h := d.open()
	ids := h.takeLaned(2, lane("one", 1))
	w := h.work(2)
	w.of(ids[0]).postpone(&store.Postponement{Until: d.moment().Add(300 * time.Millisecond), Retry: true, Fault: thrown("once more")})
	h.stand("meanwhile", ids[1:], store.Held)
	w.of(ids[0]).succeed()
	w.of(ids[1]).succeed()

	ids = h.takeLaned(2, lane("one", 1))
	w.of(ids[0]).postpone(&store.Postponement{Until: d.moment().Add(time.Hour), Retry: true, Fault: thrown("much later")})
	h.stand("for an hour", ids, store.Waiting, store.Held)
	d.must(h.Cancel(d.Context(), ids[0], canceled()))
	w.of(ids[1]).succeed()
}

func canceledInLane(d *database) {
	h := d.open()
	ids := h.takeLaned(4, lane("one", 1))
	d.must(h.Cancel(d.Context(), ids[1], canceled()))
	h.stand("after cancelling the second", ids, store.Queued, store.Canceled, store.Held, store.Held)
	d.must(h.Cancel(d.Context(), ids[0], canceled()))
	h.stand("after cancelling the first", ids, store.Canceled, store.Canceled, store.Queued, store.Held)
	w := h.work(2)
	w.of(ids[2]).succeed()
	w.of(ids[3]).succeed()
}

func twoLanes(d *database) {
	h := d.open()
	both := []store.Lane{lane("instance", 2), lane("flow", 1)}
	first, second := h.take(d.laned(both...)), h.take(d.laned(both...))
	third := h.take(d.laned(both...))
	other := h.take(d.laned(lane("instance", 2), lane("other flow", 1)))
	ids := []integration.ExecutionID{first, second, third, other}
	h.stand("at first", ids, store.Queued, store.Held, store.Held, store.Held)
	w := h.work(4)
	w.of(first).succeed() // its places go to the second (flow) and the third (instance)
	taken := w.of(second)
	h.stand("when the second runs", ids, store.Succeeded, store.Running, store.Held, store.Held)
	taken.succeed()
	rest := w.several(2)
	if rest[0].Execution.ID != third || rest[1].Execution.ID != other {
		d.Errorf("the last two are %s and %s", rest[0].Execution.ID, rest[1].Execution.ID)
	}
	rest[0].succeed()
	rest[1].succeed()
	h.hasRoom(2, lane("instance", 2))
	h.hasRoom(1, lane("flow", 1))
}

// crossedLanes has executions that want the same two lanes the other way round: they must not wait for each other for good.
func crossedLanes(d *database) {
	h := d.open()
	for range 10 {
		h.takeLaned(1, lane("a", 1), lane("b", 1))
		h.takeLaned(1, lane("b", 1), lane("c", 1))
		h.takeLaned(1, lane("a", 1), lane("c", 1))
	}
	w := h.work(4)
	for range 30 {
		w.next().succeed()
	}
	d.equal("the depths", 0, sum(h.depths()))
}

func raisedLimit(d *database) {
	h := d.open()
	ids := h.takeLaned(3, lane("one", 1))
	ids = append(ids, h.takeLaned(1, lane("one", 3))...)
	w := h.work(8)
	running := w.several(3)
	h.stand("with the higher limit", ids, store.Running, store.Running, store.Running, store.Held)
	for _, taken := range running {
		taken.succeed()
	}
	w.of(ids[3]).succeed()
}

func loweredLimit(d *database) {
	h := d.open()
	ids := h.takeLaned(3, lane("one", 3))
	ids = append(ids, h.takeLaned(2, lane("one", 1))...)
	w := h.work(8)
	running := w.several(3)
	h.stand("with the lower limit", ids[3:], store.Held, store.Held)
	running[0].succeed()
	running[1].succeed()
	h.stand("while one runs", ids[3:], store.Held, store.Held)
	running[2].succeed()
	next := w.of(ids[3])
	h.stands(ids[4], store.Held)
	next.succeed()
	w.of(ids[4]).succeed()
}

func skipping(d *database) {
	h := d.open()
	single := store.Lane{Key: "one", Limit: 1, Skip: true}
	first := h.takeLaned(1, single)[0]
	skipped := d.laned(single)
	skipped.Dedupe, skipped.Answer = &store.Dedupe{Key: "key", For: time.Hour}, told("key")
	d.equal("with a full lane", store.Accepted{Skipped: true}, h.answer(skipped))
	h.absent(skipped.ID)
	_, _, err := h.Answer(d.Context(), orders(), "key")
	d.is("Answer of a skipped execution's key", err, store.ErrNotFound)
	w := h.work(1)
	w.of(first).succeed()
	second := h.takeLaned(1, single)[0]
	w.of(second).postpone(&store.Postponement{Until: d.moment().Add(time.Hour), Retry: true, Fault: thrown("later")})
	d.equal("while one waits for its next try", store.Accepted{Skipped: true}, h.answer(d.laned(single)))
}

func skippingSecond(d *database) {
	h := d.open()
	h.takeLaned(1, lane("second", 1))
	d.equal("with a full second lane", store.Accepted{Skipped: true},
		h.answer(d.laned(lane("first", 1), store.Lane{Key: "second", Limit: 1, Skip: true})))
	h.hasRoom(1, lane("first", 1))
}

func duplicateInLane(d *database) {
	h := d.open()
	first := d.askOnce(orders(), "key")
	first.Lanes = []store.Lane{lane("one", 2)}
	h.take(first)
	for range 3 {
		again := d.askOnce(orders(), "key")
		again.Lanes = first.Lanes
		d.equal("a duplicate", first.ID, h.answer(again).Duplicate)
	}
	h.hasRoom(1, lane("one", 2))
}

func lanesAfterRestart(d *database) {
	h := d.open()
	ids := h.takeLaned(4, lane("two", 2), lane("three", 3))
	h.work(1).of(ids[0]).commit(d.step(0))
	h = h.restart()
	h.stand("held after a restart", ids[2:], store.Held, store.Held)
	w := h.work(4)
	for _, taken := range w.several(2) {
		taken.succeed()
	}
	for _, taken := range w.several(2) {
		taken.succeed()
	}
	h.hasRoom(2, lane("two", 2))
}

func laneAndDue(d *database) {
	h := d.open()
	due := d.moment().Add(300 * time.Millisecond)
	later := d.laned(lane("one", 1))
	later.Due = due
	h.take(later)
	behind := h.takeLaned(1, lane("one", 1))[0]
	h.stands(behind, store.Held)
	w := h.work(2)
	taken := w.of(later.ID)
	if now := d.clock.Now(); now.Before(due) {
		d.Errorf("it was given out %s too early", due.Sub(now))
	}
	taken.succeed()
	w.of(behind).succeed()
}

// key gives a lane's name by number.
func key(number int) string { return fmt.Sprint("lane", number) }
