package storetest

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/store"
	"github.com/hookstep-dev/hookstep/sdk/engine"
	"github.com/hookstep-dev/hookstep/sdk/hostapi"
	"github.com/hookstep-dev/hookstep/sdk/value"
)

func listTests() []test {
	return []test{
		{name: "each filter selects, and several together", run: filters},
		{name: "pages have no gaps and no repeats while new ones arrive", run: paging},
		{name: "text is found wherever it stands", run: textSearch},
		{name: "looking for text goes through many executions page by page", run: textPaging},
		{name: "what has not ended is counted by status", run: depths},
	}
}

// sample is an execution that ended, for lists.
func (d *database) sample(flow store.Flow, status store.Status, at time.Time) *store.Recording {
	id := integration.FirstIDAt(at) + d.newID()%1000
	return &store.Recording{
		Execution: store.Execution{
			ID: id, Flow: flow, Status: status, Source: store.Webhook, Synchronous: true, StartedAt: at, EndedAt: at.Add(time.Second),
		},
		Input: inputOf("{}", at),
	}
}

// record keeps ended executions and gives their ids, the newest first.
func (h *host) record(all ...*store.Recording) []integration.ExecutionID {
	h.Helper()
	var ids []integration.ExecutionID
	for batch := range slices.Chunk(all, 200) {
		h.must(h.Record(h.Context(), batch))
	}
	for _, one := range all {
		ids = append(ids, one.Execution.ID)
	}
	slices.Sort(ids)
	slices.Reverse(ids)
	return ids
}

func filters(d *database) {
	h := d.open()
	begin := time.Date(2026, 3, 29, 0, 0, 0, 0, time.UTC)
	flows := []store.Flow{
		orders(), flowOf("north", "returns"), flowOf("south", "orders"), {Integration: "crm", Instance: "north", Flow: "orders"},
	}
	statuses := []store.Status{store.Succeeded, store.Failed, store.DeadLetter, store.Rejected, store.Canceled}
	var all []*store.Recording
	for i := range 60 {
		all = append(all, d.sample(flows[i%4], statuses[i%5], begin.Add(time.Duration(i)*time.Minute)))
	}
	h.record(all...)
	waiting := h.accept(orders())
	replayed := d.ask(orders())
	replayed.ReplayOf = all[2].Execution.ID
	h.take(replayed)

	d.equal("how many come without a limit", 50, len(h.list(&store.Filter{}).Executions))
	tests := []store.Filter{
		{},
		{Integration: "shop"},
		{Integration: "crm"},
		{Integration: "none"},
		{Instance: "north"},
		{Flow: "orders"},
		{Integration: "shop", Instance: "north"},
		{Integration: "shop", Flow: "orders"},
		{Instance: "north", Flow: "orders"},
		{Integration: "shop", Instance: "north", Flow: "orders"},
		{Statuses: []store.Status{store.Failed}},
		{Statuses: []store.Status{store.Queued}},
		{Statuses: []store.Status{store.Failed, store.DeadLetter, store.Held}},
		{Flow: "orders", Statuses: []store.Status{store.Succeeded, store.Queued}},
		{Integration: "shop", Instance: "south", Flow: "orders", Statuses: []store.Status{store.Canceled, store.Succeeded}},
		{From: begin.Add(10 * time.Minute)},
		{To: begin.Add(10 * time.Minute)},
		{From: begin.Add(10 * time.Minute), To: begin.Add(20 * time.Minute)},
		{From: begin.Add(10*time.Minute + time.Millisecond), To: begin.Add(20*time.Minute + time.Millisecond), Instance: "north"},
		{Unreplayed: true},
		{Unreplayed: true, Statuses: []store.Status{store.DeadLetter}},
		{Before: all[30].Execution.ID},
		{Before: all[30].Execution.ID, Integration: "shop", Statuses: []store.Status{store.Rejected}},
	}
	every := h.pages(store.Filter{Limit: 100})
	d.equal("how many there are", 62, len(every))
	d.equal("the newest", []integration.ExecutionID{replayed.ID, waiting}, []integration.ExecutionID{every[0].ID, every[1].ID})
	for _, filter := range tests {
		var want []store.Execution
		for _, one := range every {
			if selects(&filter, &one) {
				want = append(want, one)
			}
		}
		for _, limit := range []int{100, 7} {
			filter.Limit = limit
			d.equal(fmt.Sprintf("the list of %+v", filter), want, h.pages(filter))
		}
	}
}

// selects is what a filter without Text means.
func selects(f *store.Filter, one *store.Execution) bool {
	return (f.Integration == "" || f.Integration == one.Flow.Integration) &&
		(f.Instance == "" || f.Instance == one.Flow.Instance) &&
		(f.Flow == "" || f.Flow == one.Flow.Flow) &&
		(f.Statuses == nil || slices.Contains(f.Statuses, one.Status)) &&
		(f.From.IsZero() || !one.StartedAt.Before(f.From)) &&
		(f.To.IsZero() || one.StartedAt.Before(f.To)) &&
		(!f.Unreplayed || one.ReplayedAs == 0) &&
		(f.Before == 0 || one.ID < f.Before)
}

// pages follows a list to its end, and holds that no page is longer than its limit.
func (h *host) pages(filter store.Filter) []store.Execution {
	h.Helper()
	var all []store.Execution
	for {
		page := h.list(&filter)
		if len(page.Executions) > filter.Limit {
			h.Fatalf("a page of at most %d has %d", filter.Limit, len(page.Executions))
		}
		all = append(all, page.Executions...)
		if page.Next == 0 {
			return all
		}
		if filter.Before != 0 && page.Next >= filter.Before {
			h.Fatalf("the page after %s begins at %s", filter.Before, page.Next)
		}
		filter.Before = page.Next
	}
}

func paging(d *database) {
	h := d.open()
	begin := d.moment().Add(-time.Hour)
	var old []*store.Recording
	for i := range 100 {
		old = append(old, d.sample(orders(), store.Succeeded, begin.Add(time.Duration(i)*time.Second)))
	}
	want := h.record(old...)
	var got []integration.ExecutionID
	filter := store.Filter{Flow: "orders", Limit: 9}
	for {
		page := h.list(&filter)
		got = append(got, idsOf(page)...)
		if page.Next == 0 {
			break
		}
		if len(page.Executions) != filter.Limit {
			d.Errorf("a page has %d of %d and is not the last", len(page.Executions), filter.Limit)
		}
		filter.Before = page.Next
		h.accept(orders())
	}
	d.equal("all pages", want, got)
}

func textSearch(d *database) {
	h := d.open()
	asked := d.ask(orders())
	asked.Input = inputOf(`{"customer":"Müller & Söhne"}`, d.moment())
	asked.Input.Request.Body = append(asked.Input.Request.Body, noise(5000)...)
	id := h.take(asked)
	h.accept(orders())
	w := h.work(2)
	taken := w.several(2)[0]
	step := d.step(0)
	step.Result = engine.StepResult{Key: "totals", Results: value.JSON([]byte(`{"Invoice":"R-2026-17", "padding":"` + strings.Repeat("-", 3000) + `"}`))}
	d.must(h.Commit(d.Context(), taken.Claim, step, []hostapi.Line{d.line("Sent to the warehouse")}))
	taken.finish(&store.End{Status: store.DeadLetter, Fault: thrown("Quota is used up"), At: d.moment()})
	for _, one := range []struct {
		text  string
		found bool
	}{
		{"Müller & Söhne", true},
		{"müller", true},
		{"R-2026-17", true},
		{"invoice", true},
		{"THE WAREHOUSE", true},
		{"quota is", true},
		{id.String(), true},
		{id.String()[4:], true},
		{"nobody wrote this", false},
		{"R-2026-17x", false},
		{"quota%used", false},
		{"quota_is", false},
		{"invo*", false},
	} {
		var want []integration.ExecutionID
		if one.found {
			want = append(want, id)
		}
		d.equal("looking for "+one.text, want, idsOf(store.Page{Executions: h.pages(store.Filter{Text: one.text, Limit: 10})}))
		d.equal("looking elsewhere for "+one.text, []store.Execution(nil), h.pages(store.Filter{Text: one.text, Flow: "returns", Limit: 10}))
	}
}

func textPaging(d *database) {
	h := d.open()
	begin := d.moment().Add(-time.Hour)
	var all []*store.Recording
	var needles []*store.Recording
	for i := range 3000 {
		one := d.sample(orders(), store.Succeeded, begin.Add(time.Duration(i)*time.Second))
		if i%700 == 5 {
			one.Input = inputOf(`{"what":"a Needle"}`, begin)
			needles = append(needles, one)
		}
		all = append(all, one)
	}
	h.record(all...)
	var want []integration.ExecutionID
	for _, one := range slices.Backward(needles) {
		want = append(want, one.Execution.ID)
	}
	for _, limit := range []int{50, 2} {
		d.equal("the needles", want, idsOf(store.Page{Executions: h.pages(store.Filter{Text: "needle", Limit: limit})}))
	}
}

func depths(d *database) {
	h := d.open()
	d.equal("an empty database", 0, sum(h.depths()))
	h.takeLaned(3, lane("one", 1))
	later := d.ask(orders())
	later.Due = d.moment().Add(time.Hour)
	h.take(later)
	h.accept(flowOf("south", "orders"))
	want := map[store.Status]int{store.Held: 2, store.Queued: 2, store.Waiting: 1}
	d.equal("before work", want, present(h.depths()))
	w := h.work(8)
	running := w.several(2)
	d.equal("at work", map[store.Status]int{store.Held: 2, store.Running: 2, store.Waiting: 1}, present(h.depths()))
	running[0].succeed()
	w.next()
	running[1].succeed()
	d.equal("after some", map[store.Status]int{store.Held: 1, store.Running: 1, store.Waiting: 1}, present(h.depths()))
	h = h.restart()
	d.equal("after a restart", 3, sum(h.depths()))
}
