package sqlite

import (
	"slices"
	"time"

	"github.com/hookstep-dev/hookstep/host/store"
)

// toMillis is how a time is kept; nil for the zero time.
func toMillis(at time.Time) any {
	if at.IsZero() {
		return nil
	}
	return at.UnixMilli()
}

// time gives the time in a column, the zero time for NULL.
func (r row) time(column int) time.Time {
	if r.isNull(column) {
		return time.Time{}
	}
	return fromMillis(r.int(column))
}

func fromMillis(at int64) time.Time { return time.UnixMilli(at).UTC() }

// numberOf is how a status is kept: its place in the order of an execution's life. Numbers stay as they are.
func numberOf(status store.Status) int { return slices.Index(store.Statuses(), status) }

func statusOf(number int64) store.Status {
	if number == replayedLetter {
		return store.DeadLetter
	}
	return store.Statuses()[number]
}

// replayedLetter is the number of a dead letter that was replayed. It is another one, so that those that nobody has looked after are
// found at once among many.
const replayedLetter = 9

// endCount is how many of the statuses are ends.
const endCount = 5

func sourceNumber(source store.Source) int { return slices.Index(sources(), source) }

func sourceOf(number int64) store.Source { return sources()[number] }

// sources lists all in the order of their numbers, which stay as they are.
func sources() []store.Source {
	return []store.Source{store.Webhook, store.Schedule, store.Invoke, store.Replay, store.Deploy, store.Remove}
}
