package supervisor_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/hookstep-dev/hookstep/host/supervisor"
	"github.com/hookstep-dev/hookstep/sdk/connection"
)

// A process that leaves all its callers without an answer is replaced, though none of them waits for as long as it may take.
func TestProviderThatNobodyWaitsFor(t *testing.T) {
	t.Parallel()
	_, client := provide(t, func(config *supervisor.Config) {
		config.ProviderTime, config.StopGrace = 2*time.Second, 100*time.Millisecond
	})
	first := answerer(t, client)
	for range 5 {
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		if err := refresh(ctx, client, connection.Values{"do": "hang"}); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("the call that hung: %v", err)
		}
		cancel()
	}
	eventually(t, "another process answers", func() bool { return answerer(t, client) != first })
	eventually(t, "the old process ends", func() bool { return !isAlive(first) })
}

// Callers that leave at once say nothing of the process.
func TestImpatientCallers(t *testing.T) {
	t.Parallel()
	_, client := provide(t, nil)
	first := answerer(t, client)
	for range 8 {
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		_ = refresh(ctx, client, connection.Values{"do": "hang"})
		cancel()
	}
	if second := answerer(t, client); second != first {
		t.Error("the process was replaced")
	}
}
