package sqlite

import (
	"context"

	"github.com/hookstep-dev/hookstep/host/store"
)

const insertEnded = `INSERT OR IGNORE INTO executions
	(id, flow, status, source, synchronous, dropped, started, ended, elapsed, attempt, losses, steps, fault, replay_of, replayed_as)
	VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`

// recording is a store.Recording with its records.
type recording struct {
	*store.Recording

	parts   packed
	changes []change
}

// Record implements store.Intake.
func (d *Database) Record(ctx context.Context, ended []*store.Recording) error {
	made := make([]recording, len(ended))
	size := 0
	for i, one := range ended {
		var err error
		if made[i], err = d.packRecording(one); err != nil {
			return err
		}
		size += made[i].parts.size() + sizeOf(made[i].changes)
	}
	return d.writer.do(ctx, size, func(t *tx) error {
		for i := range made {
			if err := d.record(t, &made[i]); err != nil {
				return err
			}
		}
		return nil
	})
}

func (d *Database) packRecording(one *store.Recording) (recording, error) {
	p := &packer{codec: d.codec}
	made := recording{Recording: one}
	made.parts = packed{input: p.input(one.Input), steps: p.steps(one.Steps), logs: p.logs(one.Logs), answer: pack(p, d.codec.EncodeAnswer, one.Answer)}
	made.parts.fault, made.parts.brief = p.faults(one.Execution.Fault)
	if p.err != nil {
		return made, p.err
	}
	var err error
	made.changes, err = splitChanges(one.States)
	return made, err
}

// record keeps one recording, unless its execution is kept as ended already.
func (d *Database) record(t *tx, made *recording) error {
	one := &made.Execution
	whose, err := t.flow(d.flows, one.Flow)
	if err != nil {
		return err
	}
	inserted, err := t.insertEnded(one, whose, made.parts.brief, made.Input == nil || made.Steps == nil)
	if err != nil || inserted == 0 {
		return err
	}
	if err := d.merge(t, made.changes); err != nil {
		return err
	}
	if made.Reserved != nil {
		if err := d.unreserve(t, made, whose); err != nil {
			return err
		}
	}
	return t.putAll(int64(one.ID), &made.parts)
}

// unreserve takes an execution out of the active ones that Reserve kept, with all that it kept of it.
func (d *Database) unreserve(t *tx, made *recording, whose *flow) error {
	id := int64(made.Execution.ID)
	if _, err := t.exec(deleteActive, id); err != nil {
		return err
	}
	if err := t.dropAll(id); err != nil {
		return err
	}
	if err := d.leaveLanes(t, id); err != nil {
		return err
	}
	t.after(func() { d.dispatch.end(id, nil) })
	return t.settle(whose, made.Reserved.Key, id, made.parts.answer)
}

func (t *tx) insertEnded(one *store.Execution, whose *flow, brief []byte, dropped bool) (int64, error) {
	t.note(one.ID, one.StartedAt)
	status := numberOf(one.Status)
	if one.Status == store.DeadLetter && one.ReplayedAs != 0 {
		status = replayedLetter
	}
	return t.exec(insertEnded, one.ID, whose.id, status, sourceNumber(one.Source), one.Synchronous, dropped,
		one.StartedAt.UnixMilli(), one.EndedAt.UnixMilli(), int64(one.Elapsed), one.Attempt, one.Losses, one.StepsDone, brief,
		one.ReplayOf, one.ReplayedAs)
}
