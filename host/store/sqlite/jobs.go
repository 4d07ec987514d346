package sqlite

import (
	"container/heap"
	"context"
	"slices"
	"sort"
	"time"

	"github.com/hookstep-dev/hookstep/host/store"
)

// job is what memory knows of an execution that has not ended. There may be a million of them.
type job struct {
	id          int64
	flow        *flow
	line        *line
	status      store.Status
	started     int64                   // in Unix milliseconds
	due         int64                   // of Waiting, likewise
	epoch       int64                   // of its claim, 0 without one
	cancel      context.CancelCauseFunc // of its claim
	fresh       *fresh                  // what its first claim needs, if there was room for it
	losses      int
	steps       int // whose results are kept
	place       int // in the heap that it stands in
	synchronous bool
	lanes       bool // it takes some
	gone        bool
}

// fresh is an execution that nobody has worked on, as it was accepted.
type fresh struct {
	execution store.Execution
	input     *store.Input
	done      [][]byte
	bytes     int // that it holds in memory, about
}

// newFresh holds on to what the acceptance has, which is not changed any more, so that the first claim has nothing to decode.
func newFresh(asked *acceptance) *fresh {
	made := &fresh{input: lasting(asked.Input), bytes: asked.parts.size(), execution: store.Execution{
		ID: asked.ID, Flow: asked.Flow, Source: asked.Source, StartedAt: fromMillis(asked.StartedAt.UnixMilli()), StepsDone: len(asked.Done),
		ReplayOf: asked.ReplayOf,
	}}
	if input := asked.Input; input != nil && input.Request != nil {
		made.bytes += len(input.Request.Body) // which may be much smaller as a record
	}
	if input := asked.Input; input != nil && input.Data != nil {
		made.bytes += input.Data.Size()
	}
	for _, one := range asked.parts.steps {
		made.done = append(made.done, one.record)
	}
	return made
}

// lasting is an input as it is read from the disk: its time is in UTC.
func lasting(input *store.Input) *store.Input {
	if input == nil || input.Request == nil {
		return input
	}
	made, request := *input, *input.Request
	if !request.ReceivedAt.IsZero() {
		request.ReceivedAt = time.Unix(0, request.ReceivedAt.UnixNano()).UTC()
	}
	made.Request = &request
	return &made
}

// jobHeap has the job that goes first at its top.
type jobHeap struct {
	jobs []*job
	less func(a, b *job) bool
}

func byID(a, b *job) bool { return a.id < b.id }

func byDue(a, b *job) bool { return a.due < b.due || a.due == b.due && a.id < b.id }

// Len implements heap.Interface.
func (h *jobHeap) Len() int { return len(h.jobs) }

// Less implements heap.Interface.
func (h *jobHeap) Less(i, j int) bool { return h.less(h.jobs[i], h.jobs[j]) }

// Swap implements heap.Interface.
func (h *jobHeap) Swap(i, j int) {
	h.jobs[i], h.jobs[j] = h.jobs[j], h.jobs[i]
	h.jobs[i].place, h.jobs[j].place = i, j
}

// Push implements heap.Interface.
func (h *jobHeap) Push(one any) {
	if added, ok := one.(*job); ok {
		added.place = len(h.jobs)
		h.jobs = append(h.jobs, added)
	}
}

// Pop implements heap.Interface.
func (h *jobHeap) Pop() any {
	last := h.jobs[len(h.jobs)-1]
	h.jobs[len(h.jobs)-1] = nil
	h.jobs = h.jobs[:len(h.jobs)-1]
	return last
}

func (h *jobHeap) add(one *job)    { heap.Push(h, one) }
func (h *jobHeap) take() *job      { first := h.first(); heap.Pop(h); return first }
func (h *jobHeap) remove(one *job) { heap.Remove(h, one.place) }
func (h *jobHeap) empty() bool     { return len(h.jobs) == 0 }
func (h *jobHeap) first() *job     { return h.jobs[0] }

// line is the queue of an instance.
type line struct {
	ready jobHeap
}

// ring has the lines with work, in the order of their turns.
type ring struct {
	lines []*line
	first int
}

func (r *ring) add(one *line) { r.lines = append(r.lines, one) }

func (r *ring) empty() bool { return r.first == len(r.lines) }

// next gives the line whose turn it is, and forgets it; nil without any.
func (r *ring) next() *line {
	if r.empty() {
		return nil
	}
	one := r.lines[r.first]
	r.lines[r.first] = nil
	r.first++
	if r.first > 64 && r.first > len(r.lines)/2 {
		r.lines = slices.Delete(r.lines, 0, r.first)
		r.first = 0
	}
	return one
}

// drop forgets a line that has no work any more.
func (r *ring) drop(one *line) {
	if at := slices.Index(r.lines[r.first:], one); at >= 0 {
		r.lines = slices.Delete(r.lines, r.first+at, r.first+at+1)
	}
}

// roll has the jobs in the order of their ids, those that are gone among them until there are too many.
type roll struct {
	jobs []*job
	gone int
}

func (r *roll) add(one *job) {
	at := len(r.jobs)
	if at > 0 && r.jobs[at-1].id > one.id {
		at = r.before(one.id)
	}
	r.jobs = slices.Insert(r.jobs, at, one)
}

// before is how many of the jobs have smaller ids.
func (r *roll) before(id int64) int {
	return sort.Search(len(r.jobs), func(i int) bool { return r.jobs[i].id >= id })
}

func (r *roll) remove(one *job) {
	one.gone = true
	r.gone++
	if r.gone > 64 && r.gone > len(r.jobs)/2 {
		r.jobs = slices.DeleteFunc(r.jobs, func(one *job) bool { return one.gone })
		r.gone = 0
	}
}
