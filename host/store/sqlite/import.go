package sqlite

import (
	"context"

	"github.com/hookstep-dev/hookstep/host/store"
)

const importActive = `INSERT INTO active
	(id, flow, held, source, reserved, started, due, elapsed, attempt, losses, fault, replay_of, lanes, cancel_key)
	VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`

// imported is a store.Kept with its records.
type imported struct {
	*store.Kept

	parts packed
	logs  [][]byte
}

// Import implements store.Copying.
func (d *Database) Import(ctx context.Context, bundle *store.Bundle) error {
	made := make([]imported, len(bundle.Executions))
	size := 0
	for i := range bundle.Executions {
		var err error
		if made[i], err = d.packKept(&bundle.Executions[i]); err != nil {
			return err
		}
		size += made[i].parts.size()
	}
	changes, err := splitChanges(bundle.States)
	if err != nil {
		return err
	}
	answers, err := d.packAnswers(bundle.Dedupes)
	if err != nil {
		return err
	}
	return d.writer.do(ctx, size+sizeOf(changes)+int(bundle.Sealed()), func(t *tx) error {
		for i := range made {
			if err := d.importExecution(t, &made[i]); err != nil {
				return err
			}
		}
		for i, one := range bundle.Dedupes {
			whose, err := t.flow(d.flows, one.Flow)
			if err != nil {
				return err
			}
			if _, err := t.exec(putDedupe, whose.id, one.Key, one.First, one.ExpiresAt.UnixMilli(), answers[i]); err != nil {
				return err
			}
		}
		if err := d.merge(t, changes); err != nil {
			return err
		}
		return d.importSettings(t, bundle)
	})
}

func (d *Database) packKept(one *store.Kept) (imported, error) {
	p := &packer{codec: d.codec}
	made := imported{Kept: one, parts: packed{input: p.input(one.Detail.Input), steps: p.steps(one.Detail.Steps)}}
	made.parts.fault, made.parts.brief = p.faults(one.Detail.Execution.Fault)
	for _, chunk := range one.Chunks {
		made.logs = append(made.logs, p.logs(chunk.Lines))
	}
	return made, p.err
}

func (d *Database) packAnswers(rows []store.DedupeRow) ([][]byte, error) {
	made := make([][]byte, len(rows))
	for i, one := range rows {
		var err error
		if made[i], err = d.codec.EncodeAnswer(one.Answer); err != nil {
			return nil, err
		}
	}
	return made, nil
}

func (d *Database) importSettings(t *tx, bundle *store.Bundle) error {
	for _, one := range bundle.Schedules {
		whose, err := t.flow(d.flows, one.Name)
		if err != nil {
			return err
		}
		if _, err := t.exec(replaceSchedule, whose.id, one.Spec, toMillis(one.Next), toMillis(one.Last), one.LastFired); err != nil {
			return err
		}
	}
	for _, one := range bundle.Instances {
		_, err := t.exec(replaceInstance, one.Name.Integration, string(one.Name.Instance), one.Disabled, toMillis(one.SwitchedAt), one.Digest,
			toMillis(one.DeployedAt))
		if err != nil {
			return err
		}
	}
	for _, one := range bundle.Tokens {
		if err := t.putToken(replaceToken, &one); err != nil {
			return err
		}
	}
	for i := range bundle.Connections {
		if err := t.importConnection(&bundle.Connections[i]); err != nil {
			return err
		}
	}
	if bundle.Keyset == nil {
		return nil
	}
	return t.putKeyset(bundle.Keyset)
}

// importExecution keeps an execution in place of what is there under its id.
func (d *Database) importExecution(t *tx, made *imported) error {
	id := int64(made.Detail.Execution.ID)
	if err := d.importAway(t, id); err != nil {
		return err
	}
	whose, err := t.flow(d.flows, made.Detail.Execution.Flow)
	if err != nil {
		return err
	}
	if err := t.putAll(id, &made.parts); err != nil {
		return err
	}
	for _, log := range made.logs {
		if err := t.appendLog(id, log); err != nil {
			return err
		}
	}
	if made.Detail.Execution.Status.Ended() {
		_, err := t.insertEnded(&made.Detail.Execution, whose, made.parts.brief, made.Detail.Dropped)
		return err
	}
	return d.importActive(t, made, whose)
}

// importAway deletes what is there under an id.
func (d *Database) importAway(t *tx, id int64) error {
	ended, err := t.exec("DELETE FROM executions WHERE id = ?", id)
	if err != nil {
		return err
	}
	active, err := t.exec(deleteActive, id)
	if err != nil || ended+active == 0 {
		return err
	}
	if active > 0 {
		if err := d.leaveLanes(t, id); err != nil {
			return err
		}
		t.after(func() { d.dispatch.end(id, nil) })
	}
	return t.dropAll(id)
}

func (d *Database) importActive(t *tx, made *imported, whose *flow) error {
	one := &made.Detail.Execution
	var reserved, cancelKey any
	if one.Synchronous {
		reserved = ""
	}
	if made.CancelKey != "" {
		cancelKey = made.CancelKey
	}
	t.note(one.ID, one.StartedAt)
	_, err := t.exec(importActive, one.ID, whose.id, one.Status == store.Held, sourceNumber(one.Source), reserved, one.StartedAt.UnixMilli(),
		toMillis(one.Due), int64(one.Elapsed), one.Attempt, one.Losses, made.parts.brief, one.ReplayOf, len(made.Lanes), cancelKey)
	if err != nil {
		return err
	}
	if err := t.importPlaces(int64(one.ID), made.Kept); err != nil {
		return err
	}
	job := &job{
		id: int64(one.ID), flow: whose, status: store.Waiting, started: one.StartedAt.UnixMilli(), lanes: len(made.Lanes) > 0, losses: one.Losses,
		steps: len(made.Detail.Steps), synchronous: one.Synchronous,
	}
	if !one.Due.IsZero() {
		job.due = one.Due.UnixMilli()
	}
	switch {
	case one.Synchronous:
		job.status = store.Running
	case one.Status == store.Held:
		job.status = store.Held
	}
	t.after(func() { d.dispatch.add(job) })
	return nil
}

// importPlaces puts an execution where it stood in its lanes.
func (t *tx) importPlaces(id int64, one *store.Kept) error {
	for number, lane := range one.Lanes {
		found, err := t.one(putLane, lane.Key, max(1, lane.Limit))
		if err != nil {
			return err
		}
		t.writes++
		state := placeLater
		switch {
		case number < one.LanesHeld:
			state = placeHeld
			_, err = t.exec("UPDATE lanes SET running = running + 1 WHERE id = ?", found.int(0))
		case number == one.LanesHeld:
			state = placeWaits
		}
		if err != nil {
			return err
		}
		if _, err := t.exec(insertPlace, id, number, found.int(0), lane.Skip, state); err != nil {
			return err
		}
	}
	return nil
}
