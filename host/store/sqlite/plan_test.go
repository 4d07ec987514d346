package sqlite_test

import (
	"context"
	"database/sql"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/store"
	"github.com/hookstep-dev/hookstep/host/store/sqlite"
	"github.com/hookstep-dev/hookstep/sdk/fault"
	"github.com/hookstep-dev/hookstep/sdk/hostapi"
)

// filters has all shapes of a list.
func filters() []store.Filter {
	var all []store.Filter
	for _, flow := range []store.Filter{{}, {Integration: "shop"}, {Integration: "shop", Instance: "berlin"}, {Integration: "shop", Instance: "berlin", Flow: "orders"}} {
		for _, statuses := range [][]store.Status{nil, {store.Failed}, {store.Failed, store.DeadLetter}, store.Statuses()} {
			for _, unreplayed := range []bool{false, true} {
				for _, from := range []time.Time{{}, time.Now().Add(-time.Hour)} {
					one := flow
					one.Statuses, one.Unreplayed, one.From = statuses, unreplayed, from
					all = append(all, one)
				}
			}
		}
	}
	return all
}

// TestNoStatementScans holds that what a statement costs does not grow with the history: every statement that the whole of the store
// uses is looked up in the database's own plan.
func TestNoStatementScans(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "hookstep.db")
	d := open(t, path)
	useAll(t, d)
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	looked := 0
	for query := range d.Statements() {
		for _, line := range plan(t, db, query) {
			if offends(line) && !small(query) {
				t.Errorf("%s\n\t%s", line, query)
			}
		}
		looked++
	}
	if looked < 80 {
		t.Errorf("only %d statements were looked at", looked)
	}
}

// offends tells a step that reads a whole table or sorts, unless the table is known to be small.
func offends(line string) bool {
	if strings.Contains(line, "TEMP B-TREE") {
		return true
	}
	scanned, found := strings.CutPrefix(line, "SCAN ")
	if !found {
		return false
	}
	table, _, _ := strings.Cut(scanned, " ")
	switch table {
	case "flows", "owners", "schema", "instances", "tokens", "s", "f", "CONSTANT", "SCALAR":
		return false
	}
	return true
}

// small tells a statement that reads what there is little of, or that a host runs once at its start.
func small(query string) bool {
	return strings.Contains(query, "FROM schedules") || strings.Contains(query, "FROM keysets") || strings.Contains(query, "(?1 = '' OR integration = ?1)") || strings.HasSuffix(query, "FROM active ORDER BY id")
}

func plan(t *testing.T, db *sql.DB, query string) []string {
	t.Helper()
	if strings.HasPrefix(query, "BEGIN") || query == "COMMIT" || query == "ROLLBACK" || strings.HasPrefix(query, "CREATE") {
		return nil
	}
	args := make([]any, 20)
	rows, err := db.QueryContext(t.Context(), "EXPLAIN QUERY PLAN "+query, args[:parameters(query)]...)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	defer func() { _ = rows.Close() }()
	var lines []string
	for rows.Next() {
		var id, parent, unused int
		var line string
		if err := rows.Scan(&id, &parent, &unused, &line); err != nil {
			t.Fatal(err)
		}
		lines = append(lines, line)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return lines
}

// parameters counts those of a statement.
func parameters(query string) int {
	for number := 9; number > 0; number-- {
		if strings.Contains(query, "?"+string(rune('0'+number))) {
			return number
		}
	}
	return strings.Count(query, "?")
}

// useAll calls everything there is.
func useAll(t *testing.T, d *sqlite.Database) {
	t.Helper()
	ctx, ids := t.Context(), newSequence()
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	now := time.Now()
	check(d.PutSchedules(ctx, []store.ScheduleRow{{Name: orders, Spec: "every 5m", Next: now}}))
	fire := &store.Fire{Schedule: orders, At: now, Next: now.Add(time.Minute)}
	for i := range 6 {
		asked := acceptance(ids.next())
		asked.Lanes = []store.Lane{{Key: "a", Limit: 1}, {Key: "b", Limit: 2, Skip: i == 5}}
		asked.Dedupe, asked.CancelKey = &store.Dedupe{Key: asked.ID.String(), For: time.Minute}, "key"
		asked.Logs = []hostapi.Line{{Text: "one"}}
		if i == 2 {
			asked.ReplayOf, asked.Fire = asked.ID-1, fire
		}
		_, err := d.Accept(ctx, asked)
		check(err)
	}
	tries := 0
	work(t, d, 4, func(ctx context.Context, claim *store.Claim) {
		check(d.Commit(ctx, claim, step(0), []hostapi.Line{{Text: "two"}}))
		check(d.Log(ctx, claim, []hostapi.Line{{Text: "three"}}))
		if tries++; tries == 1 {
			why := &fault.Fault{Message: "no", Cause: fault.New(fault.User, fault.Thrown, "deep")}
			check(d.Postpone(ctx, claim, &store.Postponement{Until: now, Fault: why}))
			return
		}
		owner := store.OwnersOf(orders)[0]
		check(d.Finish(ctx, claim, &store.End{
			Status: store.Succeeded, Last: step(1), At: now, States: []store.StateChange{{Owner: owner, Merge: []byte(`{"a":1,"b":null}`)}},
		}))
	})
	reserved := acceptance(ids.next())
	reserved.Dedupe = &store.Dedupe{Key: "once", For: time.Minute}
	for range 2 {
		_, err := d.Reserve(ctx, reserved)
		check(err)
	}
	if _, _, err := d.Answer(ctx, orders, "once"); !errors.Is(err, store.ErrConflict) {
		t.Errorf("got %v", err)
	}
	ended := store.Execution{ID: reserved.ID, Flow: orders, Status: store.Succeeded, Source: store.Webhook, Synchronous: true, StartedAt: now, EndedAt: now}
	answer := &integration.Response{Status: 200}
	check(d.Record(ctx, []*store.Recording{{Execution: ended, Input: reserved.Input, Reserved: reserved.Dedupe, Answer: answer}}))
	waiting := acceptance(ids.next())
	waiting.Due = now.Add(time.Hour)
	_, err := d.Accept(ctx, waiting)
	check(err)
	check(d.Cancel(ctx, waiting.ID, fault.New(fault.Host, fault.Canceled, "no more")))
	for _, one := range filters() {
		_, err := d.List(ctx, &one)
		check(err)
	}
	useRest(t, d, waiting.ID)
}

func useRest(t *testing.T, d *sqlite.Database, ended integration.ExecutionID) {
	t.Helper()
	ctx, now := t.Context(), time.Now()
	name := store.InstanceKey{Integration: "shop", Instance: "berlin"}
	var bundles []*store.Bundle
	for _, call := range []func() error{
		func() error { _, err := d.List(ctx, &store.Filter{Text: "something"}); return err },
		func() error { _, err := d.Execution(ctx, ended); return err },
		func() error { _, err := d.Logs(ctx, ended, 0, 10); return err },
		func() error { _, err := d.Newest(ctx); return err },
		func() error { _, _, err := d.DueSchedules(ctx, now); return err },
		func() error { _, err := d.ListSchedules(ctx); return err },
		func() error { return d.SwitchInstance(ctx, name, true, now) },
		func() error {
			_, err := d.DeployInstance(ctx, &store.Deployment{Instance: name, Digest: "one", At: now})
			return err
		},
		func() error { return d.PutToken(ctx, &store.Token{Name: "ci", Hash: []byte("hash"), CreatedAt: now}) },
		func() error { _, err := d.FindToken(ctx, []byte("hash")); return err },
		func() error { return d.Ping(ctx) },
		func() error {
			return d.Export(ctx, func(one *store.Bundle) error { bundles = append(bundles, one); return nil })
		},
		func() error {
			for _, one := range bundles {
				if err := d.Import(ctx, one); err != nil {
					return err
				}
			}
			return nil
		},
		func() error { return d.DropToken(ctx, "ci") },
		func() error { return useConnections(ctx, d) },
		func() error { return d.DropSchedules(ctx, []store.ScheduleName{orders}) },
		func() error { _, _, err := d.Sweep(ctx, store.Retention{Age: time.Hour}, now); return err },
		func() error { _, _, err := d.Sweep(ctx, store.Retention{Bytes: 1}, now.Add(time.Hour)); return err },
	} {
		if err := call(); err != nil {
			t.Fatal(err)
		}
	}
}

func useConnections(ctx context.Context, d *sqlite.Database) error {
	key, now := store.ConnectionKey{Integration: "shop", Instance: "berlin", Name: "Shop API"}, time.Now()
	for version := range int64(2) {
		row := &store.ConnectionRow{Key: key, Version: version + 1, RenewAt: now}
		if err := d.SaveConnection(ctx, row, &store.ConnectionEvent{Kind: "saved", At: now}); err != nil {
			return err
		}
	}
	_, found := d.FindConnection(ctx, key)
	_, listed := d.ListConnections(ctx, store.ConnectionFilter{})
	_, claimed := d.ClaimConnection(ctx, store.ConnectionClaim{Key: key, Version: 2, Holder: "a", Now: now, Until: now.Add(time.Hour)})
	_, due := d.DueConnections(ctx, now, 10)
	_, told := d.ListConnectionEvents(ctx, key, 10)
	begun := d.BeginAuthorization(ctx, &store.Authorization{ID: "one", Key: key, ExpiresAt: now.Add(time.Hour)})
	_, taken := d.TakeAuthorization(ctx, "one", now)
	saved := d.SaveKeyset(ctx, store.Keyset{Version: 1})
	_, kept := d.FindKeyset(ctx)
	return errors.Join(found, listed, claimed, due, told, begun, taken, saved, kept, d.ReleaseConnection(ctx, key, "a"), d.DeleteConnection(ctx, key, 2))
}
