package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/hookstep-dev/hookstep/host/store"
	"github.com/hookstep-dev/hookstep/sdk/fault"
	"github.com/hookstep-dev/hookstep/sdk/hostapi"
)

// advance is one change of a claimed execution, in the form in which it is written.
type advance struct {
	id, epoch, life int64
	status          int16
	ended, due      int64
	wake            int64
	elapsed         int64 // to be added, as the following
	attempt, losses int32
	progressed      bool   // the losses in a row are over
	steps           int32  // how many are done now; -1: as many as before
	told            bool   // fault is of this change; otherwise the last one stays
	fault           []byte //
	position        int32  // of the step that is done
	step            []byte // nil: none
	chunk           []byte // nil: none
	tied            bool
}

func (a *advance) size() int64 { return int64(len(a.step) + len(a.chunk)) }

// repeated tells a change whose step was kept already, by a caller who did not learn of it: its log lines were kept with it.
const repeated = `(v.status = 2 and v.step is not null and e.steps >= v.steps)`

// fenced applies changes to executions that are still in the hands of who asks, and keeps what belongs to them. It tells which those were.
const fenced = `with
v as (
	select id, epoch, life, status, ended, due, wake, elapsed, attempt, losses, progressed, steps, told, fault, position, step, chunk
	from unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::smallint[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[],
		$9::int[], $10::int[], $11::boolean[], $12::int[], $13::boolean[], $14::bytea[], $15::int[], $16::bytea[], $17::bytea[])
	v (id, epoch, life, status, ended, due, wake, elapsed, attempt, losses, progressed, steps, told, fault, position, step, chunk)
),
changed as (
	update executions e set status = v.status, ended_at = v.ended, due = v.due, wake = v.wake, elapsed = e.elapsed + v.elapsed,
		attempt = e.attempt + v.attempt, losses = case when v.progressed then 0 else e.losses + v.losses end,
		steps = case when v.steps < 0 or ` + repeated + ` then e.steps else v.steps end, fault = case when v.told then v.fault else e.fault end,
		logs = e.logs + case when v.chunk is null or ` + repeated + ` then 0 else 1 end, owner = case when v.status = 2 then e.owner else 0 end,
		bytes = e.bytes + case when ` + repeated + ` then 0 else coalesce(length(v.step), 0) + coalesce(length(v.chunk), 0) end
	from v where e.id = v.id and e.epoch = v.epoch and e.owner = v.life and e.status = 2
	returning e.id, e.logs
),
done as (
	insert into steps (execution, position, body) select v.id, v.position, v.step from v join changed using (id) where v.step is not null
	on conflict (execution, position) do update set body = excluded.body
),
logged as (
	insert into chunks (execution, number, body) select v.id, changed.logs, v.chunk from v join changed using (id)
	where v.chunk is not null and changed.logs > 0
	on conflict (execution, number) do nothing -- only of a repeated change is the number taken
)
select id from changed`

// columns are the arguments of fenced.
type columns struct {
	ids, epochs, lives, ended, due, wake, elapsed []int64
	statuses                                      []int16
	attempts, losses, steps, positions            []int32
	progressed, told                              []bool
	faults, bodies, chunks                        [][]byte
}

func (c *columns) add(a *advance) {
	c.ids, c.epochs, c.lives = append(c.ids, a.id), append(c.epochs, a.epoch), append(c.lives, a.life)
	c.statuses, c.ended, c.due = append(c.statuses, a.status), append(c.ended, a.ended), append(c.due, a.due)
	c.wake, c.elapsed = append(c.wake, a.wake), append(c.elapsed, a.elapsed)
	c.attempts, c.losses, c.progressed = append(c.attempts, a.attempt), append(c.losses, a.losses), append(c.progressed, a.progressed)
	c.steps = append(c.steps, a.steps)
	c.told, c.faults = append(c.told, a.told), append(c.faults, a.fault)
	c.positions, c.bodies, c.chunks = append(c.positions, a.position), append(c.bodies, a.step), append(c.chunks, a.chunk)
}

func (c *columns) arguments() []any {
	return []any{
		c.ids, c.epochs, c.lives, c.statuses, c.ended, c.due, c.wake, c.elapsed, c.attempts, c.losses, c.progressed,
		c.steps, c.told, c.faults, c.positions, c.bodies, c.chunks,
	}
}

// change begins an advance of a claim. ErrLost if this host does not have it any more.
func (d *Database) change(id, epoch int64) (*advance, error) {
	one := d.held.find(id, epoch)
	if one == nil {
		return nil, store.ErrLost
	}
	return &advance{id: id, epoch: epoch, life: one.life, status: running, steps: -1, tied: one.tied}, nil
}

// Commit implements store.Claims.
func (d *Database) Commit(ctx context.Context, claim *store.Claim, done *store.Step, logs []hostapi.Line) error {
	made, err := d.change(int64(claim.Execution.ID), claim.Epoch)
	if err != nil {
		return err
	}
	if err := d.attach(made, done, logs); err != nil {
		return err
	}
	return d.advance(ctx, made)
}

// attach puts a step's result and log lines into a change.
func (d *Database) attach(to *advance, done *store.Step, logs []hostapi.Line) (err error) {
	if done != nil {
		if to.step, err = d.codec.EncodeStep(done); err != nil {
			return err
		}
		to.position, to.steps, to.progressed = int32(done.Position), int32(done.Position)+1, true //nolint:gosec // of a flow's steps
	}
	to.chunk, err = d.codec.EncodeLines(logs)
	return err
}

// Log implements store.Claims.
func (d *Database) Log(ctx context.Context, claim *store.Claim, lines []hostapi.Line) error {
	made, err := d.change(int64(claim.Execution.ID), claim.Epoch)
	if err != nil || len(lines) == 0 {
		return err
	}
	if err := d.attach(made, nil, lines); err != nil {
		return err
	}
	return d.advance(ctx, made)
}

// Finish implements store.Claims.
func (d *Database) Finish(ctx context.Context, claim *store.Claim, end *store.End) error {
	made, err := d.change(int64(claim.Execution.ID), claim.Epoch)
	if err != nil {
		return err
	}
	if err := d.attach(made, end.Last, end.Logs); err != nil {
		return err
	}
	if err := d.blame(made, end.Fault); err != nil {
		return err
	}
	made.status, made.ended, made.elapsed = numberOf(end.Status), milli(end.At), int64(end.Elapsed)
	if end.Status == store.Succeeded {
		made.told = true
	}
	if !made.tied && len(end.States) == 0 {
		return d.advance(ctx, made)
	}
	return d.settled(ctx, made, func() error { return d.finishTied(ctx, made, end.States) })
}

// blame puts the fault of a try into a change.
func (d *Database) blame(to *advance, why *fault.Fault) (err error) {
	to.told = why != nil
	to.fault, err = d.codec.EncodeFault(why)
	return err
}

// finishTied ends an execution that others wait for, or that changes states, in a transaction of its own.
func (d *Database) finishTied(ctx context.Context, made *advance, states []store.StateChange) error {
	return unavailable(d.inLargeTx(ctx, made.size()+sizeOf(states), func(ctx context.Context, tx pgx.Tx) error {
		if made.tied {
			if err := lockLanes(ctx, tx); err != nil {
				return err
			}
		}
		kept, err := writeFenced(ctx, tx, []*advance{made})
		if err != nil {
			return err
		}
		if !kept[made.id] {
			return store.ErrLost
		}
		if err := mergeStates(ctx, tx, states); err != nil {
			return err
		}
		if !made.tied {
			return nil
		}
		let := &admitted{}
		if err := leaveLanes(ctx, tx, made.id, let); err != nil {
			return err
		}
		return d.insertJobs(ctx, tx, let.now, let.later)
	}))
}

func writeFenced(ctx context.Context, tx pgx.Tx, made []*advance) (map[int64]bool, error) {
	var all columns
	for _, one := range made {
		all.add(one)
	}
	rows, err := tx.Query(ctx, fenced, all.arguments()...)
	if err != nil {
		return nil, err
	}
	return collectKept(rows)
}

func collectKept(rows pgx.Rows) (map[int64]bool, error) {
	kept := map[int64]bool{}
	var id int64
	_, err := pgx.ForEachRow(rows, []any{&id}, func() error {
		kept[id] = true
		return nil
	})
	return kept, err
}

// Postpone implements store.Claims.
func (d *Database) Postpone(ctx context.Context, claim *store.Claim, wait *store.Postponement) error {
	made, err := d.change(int64(claim.Execution.ID), claim.Epoch)
	if err != nil {
		return err
	}
	if err := d.attach(made, nil, wait.Logs); err != nil {
		return err
	}
	if err := d.blame(made, wait.Fault); err != nil {
		return err
	}
	made.elapsed = int64(wait.Elapsed)
	switch {
	case wait.Retry:
		made.attempt = 1
	case !wait.Idle:
		made.losses = 1
	}
	return d.pause(ctx, made, wait.Until)
}

// pause has an execution wait until a time of the callers' clock.
func (d *Database) pause(ctx context.Context, made *advance, until time.Time) error {
	if !until.After(d.options.Now()) {
		made.status = queued
		return d.advance(ctx, made)
	}
	at := d.in(until)
	made.status, made.due, made.wake = waiting, milli(until), at.UnixMilli()
	err := d.advance(ctx, made)
	if err == nil {
		d.timeShort(ctx, made.id, made.epoch, at)
	}
	return err
}
