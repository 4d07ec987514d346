package sqlite_test

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/store"
	"github.com/hookstep-dev/hookstep/host/store/sqlite"
)

const million = 1_000_000

// history makes a database with so many executions that have ended, of flows that take turns.
func history(b *testing.B, executions, flows int) *sqlite.Database {
	b.Helper()
	path := filepath.Join(b.TempDir(), "hookstep.db")
	d, err := sqlite.Open(b.Context(), sqlite.Options{Path: path})
	if err != nil {
		b.Fatal(err)
	}
	if err := d.Close(b.Context()); err != nil {
		b.Fatal(err)
	}
	db, err := sql.Open("sqlite", path+"?_pragma=synchronous(0)&_pragma=cache_size(-500000)")
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	first := int64(integration.NewExecutionID(time.Now().Add(-70*time.Minute).UnixMilli(), 0, 0))
	for _, query := range []string{
		fmt.Sprintf(`WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < %d)
			INSERT INTO flows SELECT i + 1, 'integration-' || (i %% 10), 'instance-' || (i %% 50), 'flow-' || i FROM n`, flows-1),
		fmt.Sprintf(`WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < %d)
			INSERT INTO executions SELECT %d + (i << 23), (i * 7919) %% %d + 1, CASE WHEN i %% 1000 = 0 THEN 6 WHEN i %% 100 = 0 THEN 5 ELSE 4 END, 0, 0, 0,
			1577836800000 + ((%d + (i << 23)) >> 21), 1577836800000 + ((%d + (i << 23)) >> 21) + 5, 1000000, 0, 0, 3, NULL, 0, 0 FROM n`,
			executions-1, first, flows, first, first),
	} {
		if _, err := db.ExecContext(b.Context(), query); err != nil {
			b.Fatal(err)
		}
	}
	d, err = sqlite.Open(b.Context(), sqlite.Options{Path: path})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = d.Close(b.Context()) })
	return d
}

// BenchmarkList reads the newest fifty of a million.
func BenchmarkList(b *testing.B) {
	for _, flows := range []int{500, 10_000} {
		d := history(b, million, flows)
		now := time.Now()
		for _, tt := range []struct {
			name   string
			filter store.Filter
		}{
			{"all", store.Filter{}},
			{"status", store.Filter{Statuses: []store.Status{store.DeadLetter}}},
			{"statuses", store.Filter{Statuses: []store.Status{store.DeadLetter, store.Failed, store.Running}}},
			{"flow", store.Filter{Integration: "integration-7", Instance: "instance-7", Flow: "flow-7"}},
			{"flow+status", store.Filter{Integration: "integration-7", Instance: "instance-7", Flow: "flow-7", Statuses: []store.Status{store.Failed}}},
			{"instance", store.Filter{Integration: "integration-7", Instance: "instance-7"}},
			{"instance+statuses", store.Filter{Integration: "integration-0", Instance: "instance-0", Statuses: []store.Status{store.DeadLetter, store.Failed}}},
			{"integration", store.Filter{Integration: "integration-7"}},
			{"integration+status", store.Filter{Integration: "integration-0", Statuses: []store.Status{store.DeadLetter}}},
			{"integration+statuses", store.Filter{Integration: "integration-7", Statuses: store.Statuses()}},
			{"time", store.Filter{From: now.Add(-40 * time.Minute), To: now.Add(-35 * time.Minute)}},
			{"integration+time", store.Filter{Integration: "integration-7", From: now.Add(-40 * time.Minute), To: now.Add(-35 * time.Minute)}},
			{"unreplayed", store.Filter{Statuses: []store.Status{store.DeadLetter}, Unreplayed: true}},
			{"text", store.Filter{Text: "nowhere"}},
		} {
			b.Run(fmt.Sprintf("flows=%d/%s", flows, tt.name), func(b *testing.B) {
				tt.filter.Limit = 50
				before := processorTime()
				for b.Loop() {
					page, err := d.List(b.Context(), &tt.filter)
					if err != nil || len(page.Executions) != 50 && tt.name != "text" && tt.name != "flow+status" {
						b.Fatalf("%d executions, %v", len(page.Executions), err)
					}
				}
				b.ReportMetric(float64((processorTime()-before).Microseconds())/float64(b.N), "cpu-µs")
			})
		}
	}
}
