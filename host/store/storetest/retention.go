package storetest

import (
	"errors"
	"slices"
	"strconv"
	"time"

	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/store"
	"github.com/hookstep-dev/hookstep/sdk/hostapi"
)

func retentionTests() []test {
	return []test{
		{name: "without limits nothing goes", run: keepAll},
		{name: "what ended too long ago goes, whatever it is of", run: byAge},
		{name: "the oldest go when there is too much", run: bySize},
		{name: "what has not ended stays", run: unfinishedStay},
		{name: "it goes in batches", run: batches},
		{name: "dedupe keys whose time is over go, however many they are", run: manyKeys},
		{name: "nothing of what went is left behind", run: nothingLeft},
		{name: "two hosts may sweep at once", run: sweepAtOnce, shared: true},
	}
}

func keepAll(d *database) {
	h := d.open()
	ids := h.record(d.sample(orders(), store.Succeeded, d.moment().Add(-10_000*time.Hour)), d.sample(orders(), store.Failed, d.moment()))
	d.equal("how many went", 0, h.sweep(store.Retention{}))
	d.equal("the list", ids, idsOf(h.list(&store.Filter{Limit: 10})))
}

func byAge(d *database) {
	h := d.open()
	now := d.moment()
	var all []*store.Recording
	for i, status := range []store.Status{store.Succeeded, store.Failed, store.DeadLetter, store.Rejected, store.Canceled} {
		at := now.Add(-time.Duration(10+i) * time.Hour)
		old, late := d.sample(orders(), status, at), d.sample(orders(), status, at.Add(time.Minute))
		late.Execution.EndedAt = now.Add(-time.Hour) // began long ago, and ended lately
		all = append(all, old, late)
	}
	h.record(all...)
	d.equal("how many went at first", 0, h.sweep(store.Retention{Age: 24 * time.Hour}))
	h.sweep(store.Retention{Age: 2 * time.Hour})
	for i, one := range all {
		if i%2 == 0 {
			h.absent(one.Execution.ID)
			_, err := h.Logs(d.Context(), one.Execution.ID, 0, 10)
			d.is("its log", err, store.ErrNotFound)
		} else {
			h.stands(one.Execution.ID, one.Execution.Status)
		}
	}
	d.equal("the list", 5, len(h.list(&store.Filter{Limit: 100}).Executions))
}

func bySize(d *database) {
	h := d.open()
	begin := d.moment().Add(-time.Hour)
	const each, count = 20 << 10, 60
	var all []*store.Recording
	for i := range count {
		one := d.sample(orders(), store.Succeeded, begin.Add(time.Duration(i)*time.Second))
		switch i % 3 {
		case 0:
			one.Input.Request.Body = noise(each)
		case 1:
			step := d.step(0)
			step.Result.Results.JSON = noise(each)
			one.Steps = []store.Step{*step}
		default:
			one.Logs = slices.Repeat([]hostapi.Line{d.line(string(noise(each / 8)))}, 8)
			for i := range one.Logs {
				one.Logs[i].Text = string(noise(each))[i*each/8 : (i+1)*each/8]
			}
		}
		all = append(all, one)
	}
	ids := h.record(all...)
	h.sweep(store.Retention{Bytes: count * each * 2})
	d.equal("when all has room", ids, idsOf(h.list(&store.Filter{Limit: 100})))
	h.sweep(store.Retention{Bytes: count * each / 2})
	left := idsOf(h.list(&store.Filter{Limit: 100}))
	if len(left) > count/2 || len(left) < count/2-5 {
		d.Fatalf("%d of %d are left with room for half of them", len(left), count)
	}
	d.equal("the newest are left", ids[:len(left)], left)
	d.equal("how many went after that", 0, h.sweep(store.Retention{Bytes: count * each / 2}))
	h = h.restart()
	d.equal("how many went after a restart", 0, h.sweep(store.Retention{Bytes: count * each / 2}))
	h.sweep(store.Retention{Bytes: 1})
	d.equal("with room for none", 0, len(h.list(&store.Filter{Limit: 100}).Executions))
}

func unfinishedStay(d *database) {
	h := d.open()
	ids := h.takeLaned(2, lane("one", 1))
	later := d.ask(orders())
	later.Due = d.moment().Add(time.Hour)
	ids = append(ids, h.take(later))
	w := h.work(1)
	running := w.of(ids[0])
	running.commit(d.step(0))
	d.clock.advance(1000 * time.Hour)
	h.sweep(store.Retention{Age: time.Hour, Bytes: 1})
	h.stand("those that have not ended", ids[:2], store.Running, store.Held)
	d.equal("the steps", 1, len(h.detail(ids[0]).Steps))
	running.succeed()
	w.next().succeed()
}

func batches(d *database) {
	h := d.open()
	const count = 3000
	at := d.moment().Add(-100 * time.Hour)
	var all []*store.Recording
	for i := range count {
		all = append(all, d.sample(orders(), store.Succeeded, at.Add(time.Duration(i)*time.Millisecond)))
	}
	h.record(all...)
	deleted, more, err := h.Sweep(d.Context(), store.Retention{Age: time.Hour}, d.clock.Now())
	d.must(err)
	if deleted == 0 || deleted >= count || !more {
		d.Errorf("the first of %d deleted %d, more %t", count, deleted, more)
	}
	left := h.pages(store.Filter{Limit: 1000})
	if len(left) != count-deleted {
		d.Errorf("%d are left after deleting %d of %d", len(left), deleted, count)
	}
	d.equal("how many went", count, deleted+h.sweep(store.Retention{Age: time.Hour}))
	d.equal("how many are left", 0, len(h.list(&store.Filter{Limit: 10}).Executions))
}

func nothingLeft(d *database) {
	h := d.open()
	w := h.work(4)
	rows := func() int {
		if d.home.Rows == nil {
			return 0
		}
		count, err := d.home.Rows(d.Context(), d.location)
		d.must(err)
		return count
	}
	h.take(d.fullAcceptance())
	w.next().succeed()
	h.sweep(store.Retention{Age: time.Nanosecond, Bytes: 1})
	d.clock.advance(2 * time.Hour)
	h.sweep(store.Retention{Age: time.Nanosecond, Bytes: 1})
	before := rows()
	for i := range 20 {
		h.take(d.fullAcceptance())
		taken := w.next()
		taken.commit(d.step(0))
		d.must(h.Log(d.Context(), taken.Claim, []hostapi.Line{d.line("one")}))
		switch i % 3 {
		case 0:
			taken.succeed()
		case 1:
			taken.finish(&store.End{Status: store.DeadLetter, Fault: thrown("broken"), At: d.moment()})
		default:
			d.must(h.Cancel(d.Context(), taken.Execution.ID, canceled()))
			taken.release()
		}
	}
	d.eventually("all have ended", func() bool { return sum(h.depths()) == 0 })
	d.clock.advance(2 * time.Hour)
	h.sweep(store.Retention{Age: time.Hour})
	if d.home.Rows != nil {
		d.eventually("no row is left", func() bool { return rows() <= before })
	}
	h.close()
	d.equal("what is left to copy", &store.Bundle{}, exportAll(d.open()))
}

// fullAcceptance has everything that leaves rows behind.
func (d *database) fullAcceptance() *store.Acceptance {
	asked := d.ask(orders())
	asked.Input.Request.Body = noise(10_000)
	asked.Logs = []hostapi.Line{d.line("accepted")}
	asked.Lanes = []store.Lane{lane("for all", 3), lane("for "+asked.ID.String(), 1)}
	asked.Dedupe, asked.Answer = &store.Dedupe{Key: asked.ID.String(), For: time.Hour}, told("yes")
	asked.CancelKey = "key"
	return asked
}

func sweepAtOnce(d *database) {
	hosts := []*host{d.open(), d.open()}
	const count = 2000
	at := d.moment().Add(-100 * time.Hour)
	var all []*store.Recording
	for i := range count {
		all = append(all, d.sample(orders(), store.Succeeded, at.Add(time.Duration(i)*time.Millisecond)))
	}
	hosts[0].record(all...)
	failures := make(chan error, len(hosts))
	for _, h := range hosts {
		go func() {
			var err error
			for more := true; more && err == nil; {
				_, more, err = h.Sweep(d.Context(), store.Retention{Age: time.Hour}, d.clock.Now())
			}
			failures <- err
		}()
	}
	d.must(errors.Join(<-failures, <-failures))
	d.equal("how many are left", []integration.ExecutionID(nil), idsOf(hosts[0].list(&store.Filter{Limit: 10})))
}

func manyKeys(d *database) {
	h := d.open()
	rows := make([]store.DedupeRow, 2100)
	for i := range rows {
		rows[i] = store.DedupeRow{Flow: orders(), Key: strconv.Itoa(i), First: d.newID(), ExpiresAt: d.moment(), Answer: told("done")}
	}
	rows[0].ExpiresAt = d.moment().Add(time.Hour)
	d.must(h.Import(d.Context(), &store.Bundle{Dedupes: rows}))
	d.clock.advance(time.Minute)
	h.sweep(store.Retention{})
	d.equal("what is left", rows[:1], exportAll(h).Dedupes)
}
