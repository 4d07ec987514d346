package storetest

import (
	"errors"
	"fmt"
	"strconv"
	"sync/atomic"

	"github.com/hookstep-dev/hookstep/host/store"
)

func keysetTests() []test {
	return []test{
		{name: "the keyset is kept, one version after the other", run: keysets},
		{name: "of many that save a keyset one does", run: func(d *database) { keysetAtOnce(d, d.open()) }},
		{name: "of many that save a keyset on two hosts one does", run: func(d *database) { keysetAtOnce(d, d.open(), d.open()) }, shared: true},
		{name: "a connection is kept if the keyset accepts what it holds", run: acceptedConnections},
		{name: "nothing is kept with a key from its replacement on", run: func(d *database) { replaceKey(d, d.open()) }},
		{name: "nothing is kept with a key from its replacement on another host on", run: func(d *database) { replaceKey(d, d.open(), d.open()) }, shared: true},
	}
}

func (h *host) hasKeyset(want store.Keyset) {
	h.Helper()
	got, err := h.FindKeyset(h.Context())
	h.must(err)
	h.equal("the keyset", want, got)
}

func keysets(d *database) {
	h := d.open()
	_, err := h.FindKeyset(d.Context())
	d.is("a keyset at first", err, store.ErrNotFound)
	refused := func(version int64) {
		d.Helper()
		err := h.SaveKeyset(d.Context(), store.Keyset{Version: version, Sealed: []byte("refused")})
		d.is(fmt.Sprint("saving version ", version), err, store.ErrConflict)
	}
	refused(0)
	refused(2)
	accepts := [][][]byte{nil, {[]byte("a")}, {[]byte("b\x00\xff"), {}, []byte("b")}}
	for version := range int64(3) {
		kept := store.Keyset{Version: version + 1, Sealed: fmt.Append(nil, "version ", version), Accepts: accepts[version]}
		d.must(h.SaveKeyset(d.Context(), kept))
		h = h.restart()
		h.hasKeyset(kept)
		for _, one := range []int64{-1, 0, 1, version, version + 1, version + 3} {
			refused(one)
		}
		h.hasKeyset(kept)
	}
}

func keysetAtOnce(d *database, hosts ...*host) {
	for version := range int64(5) {
		var saved atomic.Pointer[store.Keyset]
		together(crowd, func(caller int) {
			asked := store.Keyset{Version: version + 1, Sealed: fmt.Append(nil, caller)}
			switch err := hosts[caller%len(hosts)].SaveKeyset(d.Context(), asked); {
			case err == nil && !saved.CompareAndSwap(nil, &asked):
				d.Error("a second one was saved")
			case err != nil && !errors.Is(err, store.ErrConflict):
				d.Error(err)
			}
		})
		if saved.Load() == nil {
			d.Fatal("none was saved")
		}
		hosts[0].hasKeyset(*saved.Load())
	}
}

func acceptedConnections(d *database) {
	h := d.open()
	key := connectionKey("north", "Shop API")
	version := int64(0)
	save := func(inputs, token string) error {
		row := d.connection(key)
		row.Version, row.Inputs, row.Token = version+1, nil, nil
		if inputs != "" {
			row.Inputs = []byte(inputs)
		}
		if token != "" {
			row.Token = []byte(token)
		}
		err := h.SaveConnection(d.Context(), row, d.event(key, "saved", ""))
		if err == nil {
			version++
		}
		return err
	}
	refused := func(inputs, token string) {
		d.Helper()
		d.is(fmt.Sprintf("keeping %q and %q", inputs, token), save(inputs, token), store.ErrConflict)
		d.equal("how many events", int(version), len(h.events(key, 100)))
	}
	d.must(h.SaveKeyset(d.Context(), store.Keyset{Version: 1, Accepts: [][]byte{[]byte("one:"), []byte("t\x00o")}}))
	refused("another", "") // before there is a row
	h.noConnection(key)
	for _, accepts := range [][][]byte{{[]byte("one:"), []byte("t\x00o")}, nil} {
		keyset, err := h.FindKeyset(d.Context())
		d.must(err)
		d.must(h.SaveKeyset(d.Context(), store.Keyset{Version: keyset.Version + 1, Accepts: accepts}))
		for _, good := range [][2]string{{"one:1", "one:2"}, {"t\x00o", "one:"}, {"", ""}, {"one:", ""}, {"", "t\x00o\xff"}} {
			d.must(save(good[0], good[1]))
		}
		for _, bad := range [][2]string{{"one", "one:1"}, {"one:1", "One:1"}, {"", "two:"}, {" one:1", ""}, {"one:1", "t"}} {
			if accepts == nil {
				d.must(save(bad[0], bad[1]))
			} else {
				refused(bad[0], bad[1])
			}
		}
	}
	d.must(h.SaveKeyset(d.Context(), store.Keyset{Version: 4, Accepts: [][]byte{[]byte("two:")}}))
	row, err := h.FindConnection(d.Context(), key)
	d.must(err)
	d.equal("what was kept before", "t", string(row.Token))
	d.equal("a claim on what was kept before", true, h.claimOf(store.ConnectionClaim{
		Key: key, Version: row.Version, Holder: "a", Now: d.moment(), Until: d.moment().Add(1),
	}))
	refused("one:1", "")
	d.must(save("two:1", ""))
}

// replaceKey has many save with a key while it is replaced: what is there when that is done is all that will be.
func replaceKey(d *database, hosts ...*host) {
	last := hosts[len(hosts)-1]
	for round := range int64(20) {
		sealed := fmt.Appendf(nil, "key %d:", round)
		d.must(hosts[0].SaveKeyset(d.Context(), store.Keyset{Version: 2*round + 1, Accepts: [][]byte{sealed}}))
		ended, enough := make(chan struct{}), make(chan struct{})
		var saved atomic.Int64
		var replaced atomic.Bool
		go func() {
			defer close(ended)
			together(8, func(caller int) {
				row := d.connection(connectionKey(fmt.Sprint("round ", round), strconv.Itoa(caller)))
				row.Inputs, row.Token = nil, sealed
				for ; hosts[caller%len(hosts)].saves(row, &replaced); row.Version++ {
					if saved.Add(1) == 20 {
						close(enough)
					}
				}
			})
		}()
		<-enough
		d.must(last.SaveKeyset(d.Context(), store.Keyset{Version: 2*round + 2, Accepts: [][]byte{[]byte("another")}}))
		replaced.Store(true)
		want := last.connections(store.ConnectionFilter{})
		<-ended
		d.equal("what is there afterwards", want, last.connections(store.ConnectionFilter{}))
	}
}

// saves keeps a row with a key that may be replaced meanwhile, and tells whether to go on.
func (h *host) saves(row *store.ConnectionRow, replaced *atomic.Bool) bool {
	late := replaced.Load()
	err := h.SaveConnection(h.Context(), row, nil)
	switch {
	case err != nil:
		h.is("a save with a key that was replaced", err, store.ErrConflict)
		return false
	case late:
		h.Error("a connection was kept with a key that had been replaced")
		return false
	default:
		return true
	}
}
