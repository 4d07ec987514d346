package postgres

import (
	"slices"

	"github.com/hookstep-dev/hookstep/host/store"
)

// The numbers of statuses in the database. Rows hold them: they never change.
const (
	held int16 = iota
	queued
	running
	waiting
	succeeded
	failed
	deadLetter
	rejected
	canceled
)

func statuses() [9]store.Status {
	return [9]store.Status{
		held: store.Held, queued: store.Queued, running: store.Running, waiting: store.Waiting, succeeded: store.Succeeded,
		failed: store.Failed, deadLetter: store.DeadLetter, rejected: store.Rejected, canceled: store.Canceled,
	}
}

func numberOf(status store.Status) int16 {
	all := statuses()
	return int16(slices.Index(all[:], status)) //nolint:gosec // of nine
}

// sources are in the order of their numbers in the database: new ones go to the end.
func sources() [6]store.Source {
	return [6]store.Source{store.Webhook, store.Schedule, store.Invoke, store.Replay, store.Deploy, store.Remove}
}

func sourceNumber(source store.Source) int16 {
	all := sources()
	return int16(slices.Index(all[:], source)) //nolint:gosec // of six
}
