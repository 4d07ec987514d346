package admin

import (
	"context"
	"errors"
	"slices"

	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/store"
	"github.com/hookstep-dev/hookstep/sdk/fault"
)

// Replayer runs an execution again with what it was given, as a new one that points to the old.
type Replayer interface {
	// Replay begins with the step of a key, with the kept results of those before it; with the empty key, at the start.
	Replay(ctx context.Context, id integration.ExecutionID, from integration.StepKey) (integration.ExecutionID, error)
}

// Replayed is a new execution and the one that it repeats.
type Replayed struct{ ID, ReplayOf integration.ExecutionID }

// Replay runs one execution again.
func Replay(ctx context.Context, replayer Replayer, id integration.ExecutionID, from integration.StepKey) (Replayed, error) {
	made, err := replayer.Replay(ctx, id, from)
	if errors.Is(err, store.ErrNotFound) {
		err = noExecution(id)
	}
	return Replayed{ID: made, ReplayOf: id}, err
}

const (
	maxReplayed = 200    // that one ReplayMany begins
	maxSearched = 20_000 // executions that one ReplayMany looks for the oldest among
)

// ReplayedMany is what became of ReplayMany.
type ReplayedMany struct {
	Replayed []Replayed // the oldest first
	Failed   []NotReplayed
	More     bool // the filter selects newer ones too
}

// NotReplayed is an execution that could not be replayed.
type NotReplayed struct {
	ID  integration.ExecutionID
	Err error
}

// ReplayMany runs again what a filter selects, the oldest first, at most Limit of the filter. Without statuses it
// selects dead letters. The error is for what kept all from being replayed; a database that fails on the way is the last
// of Failed, and ends it.
func ReplayMany(
	ctx context.Context, history store.History, replayer Replayer, filter store.Filter, from integration.StepKey,
) (ReplayedMany, error) {
	ids, more, err := replayable(ctx, history, filter)
	made := ReplayedMany{More: more}
	if err != nil {
		return made, err
	}
	for _, id := range ids {
		one, err := Replay(ctx, replayer, id, from)
		if err == nil {
			made.Replayed = append(made.Replayed, one)
			continue
		}
		made.Failed = append(made.Failed, NotReplayed{id, err})
		if ctx.Err() != nil || fault.Is(err, fault.Unavailable) {
			made.More = true
			break
		}
	}
	return made, nil
}

// replayable gives the oldest executions that a filter selects, in their order, and whether it selects more.
func replayable(ctx context.Context, history store.History, filter store.Filter) (ids []integration.ExecutionID, more bool, err error) {
	most := filter.Limit
	switch {
	case most == 0:
		most = maxReplayed
	case most < 0 || most > maxReplayed:
		return nil, false, invalidf("limit", "1 to %d executions are replayed at once, not %d", maxReplayed, most)
	}
	if len(filter.Statuses) == 0 {
		filter.Statuses = []store.Status{store.DeadLetter}
	}
	for _, status := range filter.Statuses {
		if !status.Ended() {
			return nil, false, invalidf("status", "an execution that is %s has not ended; there is nothing to replay yet", status)
		}
	}
	filter.Limit = MaxPage
	for searched := 0; ; {
		page, err := List(ctx, history, filter)
		if err != nil {
			return nil, false, err
		}
		for _, one := range page.Executions {
			ids = append(ids, one.ID)
		}
		searched += len(page.Executions)
		if page.Next == 0 || searched >= maxSearched {
			break
		}
		filter.Before = page.Next
	}
	slices.Reverse(ids)
	return ids[:min(most, len(ids))], len(ids) > most, nil
}
