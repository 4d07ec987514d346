package storetest

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/store"
)

func connectionTests() []test {
	tests := []test{
		{name: "connections are kept with what became of them", run: connections},
		{name: "keys are told apart as they are written, and come in the order of their bytes", run: connectionKeys},
		{name: "filters select by all that they say", run: connectionFilters},
		{name: "a save needs the version before", run: connectionVersions},
		{name: "of many that save one does", run: func(d *database) { saveAtOnce(d, d.open()) }},
		{name: "of many that save on two hosts one does", run: func(d *database) { saveAtOnce(d, d.open(), d.open()) }, shared: true},
		{name: "the last events are kept", run: lastEvents},
		{name: "deletion needs the version, and takes along what belongs to the connection", run: deleteConnection},
		{name: "of a save and a deletion one happens", run: func(d *database) { saveOrDelete(d, d.open()) }},
		{name: "of a save and a deletion on two hosts one happens", run: func(d *database) { saveOrDelete(d, d.open(), d.open()) }, shared: true},
		{name: "sealed bytes may be many, and words any bytes", run: largeConnection},
		{name: "those that are due come, the longest due first", run: dueConnections},
	}
	for i, point := range connectionPoints() {
		tests = append(tests, test{name: "killed when " + point, run: func(d *database) { connectionKilledAt(d, i) }})
	}
	for _, told := range []int{1, 30, 300} {
		tests = append(tests, test{name: fmt.Sprintf("killed at any moment after %d saves", told), run: func(d *database) { connectionKilledInFlood(d, told) }})
	}
	return tests
}

// crowd is how many callers try at the same time what only one of them may.
const crowd = 32

// together has so many callers do something at the same time, and waits for them.
func together(callers int, do func(caller int)) {
	var all sync.WaitGroup
	begin := make(chan struct{})
	for caller := range callers {
		all.Go(func() {
			<-begin
			do(caller)
		})
	}
	close(begin)
	all.Wait()
}

func connectionKey(instance, name string) store.ConnectionKey {
	return store.ConnectionKey{Integration: "shop", Instance: integration.InstanceName(instance), Name: name}
}

// connection makes a row with all that one can have, for its first save.
func (d *database) connection(key store.ConnectionKey) *store.ConnectionRow {
	now := d.moment()
	return &store.ConnectionRow{
		Key: key, Version: 1, Type: "authorizationCode", Status: store.ConnectionActive, Cause: "because of " + key.Name, ChangedAt: now.Add(-time.Minute),
		Inputs: []byte("inputs of " + key.Name), Token: []byte("token of " + key.Name), TokenAt: 1, ExpiresAt: now.Add(time.Hour), RenewAt: now.Add(time.Minute),
	}
}

func (d *database) event(key store.ConnectionKey, kind, text string) *store.ConnectionEvent {
	return &store.ConnectionEvent{Key: key, At: d.moment(), Kind: kind, Text: text}
}

// save keeps rows without events.
func (h *host) save(rows ...*store.ConnectionRow) {
	h.Helper()
	for _, row := range rows {
		h.must(h.SaveConnection(h.Context(), row, nil))
	}
}

// hasConnection reports a row that is not kept as wanted.
func (h *host) hasConnection(want *store.ConnectionRow) {
	h.Helper()
	got, err := h.FindConnection(h.Context(), want.Key)
	h.must(err)
	h.equal("the connection", *want, got)
}

func (h *host) noConnection(key store.ConnectionKey) {
	h.Helper()
	_, err := h.FindConnection(h.Context(), key)
	h.is("finding what is not there", err, store.ErrNotFound)
}

func (h *host) connections(of store.ConnectionFilter) []store.ConnectionRow {
	h.Helper()
	rows, err := h.ListConnections(h.Context(), of)
	h.must(err)
	return rows
}

func (h *host) events(key store.ConnectionKey, most int) []store.ConnectionEvent {
	h.Helper()
	events, err := h.ListConnectionEvents(h.Context(), key, most)
	h.must(err)
	return events
}

func connections(d *database) {
	h := d.open()
	key := connectionKey("north", "Shop API")
	h.noConnection(key)
	d.equal("the events of none", []store.ConnectionEvent(nil), h.events(key, 10))
	first := d.connection(key)
	began := d.event(key, "authorized", "by somebody")
	d.must(h.SaveConnection(d.Context(), first, began))
	h.hasConnection(first)
	bare := &store.ConnectionRow{Key: key, Version: 2, Type: "apiKey", Status: store.ConnectionPending}
	lost := d.event(connectionKey("another", "key"), "revoked", "")
	d.must(h.SaveConnection(d.Context(), bare, lost))
	lost.Key = key
	other := d.connection(connectionKey("south", "Shop API"))
	h.save(other)
	h = h.restart()
	h.hasConnection(bare)
	h.hasConnection(other)
	if kept, err := h.FindConnection(d.Context(), key); err != nil || kept.Inputs != nil || kept.Token != nil {
		d.Errorf("a connection without inputs and token came back with %q and %q, %v", kept.Inputs, kept.Token, err)
	}
	d.equal("the events", []store.ConnectionEvent{*lost, *began}, h.events(key, 10))
	d.equal("the newest event", []store.ConnectionEvent{*lost}, h.events(key, 1))
	d.equal("no events", []store.ConnectionEvent(nil), h.events(key, 0))
	d.equal("the events of another", []store.ConnectionEvent(nil), h.events(other.Key, 10))
}

func connectionKeys(d *database) {
	h := d.open()
	sorted := []store.ConnectionKey{
		{Integration: "Shop", Instance: "north", Name: "a"},
		{Integration: "shop", Instance: "", Name: "a"},
		connectionKey("", "a/b"),
		connectionKey("", "ä"), connectionKey("North", "a"), connectionKey("a/north", "a"), connectionKey("north", ""), connectionKey("north", " "),
		connectionKey("north", "%"), connectionKey("north", "A"), connectionKey("north", "B"), connectionKey("north", "_"), connectionKey("north", "a"),
		connectionKey("north", "a "), connectionKey("north", "a b"), connectionKey("north", "a/b"), connectionKey("north", "a\u0308"),
		connectionKey("north", "z"), connectionKey("north", "ß"), connectionKey("north", "ä"), connectionKey("north", "店"), connectionKey("north", "🔌 plug"),
		connectionKey("north/a", "b"),
		{Integration: "shop/north", Instance: "a", Name: "b"},
	}
	shuffled := slices.Clone(sorted)
	slices.Reverse(shuffled)
	for i, key := range shuffled {
		row := d.connection(key)
		row.Cause = strconv.Itoa(i)
		d.must(h.SaveConnection(d.Context(), row, d.event(key, "saved", row.Cause)))
	}
	var got []store.ConnectionKey
	for _, row := range h.connections(store.ConnectionFilter{}) {
		got = append(got, row.Key)
	}
	d.equal("the keys of the list", sorted, got)
	for i, key := range shuffled {
		row, err := h.FindConnection(d.Context(), key)
		d.must(err)
		events := h.events(key, 10)
		if row.Key != key || row.Cause != strconv.Itoa(i) || len(events) != 1 || events[0].Text != row.Cause {
			d.Errorf("under %+v there is %+v with %+v", key, row, events)
		}
	}
}

func connectionFilters(d *database) {
	h := d.open()
	statuses := []store.ConnectionStatus{store.ConnectionPending, store.ConnectionActive, store.ConnectionFailed, store.ConnectionNeedsReconnect}
	instances := []integration.InstanceName{"", "north", "south"}
	var all []store.ConnectionRow
	for _, of := range []string{"depot", "shop"} {
		for _, instance := range instances {
			for i, name := range []string{"a", "b", "c", "d"} {
				row := d.connection(store.ConnectionKey{Integration: of, Instance: instance, Name: name})
				row.Status = statuses[(i+len(all)/4)%len(statuses)]
				h.save(row)
				all = append(all, *row)
			}
		}
	}
	filters := 0
	for _, of := range []string{"", "shop", "none"} {
		for _, instance := range []*integration.InstanceName{nil, &instances[0], &instances[1], new(integration.InstanceName("none"))} {
			for _, status := range append(statuses, "", "none") {
				filter := store.ConnectionFilter{Integration: of, Instance: instance, Status: status}
				want := slices.DeleteFunc(slices.Clone(all), func(row store.ConnectionRow) bool { return !passes(&filter, &row) })
				d.equal("a list", want, h.connections(filter))
				filters++
			}
		}
	}
	d.equal("how many filters", 72, filters)
}

// passes tells whether a filter selects a row.
func passes(of *store.ConnectionFilter, row *store.ConnectionRow) bool {
	return (of.Integration == "" || row.Key.Integration == of.Integration) && (of.Instance == nil || row.Key.Instance == *of.Instance) &&
		(of.Status == "" || row.Status == of.Status)
}

func connectionVersions(d *database) {
	h := d.open()
	key := connectionKey("north", "Shop API")
	refused := func(version int64) {
		d.Helper()
		row := d.connection(key)
		row.Version, row.Cause = version, "refused"
		d.is(fmt.Sprint("saving version ", version), h.SaveConnection(d.Context(), row, d.event(key, "refused", "")), store.ErrConflict)
	}
	for _, version := range []int64{-1, 0, 2, 3} {
		refused(version)
		h.noConnection(key)
	}
	var last *store.ConnectionRow
	for version := range int64(3) {
		last = d.connection(key)
		last.Version, last.TokenAt = version+1, version
		d.must(h.SaveConnection(d.Context(), last, d.event(key, "saved", strconv.FormatInt(version, 10))))
	}
	for _, version := range []int64{-1, 0, 1, 2, 3, 5, 6} {
		refused(version)
		h.hasConnection(last)
	}
	d.equal("how many events", 3, len(h.events(key, 10)))
}

func saveAtOnce(d *database, hosts ...*host) {
	key := connectionKey("north", "Shop API")
	for version := range int64(5) {
		var saved atomic.Int64
		together(crowd, func(caller int) {
			row := d.connection(key)
			row.Version, row.Cause = version+1, strconv.Itoa(caller)
			switch err := hosts[caller%len(hosts)].SaveConnection(d.Context(), row, d.event(key, "saved", row.Cause)); {
			case err == nil:
				saved.Add(1)
			case !errors.Is(err, store.ErrConflict):
				d.Error(err)
			}
		})
		d.equal("how many saved", int64(1), saved.Load())
		row, err := hosts[0].FindConnection(d.Context(), key)
		d.must(err)
		d.equal("the version", version+1, row.Version)
		events := hosts[0].events(key, 100)
		d.equal("how many events", int(version)+1, len(events))
		d.equal("whose event", row.Cause, events[0].Text)
	}
}

func lastEvents(d *database) {
	h := d.open()
	key, other := connectionKey("north", "Shop API"), connectionKey("north", "Another")
	d.must(h.SaveConnection(d.Context(), d.connection(other), d.event(other, "authorized", "")))
	var want []store.ConnectionEvent
	for version := range int64(2 * store.EventsKept) {
		row := d.connection(key)
		row.Version = version + 1
		if version%4 == 3 {
			h.save(row)
			continue
		}
		event := d.event(key, "renewed", strconv.FormatInt(version, 10))
		d.must(h.SaveConnection(d.Context(), row, event))
		want = append([]store.ConnectionEvent{*event}, want...)
		if version%20 == 0 || len(want) > store.EventsKept {
			d.equal("the events", want[:min(len(want), store.EventsKept)], h.events(key, 2*store.EventsKept))
		}
	}
	d.equal("how many there were", 150, len(want))
	d.equal("the events of another", 1, len(h.events(other, 10)))
}

func deleteConnection(d *database) {
	h := d.open()
	key := connectionKey("north", "Shop API")
	others := []store.ConnectionKey{connectionKey("", "Shop API"), connectionKey("south", "Shop API"), connectionKey("north", "Another")}
	for _, one := range append(others, key) {
		d.must(h.SaveConnection(d.Context(), d.connection(one), d.event(one, "authorized", "")))
		d.must(h.BeginAuthorization(d.Context(), d.authorization("of "+string(one.Instance)+one.Name, one)))
	}
	d.must(h.BeginAuthorization(d.Context(), d.authorization("second", key)))
	d.is("deleting what is not there", h.DeleteConnection(d.Context(), connectionKey("west", "Shop API"), 1), store.ErrNotFound)
	for _, version := range []int64{-1, 0, 2} {
		d.is("deleting another version", h.DeleteConnection(d.Context(), key, version), store.ErrConflict)
	}
	h.hasConnection(d.sameTimes(h, d.connection(key)))
	d.must(h.DeleteConnection(d.Context(), key, 1))
	h = h.restart()
	h.noConnection(key)
	d.is("deleting again", h.DeleteConnection(d.Context(), key, 1), store.ErrNotFound)
	for _, id := range []string{"of northShop API", "second"} {
		h.notTaken(id, d.moment())
	}
	for _, one := range others {
		d.equal("the events of another", 1, len(h.events(one, 10)))
		h.taken("of "+string(one.Instance)+one.Name, d.moment())
	}
	d.equal("how many are left", len(others), len(h.connections(store.ConnectionFilter{})))
	h.save(d.connection(key))
	d.equal("the events of one that is new", []store.ConnectionEvent(nil), h.events(key, 10))
}

// sameTimes gives a row the times of the one that is kept.
func (d *database) sameTimes(h *host, row *store.ConnectionRow) *store.ConnectionRow {
	kept, err := h.FindConnection(d.Context(), row.Key)
	d.must(err)
	row.ChangedAt, row.ExpiresAt, row.RenewAt = kept.ChangedAt, kept.ExpiresAt, kept.RenewAt
	return row
}

// saveOrDelete has callers save and delete the same version at the same time: what is there in the end is what the one left.
func saveOrDelete(d *database, hosts ...*host) {
	key := connectionKey("north", "Shop API")
	for range 20 {
		hosts[0].save(d.connection(key))
		var saved, deleted atomic.Int64
		together(8, func(caller int) {
			h := hosts[caller/2%len(hosts)]
			row := d.connection(key)
			row.Version = 2
			do, count := func() error { return h.DeleteConnection(d.Context(), key, 1) }, &deleted
			if caller%2 == 0 {
				do, count = func() error { return h.SaveConnection(d.Context(), row, d.event(key, "saved", "")) }, &saved
			}
			switch err := do(); {
			case err == nil:
				count.Add(1)
			case !errors.Is(err, store.ErrConflict) && !errors.Is(err, store.ErrNotFound):
				d.Error(err)
			}
		})
		d.equal("how many succeeded", int64(1), saved.Load()+deleted.Load())
		d.equal("how many events", int(saved.Load()), len(hosts[0].events(key, 10)))
		if deleted.Load() > 0 {
			hosts[0].noConnection(key)
			continue
		}
		d.must(hosts[0].DeleteConnection(d.Context(), key, 2))
	}
}

func largeConnection(d *database) {
	h := d.open()
	row := d.connection(connectionKey("north", "Shop API"))
	row.Inputs, row.Token, row.Cause = noise(1<<20), noise(1<<20 + 7)[7:], "any \x00\xff\xfe words\n"
	event := d.event(row.Key, "renewed", "of \xc3\x28 any bytes\x00 too")
	d.must(h.SaveConnection(d.Context(), row, event))
	h = h.restart()
	kept, err := h.FindConnection(d.Context(), row.Key)
	d.must(err)
	d.same("the inputs", &row.Inputs, &kept.Inputs)
	d.same("the token", &row.Token, &kept.Token)
	d.equal("the rest of the connection", *row, kept)
	d.equal("the event", []store.ConnectionEvent{*event}, h.events(row.Key, 1))
	begun := d.authorization("large", row.Key)
	begun.Sealed = noise(1 << 20)
	d.must(h.BeginAuthorization(d.Context(), begun))
	taken := h.taken("large", d.moment())
	d.same("what is sealed of the authorization", &begun.Sealed, &taken.Sealed)
	d.equal("the rest of the authorization", begun, taken)
	keyset := store.Keyset{Version: 1, Sealed: noise(1 << 20)}
	d.must(h.SaveKeyset(d.Context(), keyset))
	found, err := h.FindKeyset(d.Context())
	d.must(err)
	d.same("the keyset", &keyset.Sealed, &found.Sealed)
}

// same compares many bytes, and takes them away from both: showing where they differ would take long.
func (d *database) same(what string, want, got *[]byte) {
	d.Helper()
	if len(*want) == 0 || !bytes.Equal(*want, *got) {
		d.Errorf("%s: %d bytes came back as %d others", what, len(*want), len(*got))
	}
	*want, *got = nil, nil
}

func (h *host) due(now time.Time, most int, want ...store.ConnectionKey) {
	h.Helper()
	due, err := h.DueConnections(h.Context(), now, most)
	h.must(err)
	h.equal("those that are due", want, due)
}

func dueConnections(d *database) {
	h := d.open()
	now := d.moment()
	at := func(name string, ahead time.Duration) *store.ConnectionRow {
		row := d.connection(connectionKey("north", name))
		row.RenewAt = now.Add(ahead)
		return row
	}
	never := d.connection(connectionKey("north", "never"))
	never.RenewAt = time.Time{}
	a, b, c, e := at("a", time.Minute), at("b", 0), at("c", -time.Hour), at("e", time.Hour)
	h.save(a, never, b, e, c)
	h.due(now, 10, c.Key, b.Key)
	h.due(now.Add(-time.Millisecond), 10, c.Key)
	h.due(now.Add(2*time.Hour), 10, c.Key, b.Key, a.Key, e.Key)
	h.due(now.Add(2*time.Hour), 3, c.Key, b.Key, a.Key)
	h.due(now.Add(2*time.Hour), 0)
	c.Version, c.RenewAt = 2, now.Add(30*time.Minute)
	h.save(c)
	b.Version, b.RenewAt = 2, time.Time{}
	h.save(b)
	d.must(h.DeleteConnection(d.Context(), e.Key, 1))
	h = h.restart()
	h.due(now.Add(2*time.Hour), 10, a.Key, c.Key)
	h.due(now, 10)
}
