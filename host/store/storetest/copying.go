package storetest

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/store"
	"github.com/hookstep-dev/hookstep/host/store/object"
	"github.com/hookstep-dev/hookstep/sdk/hostapi"
)

func copyingTests() []test {
	return []test{
		{name: "a copy is whole", run: func(d *database) { copyTo(d, d.home) }},
		{name: "a copy that was interrupted can be begun again", run: copyTwice},
		{name: "what ran when it was copied is queued again, with its place", run: importRunning},
		{name: "a large database comes in bundles of bounded size", run: copyLarge},
		{name: "an error of the caller ends the export", run: copyStopped},
		{name: "a state may come in several bundles", run: copyStateInParts},
		{name: "what ran while its caller waited has failed", run: copyReserved},
	}
}

// Copy holds that all of one home's content comes over to another.
func Copy(t *testing.T, from, to Home) {
	t.Helper()
	copyTo(newDatabase(t, from), to)
}

// Fill makes a database with something of everything in it, and tells where it is.
func Fill(t *testing.T, home Home) string {
	t.Helper()
	d := newDatabase(t, home)
	fill(d)
	return d.location
}

// Content gives all that a database holds in one bundle, in the same order whatever its kind.
func Content(t *testing.T, home Home, location string) *store.Bundle {
	t.Helper()
	h := (&database{T: t, home: home, location: location, clock: &clock{}}).open()
	defer h.close()
	return exportAll(h)
}

// exportAll gives everything in one bundle, sorted, and one state for each owner.
func exportAll(h *host) *store.Bundle {
	h.Helper()
	all := &store.Bundle{}
	states := map[store.StateOwner][]byte{}
	h.must(h.Export(h.Context(), func(one *store.Bundle) error {
		all.Executions = append(all.Executions, one.Executions...)
		all.Dedupes = append(all.Dedupes, one.Dedupes...)
		for _, change := range one.States {
			merged, err := object.Merge(states[change.Owner], change.Merge)
			h.must(err)
			states[change.Owner] = merged
		}
		all.Schedules = append(all.Schedules, one.Schedules...)
		all.Instances = append(all.Instances, one.Instances...)
		all.Tokens = append(all.Tokens, one.Tokens...)
		all.Connections = append(all.Connections, one.Connections...)
		all.Keyset = cmp.Or(all.Keyset, one.Keyset)
		return nil
	}))
	for _, owner := range slices.SortedFunc(maps.Keys(states), byName) {
		all.States = append(all.States, store.StateChange{Owner: owner, Merge: states[owner]})
	}
	slices.SortFunc(all.Executions, func(a, b store.Kept) int { return int(a.Detail.Execution.ID - b.Detail.Execution.ID) })
	slices.SortFunc(all.Dedupes, func(a, b store.DedupeRow) int { return int(a.First - b.First) })
	return all
}

// importAll copies everything, bundle by bundle.
func importAll(from, to *host) {
	from.Helper()
	from.must(from.Export(from.Context(), func(one *store.Bundle) error { return to.Import(to.Context(), one) }))
}

// fill puts something of everything into a database, and closes the host.
func fill(d *database) {
	h := d.open()
	ctx := d.Context()
	h.put(scheduleAt("a", "every 1m", d.moment()), scheduleAt("b", "once", time.Time{}))
	h.take(d.fired(h.schedules()[0], d.moment().Add(time.Minute)))
	for _, instance := range []string{"north", "south"} {
		_, err := h.DeployInstance(ctx, &store.Deployment{Instance: instanceKey(instance), Digest: "one", At: d.moment()})
		d.must(err)
	}
	d.must(h.SwitchInstance(ctx, instanceKey("south"), true, d.moment()))
	expiring := d.token("expiring")
	expiring.ExpiresAt = d.moment().Add(time.Hour)
	d.must(errors.Join(h.PutToken(ctx, d.token("forever")), h.PutToken(ctx, expiring)))
	fillConnections(h)
	for i, owner := range store.OwnersOf(orders()) {
		h.write(owner, `{"z":1,"a":{"n":12345678901234567890}}`)
		h.write(owner, `{"m":`+string(rune('0'+i))+`}`)
	}
	at := d.moment().Add(-time.Hour)
	whole := d.sample(orders(), store.Succeeded, at)
	whole.Input, whole.Steps, whole.Logs = wholeInput(at), []store.Step{*d.step(0)}, []hostapi.Line{d.line("one")}
	h.record(whole, &store.Recording{Execution: d.sample(orders(), store.Failed, at.Add(time.Second)).Execution})
	fillWork(h)
	h.close()
}

// fillConnections leaves two connections, one of them claimed, an authorization and a keyset.
func fillConnections(h *host) {
	d := h.database
	shared := d.connection(connectionKey("", "Shop API"))
	h.save(shared)
	own := d.connection(connectionKey("north", "Shop API"))
	for own.Version = range int64(store.EventsKept + 20) {
		if own.Version > 0 {
			d.must(h.SaveConnection(d.Context(), own, d.event(own.Key, "renewed", strconv.FormatInt(own.Version, 10))))
		}
	}
	h.claimOf(store.ConnectionClaim{Key: shared.Key, Version: 1, Holder: "a", Now: d.moment(), Until: d.moment().Add(time.Hour)})
	d.must(h.BeginAuthorization(d.Context(), d.authorization("begun", own.Key)))
	for version := range int64(2) {
		d.must(h.SaveKeyset(d.Context(), store.Keyset{
			Version: version + 1, Sealed: []byte("sealed keys"), Accepts: [][]byte{[]byte("inputs"), []byte("token")},
		}))
	}
}

// fillWork leaves executions in every status.
func fillWork(h *host) {
	d := h.database
	d.must(h.Cancel(d.Context(), h.accept(orders()), canceled()))
	w := h.work(1)
	w.next().succeed() // the fired one
	dead := h.take(d.askOnce(orders(), "dead"))
	taken := w.of(dead)
	taken.commit(d.step(0))
	taken.finish(&store.End{Status: store.DeadLetter, Fault: thrown("broken"), Logs: []hostapi.Line{d.line("last")}, At: d.moment()})
	replay := d.ask(orders())
	replay.ReplayOf, replay.Source, replay.CancelKey = dead, store.Replay, "replays"
	h.take(replay)
	taken = w.of(replay.ID)
	taken.commit(d.step(0))
	taken.postpone(&store.Postponement{Until: d.moment().Add(time.Hour), Retry: true, Fault: thrown("later"), Elapsed: time.Second})
	h.takeLaned(3, lane("two", 2), lane("one", 1))
	h.takeLaned(2, lane("one", 1))
	reserved := d.askOnce(orders(), "reserved")
	h.reserve(reserved)
	d.must(h.Record(d.Context(), []*store.Recording{d.recording(reserved, told("done"))}))
}

func copyTo(d *database, home Home) {
	fill(d)
	from := d.open()
	other := &database{T: d.T, home: home, location: home.Create(d.T), clock: d.clock, ids: d.ids}
	to := other.open()
	importAll(from, to)
	want := exportAll(from)
	d.equal("the copy", want, exportAll(to))
	d.equal("executions, keys, states, schedules, instances, tokens, connections, events", []int{12, 2, 3, 2, 2, 2, 2, store.EventsKept}, []int{
		len(want.Executions), len(want.Dedupes), len(want.States), len(want.Schedules), len(want.Instances), len(want.Tokens), len(want.Connections),
		len(want.Connections[1].Events),
	})
	d.equal("the keyset's version", int64(2), want.Keyset.Version)
	newest, err := to.Newest(d.Context())
	d.must(err)
	d.equal("the newest", want.Executions[len(want.Executions)-1].Detail.Execution.ID, newest)
	d.equal("the list", from.pages(store.Filter{Limit: 100}), to.pages(store.Filter{Limit: 100}))
	d.equal("the depths", present(from.depths()), present(to.depths()))
	d.equal("the states", from.states(store.OwnersOf(orders())[0]), to.states(store.OwnersOf(orders())[0]))
	from.close()
	goOn(to.restart(), want)
}

// connectionsGoOn holds that connections can be claimed and saved in a copy, and that authorizations did not come along.
func connectionsGoOn(h *host, want *store.Bundle) {
	h.Helper()
	for _, kept := range want.Connections {
		row := kept.Row
		now := h.moment()
		h.equal("a claim", true, h.claimOf(store.ConnectionClaim{Key: row.Key, Version: row.Version, Holder: "b", Now: now, Until: now.Add(time.Hour)}))
		row.Version++
		event := h.event(row.Key, "renewed", "in the copy")
		h.must(h.SaveConnection(h.Context(), &row, event))
		all := append([]store.ConnectionEvent{*event}, kept.Events...)
		h.equal("the events", all[:min(len(all), store.EventsKept)], h.events(row.Key, len(all)))
	}
	h.notTaken("begun", h.moment())
	h.must(h.SaveKeyset(h.Context(), store.Keyset{Version: want.Keyset.Version + 1}))
}

// goOn holds that work goes on in a copy.
func goOn(h *host, want *store.Bundle) {
	h.Helper()
	connectionsGoOn(h, want)
	for _, row := range want.Dedupes {
		h.equal("a duplicate", store.Accepted{Duplicate: row.First, First: row.Answer}, h.answer(h.askOnce(row.Flow, row.Key)))
	}
	w := h.work(4)
	order := map[integration.ExecutionID]int{}
	for range 5 { // those in lanes: the others wait for an hour
		taken := w.next()
		order[taken.Execution.ID] = len(order)
		taken.succeed()
	}
	h.equal("the depths", map[store.Status]int{store.Waiting: 1}, present(h.depths()))
	newer := h.ask(orders())
	newer.CancelKey = "replays"
	h.take(newer)
	w.of(newer.ID).succeed()
	h.equal("the depths when the cancel key was used", 0, sum(h.depths()))
	h.hasRoom(1, lane("one", 1))
}

func copyTwice(d *database) {
	fill(d)
	from := d.open()
	other := &database{T: d.T, home: d.home, location: d.home.Create(d.T), clock: d.clock, ids: d.ids}
	to := other.open()
	stop := errors.New("interrupted")
	count := 0
	err := from.Export(d.Context(), func(one *store.Bundle) error {
		if count++; count > 1 {
			return stop
		}
		return to.Import(d.Context(), one)
	})
	if count > 1 {
		d.is("the interrupted export", err, stop)
	}
	importAll(from, to)
	importAll(from, to)
	want := exportAll(from)
	d.equal("the copy", want, exportAll(to))
	d.equal("the depths", present(from.depths()), present(to.depths()))
	goOn(to, want)
}

func importRunning(d *database) {
	h := d.open()
	at := d.moment()
	id := d.newID()
	kept := store.Kept{
		Detail: store.Detail{
			Execution: store.Execution{ID: id, Flow: orders(), Status: store.Running, Source: store.Webhook, StartedAt: at, StepsDone: 1, Attempt: 2},
			Input:     inputOf("{}", at), Steps: []store.Step{*d.step(0)},
		},
		Lanes: []store.Lane{lane("one", 1)}, LanesHeld: 1,
	}
	for range 2 {
		d.must(h.Import(d.Context(), &store.Bundle{Executions: []store.Kept{kept}}))
		h.stands(id, store.Queued)
	}
	h = h.restart()
	next := h.takeLaned(1, lane("one", 1))[0]
	h.stands(next, store.Held)
	w := h.work(2)
	taken := w.of(id)
	d.equal("the steps that are done", kept.Detail.Steps, taken.Done)
	d.equal("the attempts", 2, taken.Execution.Attempt)
	taken.succeed()
	w.of(next).succeed()
}

func copyLarge(d *database) {
	h := d.open()
	const count, each = 400, 64 << 10
	begin := d.moment().Add(-time.Hour)
	var all []*store.Recording
	for i := range count {
		one := d.sample(orders(), store.Succeeded, begin.Add(time.Duration(i)*time.Second))
		one.Input.Request.Body = noise(each)
		all = append(all, one)
	}
	h.record(all...)
	bundles, executions := 0, 0
	d.must(h.Export(d.Context(), func(one *store.Bundle) error {
		bundles++
		executions += len(one.Executions)
		if len(one.Executions) == count {
			d.Errorf("a bundle holds all %d executions, %d bytes", count, count*each)
		}
		return nil
	}))
	d.equal("how many executions came", count, executions)
	if bundles < 2 {
		d.Errorf("%d bundles came", bundles)
	}
}

func copyStopped(d *database) {
	fill(d)
	h := d.open()
	stop := errors.New("no more")
	d.is("an export whose caller fails", h.Export(d.Context(), func(*store.Bundle) error { return stop }), stop)
	ended, cancel := context.WithCancel(d.Context())
	cancel()
	if err := h.Export(ended, func(*store.Bundle) error { return nil }); err == nil {
		d.Error("an export with a context that has ended gave no error")
	}
	h.accept(orders())
}

func copyStateInParts(d *database) {
	h := d.open()
	owner := store.OwnersOf(orders())[0]
	for _, part := range []string{`{"a":1}`, `{"b":2}`, `{"a":1}`} {
		d.must(h.Import(d.Context(), &store.Bundle{States: []store.StateChange{{Owner: owner, Merge: []byte(part)}}}))
	}
	d.equal("the state", []string{`{"a":1,"b":2}`}, h.states(owner))
}

func copyReserved(d *database) {
	h := d.open()
	asked := d.askOnce(orders(), "the key")
	d.must(h.Import(d.Context(), &store.Bundle{
		Executions: []store.Kept{{Detail: store.Detail{Execution: store.Execution{
			ID: asked.ID, Flow: asked.Flow, Source: asked.Source, StartedAt: asked.StartedAt, Status: store.Running, Synchronous: true,
		}, Input: asked.Input}}},
		Dedupes: []store.DedupeRow{{Flow: asked.Flow, Key: "the key", First: asked.ID, ExpiresAt: asked.StartedAt.Add(time.Hour)}},
	}))
	h = h.restart()
	h.work(1).of(h.accept(orders())).succeed()
	holdFreed(h, asked.ID)
}
