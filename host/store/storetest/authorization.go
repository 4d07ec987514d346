package storetest

import (
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/hookstep-dev/hookstep/host/store"
)

func authorizationTests() []test {
	return []test{
		{name: "an authorization is taken once", run: authorizations},
		{name: "one that has run out is not there", run: authorizationsRunOut},
		{name: "of many that take one does", run: func(d *database) { takeAtOnce(d, d.open()) }},
		{name: "of many that take on two hosts one does", run: func(d *database) { takeAtOnce(d, d.open(), d.open()) }, shared: true},
		{name: "those that have run out are swept", run: sweptAuthorizations},
	}
}

func (d *database) authorization(id string, of store.ConnectionKey) *store.Authorization {
	return &store.Authorization{ID: id, Key: of, Sealed: []byte("sealed of " + id), ExpiresAt: d.moment().Add(10 * time.Minute)}
}

// begin keeps an authorization of a connection without a row.
func (h *host) begin(id string) *store.Authorization {
	h.Helper()
	begun := h.authorization(id, connectionKey("north", "Shop API"))
	h.must(h.BeginAuthorization(h.Context(), begun))
	return begun
}

func (h *host) taken(id string, now time.Time) *store.Authorization {
	h.Helper()
	taken, err := h.TakeAuthorization(h.Context(), id, now)
	h.must(err)
	return taken
}

func (h *host) notTaken(id string, now time.Time) {
	h.Helper()
	if taken, err := h.TakeAuthorization(h.Context(), id, now); !errors.Is(err, store.ErrNotFound) || taken != nil {
		h.Errorf("taking %s gave %+v, %v, want %v", id, taken, err, store.ErrNotFound)
	}
}

func authorizations(d *database) {
	h := d.open()
	h.notTaken("first", d.moment())
	first, second := h.begin("first"), h.begin("second")
	again := d.authorization("first", connectionKey("south", "Another"))
	d.is("a second one with its id", h.BeginAuthorization(d.Context(), again), store.ErrConflict)
	h = h.restart()
	d.equal("the first", first, h.taken("first", d.moment()))
	h.notTaken("first", d.moment())
	h.notTaken("First", d.moment())
	h = h.restart()
	h.notTaken("first", d.moment())
	d.equal("the second", second, h.taken("second", d.moment()))
	d.must(h.BeginAuthorization(d.Context(), again))
	d.equal("one with the id of one that was taken", again, h.taken("first", d.moment()))
}

func authorizationsRunOut(d *database) {
	h := d.open()
	over, just := h.begin("over"), h.begin("just")
	h.notTaken("over", over.ExpiresAt)
	h.notTaken("just", just.ExpiresAt.Add(time.Hour))
	good := h.begin("good")
	d.equal("one a millisecond before its end", good, h.taken("good", good.ExpiresAt.Add(-time.Millisecond)))
}

func takeAtOnce(d *database, hosts ...*host) {
	for round := range 5 {
		id := fmt.Sprint("round ", round)
		hosts[0].begin(id)
		var taken atomic.Int64
		together(crowd, func(caller int) {
			switch _, err := hosts[caller%len(hosts)].TakeAuthorization(d.Context(), id, d.moment()); {
			case err == nil:
				taken.Add(1)
			case !errors.Is(err, store.ErrNotFound):
				d.Error(err)
			}
		})
		d.equal("how many took it", int64(1), taken.Load())
	}
}

func sweptAuthorizations(d *database) {
	h := d.open()
	over, soon := d.authorization("over", connectionKey("north", "Shop API")), d.authorization("soon", connectionKey("north", "Shop API"))
	over.ExpiresAt = d.moment().Add(-time.Millisecond)
	d.must(errors.Join(h.BeginAuthorization(d.Context(), over), h.BeginAuthorization(d.Context(), soon)))
	d.is("the id of one that is over", h.BeginAuthorization(d.Context(), over), store.ErrConflict)
	h.sweep(store.Retention{})
	h.notTaken("over", over.ExpiresAt.Add(-time.Second)) // it is gone, not only over
	d.equal("the one that is left", soon, h.taken("soon", d.moment()))
}
