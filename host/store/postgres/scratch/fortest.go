package scratch

import (
	"context"
	"errors"
	"testing"
)

// ForTest starts a cluster of a test's own, which the test may kill, and removes it when the test ends. Without PostgreSQL the test is
// skipped, and says which package is missing.
func ForTest(tb testing.TB) *Cluster {
	tb.Helper()
	made, err := New(context.WithoutCancel(tb.Context()))
	if errors.Is(err, ErrMissing) {
		tb.Skipf("NOT TESTED: what needs a PostgreSQL server: %v", err)
	}
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := made.Remove(); err != nil {
			tb.Error(err)
		}
	})
	return made
}
