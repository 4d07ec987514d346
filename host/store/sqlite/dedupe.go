package sqlite

import (
	"context"
	"fmt"
	"time"

	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/store"
)

const (
	// The key of an execution that runs is in use, however long it runs.
	selectDedupe = "SELECT first, answer FROM dedupes WHERE flow = ? AND key = ? AND (expires > ? OR answer IS NULL)"
	putDedupe    = "INSERT OR REPLACE INTO dedupes (flow, key, first, expires, answer) VALUES (?, ?, ?, ?, ?)"
	answerDedupe = "UPDATE dedupes SET answer = ? WHERE flow = ? AND key = ? AND first = ?"
	freeDedupe   = "DELETE FROM dedupes WHERE flow = ? AND key = ? AND first = ?"
)

// first tells whether a key is in use, and by whom.
func (t *tx) first(flow *flow, key string, now time.Time) (verdict, error) {
	found, err := t.one(selectDedupe, flow.id, key, now.UnixMilli())
	if err != nil || found == nil {
		return verdict{}, err
	}
	return verdict{duplicate: integration.ExecutionID(found.int(0)), answer: found.bytes(1)}, nil
}

// reserve takes a key that is free for an acceptance.
func (t *tx) reserve(flow *flow, asked *acceptance) error {
	expires := asked.StartedAt.Add(asked.Dedupe.For).UnixMilli()
	_, err := t.exec(putDedupe, flow.id, asked.Dedupe.Key, asked.ID, expires, asked.parts.answer)
	return err
}

// Answer implements store.Intake.
func (d *Database) Answer(ctx context.Context, name store.Flow, key string) (integration.ExecutionID, *integration.Response, error) {
	whose := d.flows.find(name)
	if whose == nil {
		return 0, nil, fmt.Errorf("the dedupe key %q: %w", key, store.ErrNotFound)
	}
	var found row
	err := d.readers.do(ctx, func(l *link) (err error) {
		found, err = l.one(selectDedupe, whose.id, key, d.options.Now().UnixMilli())
		return err
	})
	switch {
	case err != nil:
		return 0, nil, err
	case found == nil:
		return 0, nil, fmt.Errorf("the dedupe key %q: %w", key, store.ErrNotFound)
	case found.isNull(1):
		return 0, nil, fmt.Errorf("%w: the first execution of the dedupe key %q runs", store.ErrConflict, key)
	}
	answer, err := d.codec.DecodeAnswer(found.bytes(1))
	return integration.ExecutionID(found.int(0)), answer, err
}

// settle keeps the answer of the first execution of a key for duplicates; without one the key is free.
func (t *tx) settle(flow *flow, key string, first int64, answer []byte) error {
	var err error
	if answer == nil {
		_, err = t.exec(freeDedupe, flow.id, key, first)
	} else {
		_, err = t.exec(answerDedupe, answer, flow.id, key, first)
	}
	return err
}
