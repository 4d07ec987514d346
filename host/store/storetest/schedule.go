package storetest

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/hookstep-dev/hookstep/host/store"
)

func scheduleTests() []test {
	return []test{
		{name: "schedules are kept, and go on where they stand", run: scheduleRows},
		{name: "those that are due come, the earliest first", run: dueSchedules},
		{name: "a fire moves its schedule on with its execution", run: fire},
		{name: "of many that fire one does", run: func(d *database) { fireAtOnce(d, d.open()) }},
		{name: "of many that fire on two hosts one does", run: func(d *database) { fireAtOnce(d, d.open(), d.open()) }, shared: true},
		{name: "a fire into a full lane with Skip moves its schedule on", run: fireSkipped},
		{name: "a schedule is moved without an execution", run: moveSchedule},
		{name: "a fire of another time or of an unknown schedule starts nothing", run: fireUnknown},
	}
}

func scheduleAt(flow string, spec string, next time.Time) store.ScheduleRow {
	return store.ScheduleRow{Name: flowOf("north", flow), Spec: spec, Next: next}
}

func (h *host) put(rows ...store.ScheduleRow) {
	h.Helper()
	h.must(h.PutSchedules(h.Context(), rows))
}

func (h *host) schedules() []store.ScheduleRow {
	h.Helper()
	rows, err := h.ListSchedules(h.Context())
	h.must(err)
	return rows
}

func scheduleRows(d *database) {
	h := d.open()
	now := d.moment()
	a, b, c := scheduleAt("a", "every 5m", now), scheduleAt("b", "every 1h", now.Add(time.Hour)), scheduleAt("c", "once", time.Time{})
	h.put(c, a)
	h.put(b)
	d.equal("all, by name", []store.ScheduleRow{a, b, c}, h.schedules())
	moved, changed := a, b
	moved.Next = now.Add(time.Minute)
	changed.Spec, changed.Next = "every 2h", now.Add(2*time.Hour)
	h.put(moved, changed)
	d.equal("after an equal and a changed one", []store.ScheduleRow{a, changed, c}, h.schedules())
	h.must(h.DropSchedules(d.Context(), []store.ScheduleName{a.Name, flowOf("south", "unknown")}))
	d.equal("after a restart without the dropped one", []store.ScheduleRow{changed, c}, h.restart().schedules())
}

func dueSchedules(d *database) {
	h := d.open()
	now := d.moment()
	at := func(flow string, ahead time.Duration) store.ScheduleRow {
		return scheduleAt(flow, "spec", now.Add(ahead))
	}
	a, b, c, e := at("a", time.Minute), at("b", -time.Minute), at("c", 0), at("e", time.Hour)
	h.put(a, b, c, e, scheduleAt("never", "once", time.Time{}))
	due, next, err := h.DueSchedules(d.Context(), now)
	d.must(err)
	d.equal("those that are due", []store.ScheduleRow{b, c}, due)
	d.equal("when the next is", a.Next, next)
	due, next, err = h.DueSchedules(d.Context(), now.Add(time.Hour))
	d.must(err)
	d.equal("an hour later", []store.ScheduleRow{b, c, a, e}, due)
	d.equal("when the next is then", time.Time{}, next)
	due, next, err = h.DueSchedules(d.Context(), now.Add(-time.Hour))
	d.must(err)
	d.equal("an hour before", []store.ScheduleRow(nil), due)
	d.equal("when the next is then", b.Next, next)
}

// fired asks for the execution of a schedule that is due.
func (d *database) fired(row store.ScheduleRow, next time.Time) *store.Acceptance {
	asked := d.ask(row.Name)
	asked.Source, asked.Fire = store.Schedule, &store.Fire{Schedule: row.Name, At: row.Next, Next: next}
	return asked
}

func fire(d *database) {
	h := d.open()
	now := d.moment()
	row := scheduleAt("a", "every 1m", now)
	h.put(row)
	first := h.take(d.fired(row, now.Add(time.Minute)))
	want := row
	want.Next, want.Last, want.LastFired = now.Add(time.Minute), now, first
	d.equal("the schedule", []store.ScheduleRow{want}, h.schedules())
	again := d.fired(row, now.Add(time.Minute))
	d.equal("firing again", store.Accepted{Skipped: true}, h.answer(again))
	h.absent(again.ID)
	h.put(row)
	h = h.restart()
	d.equal("the schedule when it is configured again", []store.ScheduleRow{want}, h.schedules())
	last := h.take(d.fired(want, time.Time{}))
	want.Last, want.LastFired, want.Next = want.Next, last, time.Time{}
	d.equal("the schedule that is over", []store.ScheduleRow{want}, h.schedules())
	due, next, err := h.DueSchedules(d.Context(), now.Add(time.Hour))
	d.must(err)
	d.equal("what is due", []store.ScheduleRow(nil), due)
	d.equal("when the next is", time.Time{}, next)
}

func fireAtOnce(d *database, hosts ...*host) {
	now := d.moment()
	row := scheduleAt("a", "every 1m", now)
	hosts[0].put(row)
	for range 5 {
		var all sync.WaitGroup
		var fired atomic.Int64
		next := row.Next.Add(time.Minute)
		for caller := range 16 {
			asked := d.fired(row, next)
			all.Go(func() {
				switch accepted, err := hosts[caller%len(hosts)].Accept(d.Context(), asked); {
				case err != nil:
					d.Error(err)
				case !accepted.Skipped:
					fired.Add(1)
				}
			})
		}
		all.Wait()
		d.equal("how many fired", int64(1), fired.Load())
		row.Next = next
	}
	d.equal("how many were accepted", 5, sum(hosts[0].depths()))
	d.equal("where the schedule stands", row.Next, hosts[0].schedules()[0].Next)
}

func fireSkipped(d *database) {
	h := d.open()
	now := d.moment()
	row := scheduleAt("a", "every 1m", now)
	h.put(row)
	single := store.Lane{Key: "single", Limit: 1, Skip: true}
	first := d.fired(row, now.Add(time.Minute))
	first.Lanes = []store.Lane{single}
	h.take(first)
	row.Next = now.Add(time.Minute)
	second := d.fired(row, now.Add(2*time.Minute))
	second.Lanes = first.Lanes
	d.equal("with a full lane", store.Accepted{Skipped: true}, h.answer(second))
	h.absent(second.ID)
	stands := h.schedules()[0]
	d.equal("where the schedule stands", now.Add(2*time.Minute), stands.Next)
	d.equal("what it started last", first.ID, stands.LastFired)
	d.equal("when that was", now, stands.Last)
}

func fireUnknown(d *database) {
	h := d.open()
	now := d.moment()
	row := scheduleAt("a", "every 1m", now)
	unknown := d.fired(row, now.Add(time.Minute))
	d.equal("a schedule that nobody knows", store.Accepted{Skipped: true}, h.answer(unknown))
	h.absent(unknown.ID)
	h.put(row)
	early := d.fired(scheduleAt("a", "every 1m", now.Add(-time.Millisecond)), now.Add(time.Minute))
	d.equal("a time at which it does not stand", store.Accepted{Skipped: true}, h.answer(early))
	h.absent(early.ID)
	d.equal("where the schedule stands", []store.ScheduleRow{row}, h.schedules())
}

func moveSchedule(d *database) {
	h := d.open()
	now := d.moment()
	row := scheduleAt("a", "every 1m", now)
	move := func(flow string, at, next time.Time) bool {
		d.Helper()
		moved, err := h.MoveSchedule(d.Context(), &store.Fire{Schedule: flowOf("north", flow), At: at, Next: next})
		h.must(err)
		return moved
	}
	d.equal("a schedule that nobody knows", false, move("a", now, now.Add(time.Minute)))
	h.put(row)
	first := h.take(d.fired(row, now.Add(time.Minute)))
	row.Next, row.Last, row.LastFired = now.Add(time.Minute), now, first
	d.equal("a time at which it does not stand", false, move("a", now, now.Add(time.Hour)))
	d.equal("another schedule", false, move("b", row.Next, now.Add(time.Hour)))
	d.equal("where it stands then", []store.ScheduleRow{row}, h.schedules())
	d.equal("on", true, move("a", row.Next, now.Add(time.Hour)))
	d.equal("back", true, move("a", now.Add(time.Hour), now))
	d.equal("to its end", true, move("a", now, time.Time{}))
	d.equal("once more", false, move("a", now, now.Add(time.Hour)))
	row.Next = time.Time{}
	h = h.restart()
	d.equal("where it stands after that", []store.ScheduleRow{row}, h.schedules())
	d.equal("how many were accepted", 1, sum(h.depths()))
}
