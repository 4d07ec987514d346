package storetest

import (
	"sync"
	"time"

	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/store"
)

func dedupeTests() []test {
	return []test{
		{name: "a duplicate gets the first's answer and leaves nothing", run: duplicates},
		{name: "a key is within the flow of the instance", run: keysOfFlows},
		{name: "a key is free when its time is over", run: expiry},
		{name: "a key outlives its execution's end and a restart", run: keyAfterEnd},
		{name: "of many at the same instant one is the first", run: func(d *database) { sameInstant(d, d.open()) }},
		{name: "of many at the same instant on two hosts one is the first", run: func(d *database) { sameInstant(d, d.open(), d.open()) }, shared: true},
		{name: "of many with a key that is just over one is the first", run: expiryAtTheSameInstant},
	}
}

// askOnce asks with a dedupe key.
func (d *database) askOnce(flow store.Flow, key string) *store.Acceptance {
	asked := d.ask(flow)
	asked.Dedupe, asked.Answer = &store.Dedupe{Key: key, For: time.Hour}, told(key)
	return asked
}

func duplicates(d *database) {
	h := d.open()
	for _, key := range []string{"order-17", "", "ключ\x00\xff \"'", string(noise(5000))} {
		first := h.take(d.askOnce(orders(), key))
		again := d.askOnce(orders(), key)
		again.Answer, again.Lanes = told("another"), []store.Lane{{Key: "lane", Limit: 1}}
		d.equal("a duplicate", store.Accepted{Duplicate: first, First: told(key)}, h.answer(again))
		h.absent(again.ID)
		id, answer, err := h.Answer(d.Context(), orders(), key)
		d.must(err)
		d.equal("the answer of the first", told(key), answer)
		d.equal("the first", first, id)
	}
	laned := d.ask(orders())
	laned.Lanes = []store.Lane{{Key: "lane", Limit: 1}}
	h.stands(h.take(laned), store.Queued)
}

func keysOfFlows(d *database) {
	h := d.open()
	flows := []store.Flow{
		orders(), flowOf("north", "returns"), flowOf("south", "orders"), {Integration: "other", Instance: "north", Flow: "orders"},
	}
	var firsts []integration.ExecutionID
	for _, flow := range flows {
		firsts = append(firsts, h.take(d.askOnce(flow, "key")))
	}
	for i, flow := range flows {
		d.equal("the first of a flow", firsts[i], h.answer(d.askOnce(flow, "key")).Duplicate)
	}
	h.take(d.askOnce(orders(), "KEY"))
	h.take(d.askOnce(orders(), "key "))
}

func expiry(d *database) {
	h := d.open()
	first := h.take(d.askOnce(orders(), "key"))
	d.clock.advance(59 * time.Minute)
	d.equal("a minute before", first, h.answer(d.askOnce(orders(), "key")).Duplicate)
	d.clock.advance(2 * time.Minute)
	_, _, err := h.Answer(d.Context(), orders(), "key")
	d.is("Answer of a key whose time is over", err, store.ErrNotFound)
	second := h.take(d.askOnce(orders(), "key"))
	d.equal("after it was free", second, h.answer(d.askOnce(orders(), "key")).Duplicate)
	h.take(d.askOnce(orders(), "other"))
	d.clock.advance(2 * time.Hour)
	h.sweep(store.Retention{})
	h.take(d.askOnce(orders(), "key"))
	h.take(d.askOnce(orders(), "other"))
}

// sweep sweeps until nothing is left to sweep, and gives how much was.
func (h *host) sweep(keep store.Retention) int {
	h.Helper()
	all := 0
	for {
		deleted, more, err := h.Sweep(h.Context(), keep, h.clock.Now())
		h.must(err)
		all += deleted
		if !more {
			return all
		}
	}
}

func keyAfterEnd(d *database) {
	h := d.open()
	first := h.take(d.askOnce(orders(), "key"))
	h.work(1).of(first).finish(&store.End{Status: store.DeadLetter, Fault: thrown("broken"), At: d.moment()})
	want := store.Accepted{Duplicate: first, First: told("key")}
	d.equal("a duplicate after the end", want, h.answer(d.askOnce(orders(), "key")))
	h = h.restart()
	d.equal("a duplicate after a restart", want, h.answer(d.askOnce(orders(), "key")))
}

// atOnce has 32 callers ask for an acceptance with the key, on the hosts in turn, and gives what became of each.
func atOnce(d *database, key string, hosts []*host) map[integration.ExecutionID]store.Accepted {
	var all sync.WaitGroup
	var lock sync.Mutex
	answers, begin := map[integration.ExecutionID]store.Accepted{}, make(chan struct{})
	for caller := range 32 {
		asked := d.askOnce(orders(), key)
		asked.Answer = told(asked.ID.String())
		all.Go(func() {
			<-begin
			accepted, err := hosts[caller%len(hosts)].Accept(d.Context(), asked)
			if err != nil {
				d.Error(err)
				return
			}
			lock.Lock()
			defer lock.Unlock()
			answers[asked.ID] = accepted
		})
	}
	close(begin)
	all.Wait()
	return answers
}

// oneFirst holds that exactly one was accepted, and that all others got its answer and left nothing.
func oneFirst(d *database, h *host, answers map[integration.ExecutionID]store.Accepted) {
	var first integration.ExecutionID
	for id, accepted := range answers {
		if accepted.Duplicate == 0 {
			if first != 0 {
				d.Fatalf("both %s and %s are the first", first, id)
			}
			first = id
		}
	}
	for id, accepted := range answers {
		if id != first {
			d.equal("a duplicate", store.Accepted{Duplicate: first, First: told(first.String())}, accepted)
			h.absent(id)
		}
	}
	h.stands(first, store.Queued)
}

func sameInstant(d *database, hosts ...*host) {
	for _, key := range []string{"a", "b", "c", "d", "e"} {
		oneFirst(d, hosts[0], atOnce(d, key, hosts))
	}
	d.equal("how many were accepted", map[store.Status]int{store.Queued: 5}, present(hosts[0].depths()))
}

// present leaves out what counts none.
func present(depths map[store.Status]int) map[store.Status]int {
	some := map[store.Status]int{}
	for status, count := range depths {
		if count != 0 {
			some[status] = count
		}
	}
	return some
}

func expiryAtTheSameInstant(d *database) {
	h := d.open()
	h.take(d.askOnce(orders(), "key"))
	d.clock.advance(2 * time.Hour)
	oneFirst(d, h, atOnce(d, "key", []*host{h}))
}
