package storetest

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/hookstep-dev/hookstep/host/store"
	"github.com/hookstep-dev/hookstep/sdk/fault"
)

func stateTests() []test {
	return []test{
		{name: "changes merge by key, in the order in which keys were first set", run: merges},
		{name: "values are kept as they were written", run: stateBytes},
		{name: "owners do not see each other's states", run: owners},
		{name: "all changes are kept or none", run: allOrNone},
		{name: "writers of different keys lose nothing of each other's", run: concurrentKeys},
		{name: "the ceiling is over what one execution sees", run: ceiling},
		{name: "what was refused does not count", run: refusedCounts},
		{name: "a finish over the ceiling keeps nothing, and the claim goes on", run: ceilingOfFinish},
	}
}

// states gives the states of owners as texts.
func (h *host) states(owners ...store.StateOwner) []string {
	h.Helper()
	read, err := h.ReadStates(h.Context(), owners...)
	h.must(err)
	var texts []string
	for _, state := range read {
		texts = append(texts, string(state))
	}
	return texts
}

// write merges a text into a state.
func (h *host) write(owner store.StateOwner, merge string) {
	h.Helper()
	h.must(h.WriteStates(h.Context(), []store.StateChange{{Owner: owner, Merge: []byte(merge)}}))
}

func merges(d *database) {
	h := d.open()
	owner := store.OwnersOf(orders())[0]
	for _, one := range []struct{ merge, want string }{
		{`{}`, ``},
		{`{"b":1}`, `{"b":1}`},
		{`{"a":2,"c":3}`, `{"b":1,"a":2,"c":3}`},
		{`{"b":{"deep":true}}`, `{"b":{"deep":true},"a":2,"c":3}`},
		{`{"b":{"other":true}}`, `{"b":{"other":true},"a":2,"c":3}`},
		{`{"a":null,"unknown":null}`, `{"b":{"other":true},"c":3}`},
		{`{"a":4,"B":5,"":6}`, `{"b":{"other":true},"c":3,"a":4,"B":5,"":6}`},
		{`{"b":null,"c":null,"a":null,"B":null}`, `{"":6}`},
		{`{"":null}`, ``},
	} {
		h.write(owner, one.merge)
		d.equal("after "+one.merge, []string{one.want}, h.states(owner))
	}
	read, err := h.ReadStates(d.Context(), owner)
	d.must(err)
	if len(read) != 1 || read[0] != nil {
		d.Errorf("an empty state is %q, want nil", read)
	}
	h.write(owner, `{"a":1,"z":2}`)
	h.write(owner, `{"m":3}`)
	d.equal("after a restart", []string{`{"a":1,"z":2,"m":3}`}, h.restart().states(owner))
}

func stateBytes(d *database) {
	h := d.open()
	owner := store.OwnersOf(orders())[0]
	for _, text := range []string{
		`{"digits":12345678901234567890.10,"order":{"z":1,"a":2},"escape":"\u00e9\ud800","key \"quoted\"":[]}`,
		`{"ключ":"значение","emoji 🙂":"🙂","nul \u0000":"\u0000"}`,
	} {
		h.write(owner, text)
	}
	d.equal("the state", []string{`{"digits":12345678901234567890.10,"order":{"z":1,"a":2},"escape":"\u00e9\ud800","key \"quoted\"":[],` +
		`"ключ":"значение","emoji 🙂":"🙂","nul \u0000":"\u0000"}`}, h.states(owner))
	large := `{"large":"` + string(bytes.Repeat([]byte("x"), 1<<20)) + `"}`
	other := store.OwnersOf(orders())[1]
	h.write(other, large)
	d.equal("a large state", []string{large}, h.states(other))
}

func owners(d *database) {
	h := d.open()
	all := []store.StateOwner{
		{Integration: "crm"},
		{Integration: "shop"},
		{Integration: "shop", Instance: "north"},
		{Integration: "shop", Instance: "north", Flow: "orders"},
		{Integration: "shop", Instance: "north", Flow: "returns"},
		{Integration: "shop", Instance: "south"},
		{Integration: "shop", Instance: "south", Flow: "orders"},
	}
	var want []string
	for i, owner := range all {
		want = append(want, fmt.Sprintf(`{"n":%d}`, i))
		h.write(owner, want[i])
	}
	d.equal("all states", want, h.states(all...))
	d.equal("some in another order", []string{want[5], ``, want[0]}, h.states(all[5], store.StateOwner{Integration: "none"}, all[0]))
	d.equal("no states", []string(nil), h.states())
	d.equal("all owners", all, h.owners(""))
	d.equal("owners of an integration", all[1:], h.owners("shop"))
	h.write(all[3], `{"n":null}`)
	d.equal("owners without the empty one", append(slices.Clone(all[1:3]), all[4:]...), h.owners("shop"))
}

// owners gives the owners of states, sorted.
func (h *host) owners(integration string) []store.StateOwner {
	h.Helper()
	found, err := h.StateOwners(h.Context(), integration)
	h.must(err)
	slices.SortFunc(found, byName)
	return found
}

func byName(a, b store.StateOwner) int {
	return cmp.Or(cmp.Compare(a.Integration, b.Integration), cmp.Compare(a.Instance, b.Instance), cmp.Compare(a.Flow, b.Flow))
}

func allOrNone(d *database) {
	h := d.open()
	three := store.OwnersOf(orders())
	h.write(three[0], `{"a":1}`)
	for _, broken := range []string{`[1]`, `{"a":`, `nonsense`, `{"a":1}{`} {
		err := h.WriteStates(d.Context(), []store.StateChange{{Owner: three[0], Merge: []byte(`{"a":2}`)}, {Owner: three[1], Merge: []byte(broken)}})
		if err == nil {
			d.Errorf("merging %s gave no error", broken)
		}
	}
	d.equal("the states", []string{`{"a":1}`, ``, ``}, h.states(three[:]...))
	d.must(h.WriteStates(d.Context(), []store.StateChange{
		{Owner: three[0], Merge: []byte(`{"a":2}`)}, {Owner: three[1], Merge: []byte(`{"b":1}`)}, {Owner: three[0], Merge: []byte(`{"c":3,"a":4}`)},
	}))
	d.equal("the states after several changes", []string{`{"a":4,"c":3}`, `{"b":1}`, ``}, h.states(three[:]...))
}

func concurrentKeys(d *database) {
	hosts := []*host{d.open()}
	if d.home.Shared {
		hosts = append(hosts, d.open())
	}
	three := store.OwnersOf(orders())
	const writers, rounds = 16, 10
	var all sync.WaitGroup
	for writer := range writers {
		all.Go(func() {
			for round := range rounds {
				merge := fmt.Appendf(nil, `{"key%02d":%d,"shared":%d}`, writer, round, writer)
				changes := []store.StateChange{{Owner: three[0], Merge: merge}, {Owner: three[1], Merge: merge}, {Owner: three[2], Merge: merge}}
				if writer%2 == 1 {
					slices.Reverse(changes)
				}
				if err := hosts[writer%len(hosts)].WriteStates(d.Context(), changes); err != nil {
					d.Error(err)
					return
				}
			}
		})
	}
	all.Wait()
	for _, state := range hosts[0].states(three[:]...) {
		for writer := range writers {
			if want := fmt.Sprintf(`"key%02d":%d`, writer, rounds-1); !strings.Contains(state, want) {
				d.Errorf("%s is not in %s", want, state)
			}
		}
	}
}

// text is a JSON object of about so many mebibytes.
func mebibytes(key string, count int) []byte {
	return fmt.Appendf(nil, `{"%s":"%s"}`, key, bytes.Repeat([]byte("x"), count<<20))
}

func ceiling(d *database) {
	if testing.Short() {
		d.Skip("writes a hundred mebibytes")
	}
	h := d.open()
	mine, other := store.OwnersOf(orders()), store.OwnersOf(flowOf("north", "returns"))
	write := func(owner store.StateOwner, merge []byte) error {
		return h.WriteStates(d.Context(), []store.StateChange{{Owner: owner, Merge: merge}})
	}
	d.must(write(mine[2], mebibytes("integration", 30)))
	d.must(write(mine[0], mebibytes("mine", 20)))
	d.must(write(other[0], mebibytes("other", 20))) // no execution sees both flows' states
	for _, over := range []struct {
		owner store.StateOwner
		key   string
	}{{mine[0], "more"}, {mine[1], "instance"}, {mine[2], "more"}} {
		if err := write(over.owner, mebibytes(over.key, 15)); !fault.Is(err, fault.ResultSize) {
			d.Errorf("15 MiB more in %+v gave %v", over.owner, err)
		}
	}
	d.must(write(mine[0], mebibytes("mine", 30))) // in place of 20
	d.must(write(mine[0], []byte(`{"mine":null,"a":1}`)))
	d.must(write(mine[1], mebibytes("instance", 13))) // with the other flow's: 63
	d.equal("the small one", `{"a":1}`, h.states(mine[0])[0])
}

func refusedCounts(d *database) {
	if testing.Short() {
		d.Skip("makes seventy mebibytes")
	}
	h := d.open()
	mine := store.OwnersOf(orders())
	h.write(mine[0], `{"a":0}`)
	h.write(mine[0], `{"a":null}`)
	err := h.WriteStates(d.Context(), []store.StateChange{
		{Owner: mine[0], Merge: []byte(`{"a":1}`)}, {Owner: mine[0], Merge: []byte(`{"b":2}`)}, {Owner: mine[1], Merge: mebibytes("over", 70)},
	})
	if !fault.Is(err, fault.ResultSize) {
		d.Errorf("70 MiB gave %v", err)
	}
	h.write(mine[0], `{"a":3}`)
	h.write(mine[0], `{"a":null}`)
	d.equal("whose states are not empty", []store.StateOwner(nil), h.owners(""))
}

func ceilingOfFinish(d *database) {
	if testing.Short() {
		d.Skip("writes a hundred mebibytes")
	}
	h := d.open()
	mine := store.OwnersOf(orders())
	h.must(h.WriteStates(d.Context(), []store.StateChange{{Owner: mine[2], Merge: mebibytes("integration", 40)}}))
	id := h.accept(orders())
	taken := h.work(1).of(id)
	end := d.end()
	end.States = []store.StateChange{{Owner: mine[1], Merge: []byte(`{"a":1}`)}, {Owner: mine[0], Merge: mebibytes("mine", 30)}}
	end.Last = d.step(0)
	err := h.Finish(d.Context(), taken.Claim, end)
	if !fault.Is(err, fault.ResultSize) {
		d.Fatalf("70 MiB gave %v", err)
	}
	h.stands(id, store.Running)
	d.equal("the states", []string{``, ``}, h.states(mine[0], mine[1]))
	d.equal("the steps", 0, len(h.detail(id).Steps))
	taken.finish(&store.End{Status: store.DeadLetter, Fault: fault.As(err, fault.Host), Last: end.Last, At: d.moment()})
	h.stands(id, store.DeadLetter)
	d.equal("the steps at the end", 1, len(h.detail(id).Steps))
}
