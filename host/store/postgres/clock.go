package postgres

import (
	"sync/atomic"
	"time"
)

// clock tells the database's time between two looks at it, by the monotonic clock of this machine.
type clock struct {
	seen atomic.Pointer[look]
}

type look struct {
	database time.Time
	local    time.Time // with its monotonic reading
}

// set notes what the database's clock showed in the middle between two local times.
func (c *clock) set(database, before, after time.Time) {
	c.seen.Store(&look{database, before.Add(after.Sub(before) / 2)})
}

// now is the database's time.
func (c *clock) now() time.Time {
	seen := c.seen.Load()
	return seen.database.Add(time.Since(seen.local))
}

// in turns a time of the callers' clock into one of the database's: as far from now as it was.
func (d *Database) in(at time.Time) time.Time {
	return d.clock.now().Add(at.Sub(d.options.Now()))
}

// milli is a time in Unix milliseconds, 0 for none.
func milli(at time.Time) int64 {
	if at.IsZero() {
		return 0
	}
	return at.UnixMilli()
}

func timeOf(milliseconds int64) time.Time {
	if milliseconds == 0 {
		return time.Time{}
	}
	return time.UnixMilli(milliseconds).UTC()
}
