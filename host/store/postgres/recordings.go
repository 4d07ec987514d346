package postgres

import (
	"context"
	"crypto/sha256"

	"github.com/jackc/pgx/v5"

	"github.com/hookstep-dev/hookstep/host/store"
)

// ending is a Recording in the form in which it is written.
type ending struct {
	arrival
	answer []byte
	states []store.StateChange
}

// Record implements store.Intake.
func (d *Database) Record(ctx context.Context, ended []*store.Recording) error {
	if len(ended) == 0 {
		return nil
	}
	made := make([]*ending, len(ended))
	rows := make([]*arrival, len(ended))
	var bytes int64
	for i, one := range ended {
		var err error
		if made[i], err = d.endingOf(ctx, one); err != nil {
			return err
		}
		rows[i] = &made[i].arrival
		bytes += made[i].bytes + sizeOf(made[i].states)
	}
	return unavailable(d.inLargeTx(ctx, bytes, func(ctx context.Context, tx pgx.Tx) error {
		kept, err := d.insertExecutions(ctx, tx, endRunning, rows)
		if err != nil {
			return err
		}
		let := &admitted{}
		for _, one := range made {
			if !kept[one.row.id] {
				continue
			}
			if err := one.settle(ctx, tx, let); err != nil {
				return err
			}
		}
		return d.insertJobs(ctx, tx, let.now, let.later)
	}))
}

func (d *Database) endingOf(ctx context.Context, ended *store.Recording) (*ending, error) {
	of := &ended.Execution
	flow, err := d.flowID(ctx, of.Flow)
	if err != nil {
		return nil, err
	}
	made := &ending{states: ended.States}
	made.row = row{
		id: int64(of.ID), flow: flow.flow, instance: flow.instance, status: numberOf(of.Status), source: sourceNumber(of.Source), synchronous: true,
		dropped: ended.Input == nil || ended.Steps == nil && of.StepsDone > 0, started: milli(of.StartedAt), ended: milli(of.EndedAt),
		elapsed: int64(of.Elapsed), attempt: of.Attempt, losses: of.Losses, steps: of.StepsDone, replayOf: int64(of.ReplayOf),
	}
	if made.row.fault, err = d.codec.EncodeFault(of.Fault); err != nil {
		return nil, err
	}
	if ended.Reserved != nil {
		key := []byte(ended.Reserved.Key)
		made.dedupe = &dedupeRow{flow: flow.flow, hash: sha256.Sum256(key), key: key, first: int64(of.ID)}
	}
	if made.answer, err = d.codec.EncodeAnswer(ended.Answer); err != nil {
		return nil, err
	}
	return made, d.encode(&made.arrival, ended.Input, ended.Steps, ended.Logs)
}

// settle does what the end of a synchronous execution changes besides: its key, its states, its lanes.
func (e *ending) settle(ctx context.Context, tx pgx.Tx, let *admitted) error {
	if err := mergeStates(ctx, tx, e.states); err != nil {
		return err
	}
	if e.dedupe == nil {
		return nil
	}
	if err := e.answerKey(ctx, tx); err != nil {
		return err
	}
	var tied bool
	if err := tx.QueryRow(ctx, `select exists (select from places where execution = $1)`, e.row.id).Scan(&tied); err != nil || !tied {
		return err
	}
	if err := lockLanes(ctx, tx); err != nil {
		return err
	}
	return leaveLanes(ctx, tx, e.row.id, let)
}

// answerKey keeps the answer for duplicates, or frees the key without one.
func (e *ending) answerKey(ctx context.Context, tx pgx.Tx) error {
	if e.answer == nil {
		return e.freeKey(ctx, tx)
	}
	_, err := tx.Exec(ctx, `update dedupes set answer = $4 where flow = $1 and hash = $2 and first = $3`,
		e.row.flow, e.dedupe.hash[:], e.row.id, e.answer)
	return err
}
