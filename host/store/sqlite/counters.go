package sqlite

import (
	"sync/atomic"
	"time"

	"github.com/hookstep-dev/hookstep/host/integration"
)

// The counters that stand in the table of this name.
const (
	countBytes  = "bytes"  // of all parts
	countOpens  = "opens"  // of the database
	countAhead  = "ahead"  // by how many milliseconds ids ran ahead of their executions' start at most
	countBehind = "behind" // by how many they were behind
)

const addCounter = "INSERT INTO counters (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = value + ?2"

const raiseCounter = "INSERT INTO counters (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = max(value, ?2)"

const readCounter = "SELECT value FROM counters WHERE name = ?"

// drift bounds how far ids and start times are apart, so that a range of time can be looked for as a range of ids.
type drift struct{ ahead, behind int64 }

// with is the drift that covers an execution too.
func (d drift) with(id integration.ExecutionID, started time.Time) drift {
	apart := id.Time().UnixMilli() - started.UnixMilli()
	return drift{max(d.ahead, apart), max(d.behind, -apart)}
}

// apart is the drift of the whole database.
type apart struct{ ahead, behind atomic.Int64 }

func (a *apart) read(l *link) error {
	ahead, err := l.number(readCounter, countAhead)
	if err != nil {
		return err
	}
	behind, err := l.number(readCounter, countBehind)
	a.ahead.Store(ahead)
	a.behind.Store(behind)
	return err
}

// note has the drift of an execution counted.
func (t *tx) note(id integration.ExecutionID, started time.Time) { t.drift = t.drift.with(id, started) }

// count keeps what the transaction adds to the counters.
func (t *tx) count() error {
	if t.bytes != 0 {
		if _, err := t.exec(addCounter, countBytes, t.bytes); err != nil {
			return err
		}
	}
	if err := t.raise(countAhead, t.drift.ahead, &t.apart.ahead); err != nil {
		return err
	}
	return t.raise(countBehind, t.drift.behind, &t.apart.behind)
}

// raise raises a counter to a value, in memory before the commit: a drift too large costs time only.
func (t *tx) raise(name string, value int64, known *atomic.Int64) error {
	before := known.Load()
	if value <= before {
		return nil
	}
	known.Store(value)
	t.undo(func() { known.Store(before) })
	_, err := t.exec(raiseCounter, name, value)
	return err
}
