package sqlite

import (
	"context"
	"maps"
	"sync"
	"time"

	"github.com/hookstep-dev/hookstep/host/store"
	"github.com/hookstep-dev/hookstep/sdk/fault"
)

const (
	maxFresh     = 64 << 20    // bytes of executions that wait to be claimed and are kept in memory
	clockCheck   = time.Second // how often the clock is asked again, which may have been set meanwhile
	releasePause = time.Second // until an execution is given out again that nobody finished
	epochBits    = 40          // of an epoch, the number within one opening of the database
	maxLook      = 16 << 10    // jobs that are looked at in one go
)

// dispatch knows all executions that have not ended, and gives them out. It changes after the commit of what it follows, so that
// it never knows more than the disk does.
type dispatch struct {
	now func() time.Time

	lock    sync.Mutex
	jobs    map[int64]*job
	roll    roll
	counts  map[store.Status]int
	lines   map[store.InstanceKey]*line
	ring    ring
	due     jobHeap
	epoch   int64         // the last one given
	fresh   int           // bytes
	ready   chan struct{} // holds one when there may be work
	sooner  chan struct{} // holds one when the due times changed
	closing chan struct{}
	closed  chan struct{}
}

func newDispatch(now func() time.Time, opens int64) *dispatch {
	return &dispatch{
		now: now, jobs: map[int64]*job{}, counts: map[store.Status]int{}, lines: map[store.InstanceKey]*line{}, due: jobHeap{less: byDue},
		epoch: opens << epochBits, ready: make(chan struct{}, 1), sooner: make(chan struct{}, 1),
		closing: make(chan struct{}), closed: make(chan struct{}),
	}
}

// close ends keepTime.
func (d *dispatch) close() {
	close(d.closing)
	<-d.closed
}

// add takes a job in. One that is neither held nor running waits until it is due.
func (d *dispatch) add(one *job) {
	d.lock.Lock()
	defer d.lock.Unlock()
	name := store.InstanceKey{Integration: one.flow.name.Integration, Instance: one.flow.name.Instance}
	one.line = d.lines[name]
	if one.line == nil {
		one.line = &line{ready: jobHeap{less: byID}}
		d.lines[name] = one.line
	}
	if one.fresh != nil {
		if d.fresh += one.fresh.bytes; d.fresh > maxFresh {
			d.forget(one)
		}
	}
	d.jobs[one.id] = one
	d.roll.add(one)
	d.counts[one.status]++
	if one.status == store.Waiting {
		d.wait(one, one.due)
	}
}

// forget drops what is known of a fresh job. What takes its place is read from the disk.
func (d *dispatch) forget(one *job) {
	if one.fresh != nil {
		d.fresh -= one.fresh.bytes
		one.fresh = nil
	}
}

func (d *dispatch) become(one *job, status store.Status) {
	d.counts[one.status]--
	d.counts[status]++
	one.status = status
}

// wait queues a job that has no claim, when it is due.
func (d *dispatch) wait(one *job, due int64) {
	one.due = due
	if due > d.now().UnixMilli() {
		d.become(one, store.Waiting)
		d.due.add(one)
		if d.due.first() == one {
			signal(d.sooner)
		}
		return
	}
	d.queue(one)
}

func (d *dispatch) queue(one *job) {
	d.become(one, store.Queued)
	if one.line.ready.empty() {
		d.ring.add(one.line)
	}
	one.line.ready.add(one)
	signal(d.ready)
}

func signal(to chan struct{}) {
	select {
	case to <- struct{}{}:
	default:
	}
}

// admit lets a job go that was held.
func (d *dispatch) admit(id int64) {
	d.lock.Lock()
	defer d.lock.Unlock()
	if one := d.jobs[id]; one != nil && one.status == store.Held {
		d.wait(one, one.due)
	}
}

// claim takes out the next job, nil without one.
func (d *dispatch) claim() (*job, *fresh, int64) {
	d.lock.Lock()
	defer d.lock.Unlock()
	turn := d.ring.next()
	if turn == nil {
		return nil, nil, 0
	}
	one := turn.ready.take()
	if !turn.ready.empty() {
		d.ring.add(turn)
	}
	if !d.ring.empty() {
		signal(d.ready) // for another worker that waits
	}
	d.become(one, store.Running)
	d.epoch++
	one.epoch = d.epoch
	known := one.fresh
	d.forget(one)
	return one, known, one.epoch
}

// arm gives a claim the function that ends its context. False tells that the claim has ended already.
func (d *dispatch) arm(one *job, epoch int64, cancel context.CancelCauseFunc) bool {
	d.lock.Lock()
	defer d.lock.Unlock()
	if one.gone || one.epoch != epoch {
		return false
	}
	one.cancel = cancel
	return true
}

// holder gives the job of a claim, nil if the claim has ended.
func (d *dispatch) holder(claim *store.Claim) *job {
	d.lock.Lock()
	defer d.lock.Unlock()
	one := d.jobs[int64(claim.Execution.ID)]
	if one == nil || one.epoch == 0 || one.epoch != claim.Epoch {
		return nil
	}
	return one
}

// job gives what is known of an execution, nil if it is not there.
func (d *dispatch) job(id int64) *job {
	d.lock.Lock()
	defer d.lock.Unlock()
	return d.jobs[id]
}

// progress notes that a job's steps are kept up to a number.
func (d *dispatch) progress(one *job, steps int) {
	d.lock.Lock()
	defer d.lock.Unlock()
	one.steps, one.losses = steps, 0
}

// postpone ends the claim of a job and has it wait.
func (d *dispatch) postpone(one *job, due int64, steps, losses int) {
	d.lock.Lock()
	defer d.lock.Unlock()
	one.epoch, one.cancel = 0, nil
	one.steps, one.losses = steps, losses
	if !one.gone {
		d.wait(one, due)
	}
}

// release gives a claim back that nobody finished: after a pause it is given out again.
func (d *dispatch) release(one *job, epoch int64) {
	d.lock.Lock()
	defer d.lock.Unlock()
	if one.gone || one.epoch != epoch {
		return
	}
	one.epoch, one.cancel = 0, nil
	d.become(one, store.Queued)
	time.AfterFunc(releasePause, func() {
		d.lock.Lock()
		defer d.lock.Unlock()
		if !one.gone {
			d.queue(one)
		}
	})
}

// end forgets a job. If it is claimed, the claim's context ends for the reason.
func (d *dispatch) end(id int64, why *fault.Fault) {
	d.lock.Lock()
	defer d.lock.Unlock()
	one := d.jobs[id]
	if one == nil {
		return
	}
	switch {
	case one.status == store.Waiting:
		d.due.remove(one)
	case one.status == store.Queued && one.line.holds(one):
		d.unqueue(one)
	}
	d.forget(one)
	delete(d.jobs, id)
	d.roll.remove(one)
	d.counts[one.status]--
	if one.cancel != nil && why != nil {
		one.cancel(why)
	}
	one.epoch, one.cancel = 0, nil
}

// holds tells whether the job stands in the line. One that was released stands nowhere for a while.
func (l *line) holds(one *job) bool {
	return one.place < len(l.ready.jobs) && l.ready.jobs[one.place] == one
}

// unqueue takes a job out of its line. A line that is empty now leaves the ring when its turn comes.
func (d *dispatch) unqueue(one *job) {
	one.line.ready.remove(one)
	if one.line.ready.empty() {
		d.ring.drop(one.line)
	}
}

// keepTime queues what becomes due, until the end. It looks at the clock again and again, because a clock can be set.
func (d *dispatch) keepTime() {
	defer close(d.closed)
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-d.closing:
			return
		case <-d.sooner:
		case <-timer.C:
		}
		if pause, some := d.wakeDue(); some {
			timer.Reset(min(pause, clockCheck))
		}
	}
}

// wakeDue queues what is due and tells how long it is until the next is.
func (d *dispatch) wakeDue() (time.Duration, bool) {
	d.lock.Lock()
	defer d.lock.Unlock()
	now := d.now()
	for !d.due.empty() && d.due.first().due <= now.UnixMilli() {
		d.queue(d.due.take())
	}
	if d.due.empty() {
		return 0, false
	}
	return fromMillis(d.due.first().due).Sub(now), true
}

func (d *dispatch) depths() map[store.Status]int {
	d.lock.Lock()
	defer d.lock.Unlock()
	depths := maps.Clone(d.counts)
	maps.DeleteFunc(depths, func(_ store.Status, count int) bool { return count == 0 })
	return depths
}

// seen is what a list tells of a job.
type seen struct {
	id     int64
	flow   *flow
	status store.Status
	steps  int
	due    int64
}

func (one *job) seen() seen { return seen{one.id, one.flow, one.status, one.steps, one.due} }

// look gives jobs with ids below a bound, the greatest first.
func (d *dispatch) look(below, from int64, most int, wanted func(*job) bool) []seen {
	var found []seen
	for below > from && len(found) < most {
		var more []seen
		more, below = d.lookSome(below, from, most-len(found), wanted)
		found = append(found, more...)
	}
	return found
}

// lookSome looks at a bounded number of jobs and gives where to go on, so that nobody waits long for the lock.
func (d *dispatch) lookSome(below, from int64, most int, wanted func(*job) bool) ([]seen, int64) {
	d.lock.Lock()
	defer d.lock.Unlock()
	var found []seen
	at := d.roll.before(below) - 1
	for last := max(0, at-maxLook); at >= last && at >= 0 && len(found) < most; at-- {
		one := d.roll.jobs[at]
		if one.id < from {
			return found, from
		}
		if !one.gone && wanted(one) {
			found = append(found, one.seen())
		}
	}
	if at < 0 {
		return found, from
	}
	return found, d.roll.jobs[at].id + 1
}

func (d *dispatch) seenOf(id int64) (seen, bool) {
	d.lock.Lock()
	defer d.lock.Unlock()
	if one := d.jobs[id]; one != nil {
		return one.seen(), true
	}
	return seen{}, false
}
