package host_test

import (
	"testing"
	"time"
)

// eventually asks until check gives true, and fails the test when it has not within 20 seconds.
func eventually(t *testing.T, what string, check func() bool) {
	t.Helper()
	again := time.NewTicker(5 * time.Millisecond)
	defer again.Stop()
	for deadline := time.Now().Add(20 * time.Second); !check(); <-again.C {
		if time.Now().After(deadline) {
			t.Fatal(what)
		}
	}
}
