package storetest

import (
	"fmt"
	"sync/atomic"
	"time"

	"github.com/hookstep-dev/hookstep/host/store"
)

func claimTests() []test {
	return []test{
		{name: "a claim keeps others out until it is given up", run: claimAndRelease},
		{name: "of many that claim one does", run: func(d *database) { claimAtOnce(d, d.open()) }},
		{name: "of many that claim on two hosts one does", run: func(d *database) { claimAtOnce(d, d.open(), d.open()) }, shared: true},
		{name: "a claim runs out by itself", run: claimRunsOut},
		{name: "of many that wait for a claim to run out one gets it", run: func(d *database) { claimAfterwards(d, d.open()) }},
		{name: "of many that wait on two hosts for a claim to run out one gets it", run: func(d *database) { claimAfterwards(d, d.open(), d.open()) }, shared: true},
		{name: "a holder may claim again to hold it longer", run: claimLonger},
		{name: "a save frees the claim, whoever saves", run: claimAndSave},
		{name: "a claim needs the version that is kept", run: claimVersions},
		{name: "clocks that are apart take no claim away", run: claimClocks, shared: true},
	}
}

// claim asks for a row's first version, for a time from the clock of the test.
func (h *host) claim(holder string, span time.Duration) bool {
	h.Helper()
	return h.claimOf(store.ConnectionClaim{
		Key: connectionKey("north", "Shop API"), Version: 1, Holder: holder, Now: h.clock.Now(), Until: h.clock.Now().Add(span),
	})
}

func (h *host) claimOf(claim store.ConnectionClaim) bool {
	h.Helper()
	held, err := h.ClaimConnection(h.Context(), claim)
	h.must(err)
	return held
}

// toClaim keeps the row that claim asks for.
func (d *database) toClaim(h *host) *store.ConnectionRow {
	row := d.connection(connectionKey("north", "Shop API"))
	h.save(row)
	return row
}

func claimAndRelease(d *database) {
	h := d.open()
	d.equal("a claim on what is not there", false, h.claim("a", time.Hour))
	row := d.toClaim(h)
	other := d.connection(connectionKey("south", "Shop API"))
	h.save(other)
	d.equal("the first claim", true, h.claim("a", time.Hour))
	d.equal("a claim by another", false, h.claim("b", time.Hour))
	d.equal("a claim on another row", true, h.claimOf(store.ConnectionClaim{
		Key: other.Key, Version: 1, Holder: "b", Now: d.moment(), Until: d.moment().Add(time.Hour),
	}))
	h.hasConnection(row)
	for _, release := range []struct {
		key    store.ConnectionKey
		holder string
	}{{row.Key, "b"}, {other.Key, "a"}, {connectionKey("west", "Shop API"), "a"}} {
		d.must(h.ReleaseConnection(d.Context(), release.key, release.holder))
		d.equal("a claim by another when "+release.holder+" gave up what was not its own", false, h.claim("b", time.Hour))
	}
	h = h.restart()
	d.equal("a claim by another after a restart", false, h.claim("b", time.Hour))
	d.must(h.ReleaseConnection(d.Context(), row.Key, "a"))
	d.equal("a claim when the first was given up", true, h.claim("b", time.Hour))
	d.must(h.ReleaseConnection(d.Context(), row.Key, "a"))
	d.equal("a claim by the one that gave it up", false, h.claim("a", time.Hour))
	h.hasConnection(row)
}

// claimed has so many callers claim at the same time, and gives who got it; "" when not exactly one did.
func claimed(d *database, hosts []*host, span time.Duration) string {
	d.Helper()
	var count atomic.Int64
	var holder atomic.Pointer[string]
	together(crowd, func(caller int) {
		name := fmt.Sprint("caller ", caller)
		if hosts[caller%len(hosts)].claim(name, span) {
			count.Add(1)
			holder.Store(&name)
		}
	})
	if count.Load() != 1 {
		d.Logf("%d got it", count.Load())
		return ""
	}
	return *holder.Load()
}

func claimAtOnce(d *database, hosts ...*host) {
	row := d.toClaim(hosts[0])
	for range 5 {
		holder := claimed(d, hosts, time.Hour)
		if holder == "" {
			d.Fatal("not exactly one got the claim")
		}
		d.must(hosts[len(hosts)-1].ReleaseConnection(d.Context(), row.Key, holder))
	}
}

func claimRunsOut(d *database) {
	h := d.open()
	d.toClaim(h)
	d.equal("the first claim", true, h.claim("a", 300*time.Millisecond))
	d.eventually("another claims", func() bool { return h.claim("b", time.Hour) })
	d.equal("a claim by the first", false, h.claim("a", time.Hour))
	if d.home.Shared {
		return
	}
	base := d.moment()
	at := func(holder string, after time.Duration) bool {
		now := base.Add(after)
		return h.claimOf(store.ConnectionClaim{
			Key: connectionKey("north", "Shop API"), Version: 1, Holder: holder, Now: now, Until: now.Add(time.Hour),
		})
	}
	d.equal("the same once more", true, at("b", 0))
	d.equal("a claim by another a millisecond before it is over", false, at("c", time.Hour-time.Millisecond))
	d.equal("a claim by another a day before", false, at("c", -24*time.Hour))
	d.equal("a claim by another when it is over", true, at("c", time.Hour))
}

func claimAfterwards(d *database, hosts ...*host) {
	d.toClaim(hosts[0])
	for range 3 {
		// A span that no caller waits for: it is over when they come.
		d.equal("a claim that is over at once", true, hosts[0].claim("before", 0))
		if claimed(d, hosts, time.Hour) == "" {
			d.Fatal("not exactly one got the claim")
		}
		d.must(hosts[0].SaveConnection(d.Context(), d.next(hosts[0]), nil))
		d.must(hosts[0].DeleteConnection(d.Context(), connectionKey("north", "Shop API"), 2))
		d.toClaim(hosts[0])
	}
}

// next is the next version of the row that claim asks for.
func (d *database) next(h *host) *store.ConnectionRow {
	row, err := h.FindConnection(d.Context(), connectionKey("north", "Shop API"))
	d.must(err)
	row.Version++
	return &row
}

func claimLonger(d *database) {
	h := d.open()
	row := d.toClaim(h)
	d.equal("the first claim", true, h.claim("a", 300*time.Millisecond))
	d.equal("the same, longer", true, h.claim("a", time.Hour))
	begun := time.Now()
	d.eventually("the first span is over, and no other claims", func() bool {
		if h.claim("b", time.Hour) {
			d.Fatal("another got a claim that its holder made longer")
		}
		return time.Since(begun) > 400*time.Millisecond
	})
	d.equal("the same, shorter", true, h.claim("a", 0))
	d.equal("another after that", true, h.claim("b", time.Hour))
	h.hasConnection(row)
}

func claimAndSave(d *database) {
	h := d.open()
	d.toClaim(h)
	key := connectionKey("north", "Shop API")
	at := func(version int64, holder string) bool {
		now := d.moment()
		return h.claimOf(store.ConnectionClaim{Key: key, Version: version, Holder: holder, Now: now, Until: now.Add(time.Hour)})
	}
	d.equal("the first claim", true, at(1, "a"))
	stale := d.next(h)
	stale.Version = 1
	d.is("a save that is refused", h.SaveConnection(d.Context(), stale, nil), store.ErrConflict)
	d.equal("a claim after it", false, at(1, "b"))
	h.save(d.next(h))
	d.equal("a claim after a save", true, at(2, "b"))
	d.equal("a claim by the first", false, at(2, "a"))
	h.save(d.next(h))
	d.must(h.DeleteConnection(d.Context(), key, 3))
	h.save(d.connection(key))
	d.equal("a claim on one that is new", true, at(1, "c"))
	d.must(h.DeleteConnection(d.Context(), key, 1))
	h.save(d.connection(key))
	d.equal("a claim on one that is new and was claimed before", true, at(1, "e"))
}

func claimVersions(d *database) {
	h := d.open()
	d.toClaim(h)
	h.save(d.next(h))
	for _, version := range []int64{0, 1, 3} {
		now := d.moment()
		asked := store.ConnectionClaim{Key: connectionKey("north", "Shop API"), Version: version, Holder: "a", Now: now, Until: now.Add(time.Hour)}
		d.equal(fmt.Sprint("a claim on version ", version), false, h.claimOf(asked))
		asked.Version, asked.Holder = 2, fmt.Sprint("b", version)
		d.equal("a claim on what is kept", true, h.claimOf(asked))
		asked.Version = version
		d.equal("a claim by the holder on another version", false, h.claimOf(asked))
		d.must(h.ReleaseConnection(d.Context(), asked.Key, asked.Holder))
	}
}

// claimClocks has hosts claim whose clocks are a day apart: the database's own measures how long a claim holds.
func claimClocks(d *database) {
	h := d.open()
	d.toClaim(h)
	d.clock.advance(-24 * time.Hour)
	d.equal("a claim by a clock that is behind", true, h.claim("a", time.Hour))
	d.clock.advance(72 * time.Hour)
	d.equal("a claim by a clock that is ahead", false, h.claim("b", time.Hour))
	d.equal("a short claim by a clock that is ahead", true, h.claim("a", 100*time.Millisecond))
	d.clock.advance(-48 * time.Hour)
	d.eventually("another claims when that is over", func() bool { return h.claim("b", time.Hour) })
}
