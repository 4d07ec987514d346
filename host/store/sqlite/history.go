package sqlite

import (
	"context"
	"fmt"
	"time"

	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/store"
	"github.com/hookstep-dev/hookstep/sdk/hostapi"
)

const (
	selectActive = "SELECT id, flow, held, source, reserved, started, due, elapsed, attempt, losses, fault, replay_of FROM active"
	selectEnded  = `SELECT id, flow, status, source, synchronous, started, ended, elapsed, attempt, losses, fault, replay_of, replayed_as, steps, dropped
		FROM executions`
)

// Execution implements store.History.
func (d *Database) Execution(ctx context.Context, id integration.ExecutionID) (*store.Detail, error) {
	found := &store.Detail{}
	err := d.readers.do(ctx, func(l *link) error {
		known, err := d.readExecution(l, int64(id))
		if err != nil {
			return err
		}
		found.Execution, found.Dropped = known.Execution, known.dropped
		return d.readParts(l, found)
	})
	if err != nil {
		return nil, err
	}
	return found, nil
}

// listed is an execution as a row tells it.
type listed struct {
	store.Execution

	dropped bool
}

// readExecution reads an execution that has ended or not.
func (d *Database) readExecution(l *link, id int64) (listed, error) {
	found, err := l.one(selectEnded+" WHERE id = ?", id)
	if err != nil {
		return listed{}, err
	}
	if found != nil {
		return d.endedExecution(found)
	}
	if found, err = l.one(selectActive+" WHERE id = ?", id); err != nil {
		return listed{}, err
	}
	if found == nil {
		return listed{}, fmt.Errorf("the execution %s: %w", integration.ExecutionID(id), store.ErrNotFound)
	}
	now, known := d.dispatch.seenOf(id)
	if !known {
		now = d.foretell(found)
	}
	one, err := d.activeExecution(found, now)
	return listed{Execution: one}, err
}

// foretell is what memory will know of an execution that was committed just now.
func (d *Database) foretell(found row) seen {
	now := seen{id: found.int(0), flow: d.flows.at(found.int(1)), status: store.Queued, due: found.int(6)}
	switch {
	case found.int(2) != 0:
		now.status = store.Held
	case !found.isNull(4):
		now.status = store.Running
	case now.due > d.options.Now().UnixMilli():
		now.status = store.Waiting
	}
	return now
}

// activeExecution makes an execution of a row of selectActive and of what memory knows.
func (d *Database) activeExecution(r row, now seen) (store.Execution, error) {
	made := store.Execution{
		ID: integration.ExecutionID(r.int(0)), Flow: now.flow.name, Status: now.status, Source: sourceOf(r.int(3)), Synchronous: !r.isNull(4),
		StartedAt: r.time(5), Elapsed: time.Duration(r.int(7)), Attempt: int(r.int(8)), Losses: int(r.int(9)), StepsDone: now.steps,
		ReplayOf: integration.ExecutionID(r.int(11)),
	}
	if now.status == store.Waiting {
		made.Due = fromMillis(now.due)
	}
	var err error
	made.Fault, err = d.codec.DecodeFault(r.bytes(10))
	return made, err
}

// endedExecution makes an execution of a row of selectEnded.
func (d *Database) endedExecution(r row) (listed, error) {
	whose := d.flows.at(r.int(1))
	made := store.Execution{
		ID: integration.ExecutionID(r.int(0)), Flow: whose.name, Status: statusOf(r.int(2)), Source: sourceOf(r.int(3)), Synchronous: r.int(4) != 0,
		StartedAt: r.time(5), EndedAt: r.time(6), Elapsed: time.Duration(r.int(7)), Attempt: int(r.int(8)), Losses: int(r.int(9)),
		ReplayOf: integration.ExecutionID(r.int(11)), ReplayedAs: integration.ExecutionID(r.int(12)), StepsDone: int(r.int(13)),
	}
	var err error
	made.Fault, err = d.codec.DecodeFault(r.bytes(10))
	return listed{made, r.int(14) != 0}, err
}

// readParts reads input, steps and whole fault of an execution, and counts its log.
func (d *Database) readParts(l *link, of *store.Detail) error {
	id := int64(of.Execution.ID)
	err := l.each("SELECT kind, record FROM parts WHERE execution = ? AND kind <= 1 ORDER BY kind, number", []any{id}, func(r row) error {
		return d.readPart(of, int(r.int(0)), r.bytes(1))
	})
	if err != nil {
		return err
	}
	err = l.each("SELECT kind, record FROM parts WHERE execution = ? AND kind = 3", []any{id}, func(r row) error {
		return d.readPart(of, int(r.int(0)), r.bytes(1))
	})
	if err != nil {
		return err
	}
	last, err := l.number(lastLog, id)
	of.Logs = int(last)
	return err
}

func (d *Database) readPart(of *store.Detail, kind int, record []byte) (err error) {
	switch kind {
	case partInput:
		of.Input, err = d.codec.DecodeInput(record)
	case partFault:
		of.Execution.Fault, err = d.codec.DecodeFault(record)
	case partStep:
		var step *store.Step
		if step, err = d.codec.DecodeStep(record); err == nil {
			of.Steps = append(of.Steps, *step)
		}
	}
	return err
}

// Logs implements store.History.
func (d *Database) Logs(ctx context.Context, id integration.ExecutionID, after, limit int) ([]store.LogChunk, error) {
	var found []store.LogChunk
	err := d.readers.do(ctx, func(l *link) error {
		known, err := l.one("SELECT 1 FROM executions WHERE id = ?1 UNION ALL SELECT 1 FROM active WHERE id = ?1", id)
		if err != nil {
			return err
		}
		if known == nil {
			return fmt.Errorf("the execution %s: %w", id, store.ErrNotFound)
		}
		found, err = d.readLogs(l, id, after, limit)
		return err
	})
	return found, err
}

func (d *Database) readLogs(l *link, id integration.ExecutionID, after, limit int) ([]store.LogChunk, error) {
	var found []store.LogChunk
	const query = "SELECT number, record FROM parts WHERE execution = ? AND kind = 2 AND number > ? ORDER BY number LIMIT ?"
	err := l.each(query, []any{id, after, limit}, func(r row) error {
		var lines []hostapi.Line
		lines, err := d.codec.DecodeLines(r.bytes(1))
		found = append(found, store.LogChunk{Number: int(r.int(0)), Lines: lines})
		return err
	})
	return found, err
}

// Depths implements store.History.
func (d *Database) Depths(context.Context) (map[store.Status]int, error) {
	return d.dispatch.depths(), nil
}
