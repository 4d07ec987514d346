package pipeline

import (
	"sync/atomic"
	"time"

	"github.com/hookstep-dev/hookstep/host/integration"
)

// IDs gives a source of execution ids for the host that has the slot, which may get another one meanwhile. Each id of a slot is
// greater than those before it and than after, also when the clock goes back or more are asked for than a millisecond has: then
// they run ahead of the clock.
func IDs(slot func() int, after integration.ExecutionID) func(at time.Time) integration.ExecutionID {
	const perMillisecond = integration.MaxSequence + 1
	var last atomic.Int64 // milliseconds, then the number within
	if after > 0 {
		last.Store(after.Time().UnixMilli()*perMillisecond + integration.MaxSequence)
	}
	return func(at time.Time) integration.ExecutionID {
		for {
			before := last.Load()
			next := max(at.UnixMilli()*perMillisecond, before+1)
			if last.CompareAndSwap(before, next) {
				return integration.NewExecutionID(next/perMillisecond, slot(), int(next%perMillisecond))
			}
		}
	}
}
