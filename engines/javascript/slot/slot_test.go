package slot_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hookstep-dev/hookstep/engines/javascript/slot"
)

func TestEnter(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		pool := slot.NewPool(1)
		first, second, third := pool.Slot(), pool.Slot(), pool.Slot()
		started := time.Now()
		first.Enter(t.Context())
		if waited := time.Since(started); waited != 0 {
			t.Errorf("a free slot took %s", waited)
		}
		second.Enter(t.Context())
		if waited := time.Since(started); waited != slot.Patience {
			t.Errorf("waited %s for a taken slot, want %s", waited, slot.Patience)
		}
		second.Leave() // held none
		go func() {
			<-time.After(slot.Patience / 2)
			first.Leave()
		}()
		started = time.Now()
		third.Enter(t.Context())
		if waited := time.Since(started); waited != slot.Patience/2 {
			t.Errorf("waited %s for a slot that was given back", waited)
		}
	})
}

func TestEnterOfACancelledRun(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		pool := slot.NewPool(1)
		pool.Slot().Enter(t.Context())
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		started := time.Now()
		pool.Slot().Enter(ctx)
		if waited := time.Since(started); waited != 0 {
			t.Errorf("waited %s", waited)
		}
	})
}
