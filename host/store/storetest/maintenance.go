package storetest

import (
	"context"
	"fmt"
	"time"

	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/store"
	"github.com/hookstep-dev/hookstep/sdk/hostapi"
)

func maintenanceTests() []test {
	return []test{
		{name: "closing again does nothing", run: closeAgain},
		{name: "a database tells what it is", run: about},
		{name: "a database tells how many others are on it", run: others, shared: true},
		{name: "the newest id is known", run: newest},
		{name: "an open database answers a ping", run: ping},
		{name: "a host has a slot of its own", run: slotAlone},
		{name: "hosts have different slots, and a closed one's is free", run: slotsOfTwo, shared: true},
		{name: "a call with a context that has ended keeps nothing", run: endedContext},
	}
}

func newest(d *database) {
	h := d.open()
	is := func(want integration.ExecutionID) {
		d.Helper()
		got, err := h.Newest(d.Context())
		d.must(err)
		d.equal("the newest", want, got)
	}
	is(0)
	id := h.accept(orders())
	is(id)
	h.record(d.sample(orders(), store.Succeeded, d.moment().Add(-time.Hour)))
	is(id)
	h.record(d.sample(orders(), store.Succeeded, d.moment().Add(time.Hour)))
	id = h.list(&store.Filter{Limit: 1}).Executions[0].ID
	is(id)
	h = h.restart()
	is(id)
}

func ping(d *database) {
	h := d.open()
	d.must(h.Ping(d.Context()))
	d.must(h.restart().Ping(d.Context()))
}

func closeAgain(d *database) {
	h := d.open()
	h.close()
	d.must(h.Close(d.Context()))
}

func about(d *database) {
	about, err := d.open().About(d.Context())
	d.must(err)
	if about.Product == "" || about.Schema < 1 || about.Bytes < 1 || about.Others != 0 {
		d.Errorf("it tells %+v", about)
	}
}

func others(d *database) {
	h := d.open()
	is := func(want int) bool {
		about, err := h.About(d.Context())
		d.must(err)
		return about.Others == want
	}
	second := d.open()
	d.equal("with another", true, is(1))
	child := d.start("reserve")
	child.await("reserved")
	d.equal("with two others", true, is(2))
	second.close()
	child.kill()
	d.eventually("the dead and the closed no longer count", func() bool { return is(0) })
}

func slotAlone(d *database) {
	h := d.open()
	if slot := h.Slot(); slot < 0 || slot > integration.MaxSlot {
		d.Errorf("the slot is %d", slot)
	}
}

func slotsOfTwo(d *database) {
	used := map[int]bool{}
	for range 5 {
		h := d.open()
		if slot := h.Slot(); used[slot] || slot < 0 || slot > integration.MaxSlot {
			d.Errorf("the slot is %d, and in use %t", slot, used[slot])
		}
		used[h.Slot()] = true
	}
	for range 5 {
		h := d.open()
		slot := h.Slot()
		h.close()
		again := d.open()
		d.equal("the slot of a closed host", slot, again.Slot())
		again.close()
	}
}

// endedContext holds that writing with a context that has ended is an error, and that nothing is kept.
func endedContext(d *database) {
	h := d.open()
	ctx, cancel := context.WithCancel(d.Context())
	cancel()
	taken := h.work(1).of(h.accept(orders()))
	fresh := d.askOnce(orders(), "key")
	owner := store.OwnersOf(orders())[0]
	calls := map[string]error{}
	_, calls["Accept"] = h.Accept(ctx, fresh)
	_, calls["Reserve"] = h.Reserve(ctx, fresh)
	calls["Record"] = h.Record(ctx, []*store.Recording{d.sample(orders(), store.Succeeded, d.moment())})
	calls["Commit"] = h.Commit(ctx, taken.Claim, d.step(0), []hostapi.Line{d.line("one")})
	calls["Log"] = h.Log(ctx, taken.Claim, []hostapi.Line{d.line("one")})
	calls["Finish"] = h.Finish(ctx, taken.Claim, d.end())
	calls["Postpone"] = h.Postpone(ctx, taken.Claim, &store.Postponement{Until: d.moment()})
	calls["Cancel"] = h.Cancel(ctx, taken.Execution.ID, canceled())
	calls["WriteStates"] = h.WriteStates(ctx, []store.StateChange{{Owner: owner, Merge: []byte(`{"a":1}`)}})
	calls["PutSchedules"] = h.PutSchedules(ctx, []store.ScheduleRow{scheduleAt("a", "once", d.moment())})
	_, calls["MoveSchedule"] = h.MoveSchedule(ctx, &store.Fire{Schedule: flowOf("north", "a"), At: d.moment()})
	calls["SwitchInstance"] = h.SwitchInstance(ctx, instanceKey("north"), true, d.moment())
	_, calls["DeployInstance"] = h.DeployInstance(ctx, d.deployment("north", "one"))
	calls["PutToken"] = h.PutToken(ctx, d.token("a"))
	for name, err := range calls {
		if err == nil {
			d.Errorf("%s gave no error", name)
		}
	}
	h.absent(fresh.ID)
	d.equal("the list", []integration.ExecutionID{taken.Execution.ID}, idsOf(h.list(&store.Filter{Limit: 10})))
	d.equal("the rest", "[] [] map[] []", fmt.Sprint(h.states(owner), h.schedules(), h.instances(), h.log(taken.Execution.ID)))
	h.take(d.askOnce(orders(), "key"))
	taken.commit(d.step(0))
	taken.succeed()
	h.stands(taken.Execution.ID, store.Succeeded)
}
