// Package storetest is the suite that every database of the store passes.
//
// A database's own test calls Run, and its TestMain calls Child first: hosts that the suite kills are processes of the test binary.
package storetest

import (
	"context"
	"testing"
	"time"

	"github.com/hookstep-dev/hookstep/host/store"
)

// Home is one kind of database.
type Home struct {
	// Create makes an empty database that is gone after the test, and tells where it is, in a form that Open takes in another
	// process too.
	Create func(t testing.TB) string
	// Open opens a database as one more host does. Its clock is now.
	Open func(ctx context.Context, location string, now func() time.Time) (store.Store, error)
	// Shared says that several hosts may have one database open at once.
	Shared bool
	// Rows counts the rows of all tables that hold anything of executions: nil when the database cannot tell.
	Rows func(ctx context.Context, location string) (int, error)
}

// Run holds a database to the contract. Its subtests run in parallel, each on a database of its own.
func Run(t *testing.T, home Home) {
	t.Helper()
	for _, chapter := range []struct {
		name  string
		tests []test
	}{
		{"life", lifeTests()},
		{"work", workTests()},
		{"restart", restartTests()},
		{"dedupe", dedupeTests()},
		{"reserve", reserveTests()},
		{"lanes", laneTests()},
		{"postpone", postponeTests()},
		{"cancel", cancelTests()},
		{"list", listTests()},
		{"states", stateTests()},
		{"schedules", scheduleTests()},
		{"instances", instanceTests()},
		{"retention", retentionTests()},
		{"tokens", tokenTests()},
		{"connections", connectionTests()},
		{"claims", claimTests()},
		{"authorizations", authorizationTests()},
		{"keysets", keysetTests()},
		{"copying", copyingTests()},
		{"clock", clockTests()},
		{"maintenance", maintenanceTests()},
	} {
		t.Run(chapter.name, func(t *testing.T) {
			t.Parallel()
			for _, one := range chapter.tests {
				t.Run(one.name, func(t *testing.T) {
					t.Parallel()
					if one.shared && !home.Shared {
						t.Skip("this database serves one host at a time")
					}
					one.run(newDatabase(t, home))
				})
			}
		})
	}
}

// test is one subtest.
type test struct {
	name   string
	run    func(d *database)
	shared bool // needs a database that several hosts have open at once
}
