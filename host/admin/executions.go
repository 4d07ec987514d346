package admin

import (
	"context"
	"errors"
	"time"

	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/store"
)

// How many executions a page has.
const (
	UsualPage = 50
	MaxPage   = 200
)

// List gives one page of executions, the newest first. A filter without a limit gets UsualPage; more than MaxPage is an error.
func List(ctx context.Context, history store.History, filter store.Filter) (store.Page, error) {
	switch {
	case filter.Limit == 0:
		filter.Limit = UsualPage
	case filter.Limit < 0 || filter.Limit > MaxPage:
		return store.Page{}, invalidf("limit", "a page has 1 to %d executions, not %d", MaxPage, filter.Limit)
	}
	if !filter.To.IsZero() && !filter.From.Before(filter.To) {
		return store.Page{}, invalidf("to", "no time is from %s on and before %s", filter.From.Format(time.RFC3339), filter.To.Format(time.RFC3339))
	}
	return history.List(ctx, &filter)
}

// Show gives one execution with all that belongs to it but its log.
func Show(ctx context.Context, history store.History, id integration.ExecutionID) (*store.Detail, error) {
	detail, err := history.Execution(ctx, id)
	if errors.Is(err, store.ErrNotFound) {
		return nil, noExecution(id)
	}
	return detail, err
}

// row reads the narrow row of an execution alone: it is the first of the page that begins with it.
func row(ctx context.Context, history store.History, id integration.ExecutionID) (store.Execution, error) {
	page, err := history.List(ctx, &store.Filter{Before: id + 1, Limit: 1})
	if err != nil {
		return store.Execution{}, err
	}
	if len(page.Executions) == 0 || page.Executions[0].ID != id {
		return store.Execution{}, noExecution(id)
	}
	return page.Executions[0], nil
}

const (
	chunksAtOnce = 100
	followEvery  = 250 * time.Millisecond
)

// Logs gives the pieces of a log that come after a number, as many as one answer should hold, and whether there are more.
func Logs(ctx context.Context, history store.History, id integration.ExecutionID, after int) (chunks []store.LogChunk, more bool, err error) {
	chunks, err = history.Logs(ctx, id, after, chunksAtOnce+1)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return nil, false, noExecution(id)
	case len(chunks) > chunksAtOnce:
		return chunks[:chunksAtOnce], true, err
	}
	return chunks, false, err
}

// Follow hands each the pieces of a log that come after a number, as they come, until the execution has ended, and gives the
// status that it has then. While nothing comes, each is called with none a few times a second, and may end it with an error.
func Follow(
	ctx context.Context, history store.History, id integration.ExecutionID, after int, each func([]store.LogChunk) error,
) (store.Status, error) {
	again := time.NewTicker(followEvery)
	defer again.Stop()
	for {
		// The status first: all of the log is there when an execution has ended.
		now, err := row(ctx, history, id)
		if err != nil {
			return "", err
		}
		if after, err = drain(ctx, history, id, after, each); err != nil {
			return "", err
		}
		if now.Status.Ended() {
			return now.Status, nil
		}
		select {
		case <-ctx.Done():
			return "", context.Cause(ctx)
		case <-again.C:
		}
	}
}

// drain hands over all that is there, and gives the number of the last piece.
func drain(ctx context.Context, history store.History, id integration.ExecutionID, after int, each func([]store.LogChunk) error) (int, error) {
	for {
		chunks, more, err := Logs(ctx, history, id, after)
		if err != nil {
			return after, err
		}
		if len(chunks) > 0 {
			after = chunks[len(chunks)-1].Number
		}
		if err := each(chunks); err != nil || !more {
			return after, err
		}
	}
}
