package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/store"
	"github.com/hookstep-dev/hookstep/host/store/record"
)

// permit asks for an execution to work on.
type permit struct {
	wake    int64                   // the execution that is due and becomes queued first; 0 for none
	stop    context.CancelCauseFunc // ends the work on what is claimed
	claimed *store.Claim            // nil: there is nothing to do
	failed  error                   // what was claimed cannot be read
	crowded bool                    // there is something to do, but others held it just now
}

// wakeUp queues waiting executions whose time has come. A job that comes early or late changes nothing.
const wakeUp = `update executions set status = 1, due = 0 where id = any($1) and status = 3 and wake <= $2`

func (*permit) size() int64 { return 0 }

// claimPatience is how many times the usual a claim may take, for it may have much to read, and nobody waits but the worker.
const claimPatience = 4

// claimNext takes executions in turns: of each instance with queued ones, beginning behind the one that was served last ($1), the oldest, and of
// as many instances as there are places ($2). With fewer instances than places, the second oldest follow, and so on. Instances are found by leaping
// through the index from one to the next, so the cost depends on the places and not on how many executions or instances wait.
const claimNext = `with recursive
alive as (select from hosts where life = $3 for key share),
ahead (instance, n) as (
	(select instance, 1 from executions where status = 1 and instance > $1 order by instance limit 1)
	union all
	select (select e.instance from executions e where e.status = 1 and e.instance > ahead.instance order by e.instance limit 1), n + 1
	from ahead where ahead.instance is not null and n < $2
),
around (instance, n) as (
	(select instance, $2 + 1 from executions where status = 1 and instance <= $1 order by instance limit 1)
	union all
	select (select e.instance from executions e where e.status = 1 and e.instance > around.instance and e.instance <= $1
		order by e.instance limit 1), n + 1
	from around where around.instance is not null and n < 2 * $2
),
turns as (
	select instance, n, count(*) over () as instances
	from (select instance, n from ahead union all select instance, n from around) a where instance is not null order by n limit $2
),
picked as (
	select o.id, row_number() over (order by o.round, t.n) as nth, t.n
	from turns t cross join lateral (
		select id, row_number() over (order by id) as round from (
			select e.id from executions e where e.status = 1 and e.instance = t.instance
			order by e.id limit ($2 + t.instances - 1) / t.instances for update skip locked
		) locked
	) o
	where exists (select from alive)
	order by nth limit $2
),
claimed as (
	update executions e set status = 2, owner = $3, epoch = e.epoch + 1, due = 0
	from picked where e.id = picked.id
	returning e.*, picked.nth
)
select c.nth, c.lanes > 0, c.epoch, ` + executionColumns + `, i.body,
	(select array_agg(s.body order by s.position) from steps s where s.execution = c.id)
from claimed c left join inputs i on i.execution = c.id order by c.nth`

// anyQueued tells whether there is work left. What another host is just claiming counts.
const anyQueued = `select exists (select from executions where status = 1)`

// claimTries is how often a host looks again for work that another one held.
const claimTries = 8

// claim gives executions to those who asked. While another host claims, what it looks at is passed over: who finds too little for
// that looks again, for with its permit the execution would be forgotten.
func (d *Database) claim(ctx context.Context, batch []*entry[*permit]) error {
	d.claims.Add(1)
	defer d.claims.Add(1)
	if err := d.wakeDue(ctx, batch); err != nil {
		return err
	}
	left := true
	for range claimTries {
		given, more, err := d.claimSome(ctx, batch)
		if err != nil {
			return err
		}
		batch, left = batch[given:], more
		if len(batch) == 0 || !left {
			break
		}
	}
	for _, one := range batch {
		one.what.crowded = left
	}
	return nil
}

// wakeDue queues the executions whose permits say so.
func (d *Database) wakeDue(ctx context.Context, batch []*entry[*permit]) error {
	var due []int64
	for _, one := range batch {
		one.what.crowded = false
		if one.what.wake != 0 {
			due = append(due, one.what.wake)
		}
	}
	if len(due) == 0 {
		return nil
	}
	_, err := d.pool.Exec(ctx, wakeUp, due, d.clock.now().UnixMilli())
	return err
}

// claimSome gives executions to the first of those who asked, and tells to how many, and whether there is more.
func (d *Database) claimSome(ctx context.Context, batch []*entry[*permit]) (given int, more bool, err error) {
	of := d.life.Load()
	var found []*taken
	statements := &pgx.Batch{}
	statements.Queue(claimNext, d.served.Load(), len(batch), of.number).Query(func(rows pgx.Rows) error {
		var err error
		found, err = pgx.CollectRows(rows, readTaken)
		return err
	})
	statements.Queue(anyQueued).QueryRow(func(row pgx.Row) error { return row.Scan(&more) })
	if err := d.pool.SendBatch(ctx, statements).Close(); err != nil || len(found) == 0 {
		return 0, more, err
	}
	d.served.Store(found[len(found)-1].instance)
	if err := d.readNames(ctx, flowsOf(found)); err != nil {
		return 0, more, err
	}
	for i, one := range found {
		d.grip(batch[i].what, one, of)
	}
	return len(found), more, nil
}

// taken is a row of claimNext.
type taken struct {
	row
	nth   int64
	tied  bool
	epoch int64
	input []byte
	steps [][]byte
}

func readTaken(from pgx.CollectableRow) (*taken, error) {
	var one taken
	err := from.Scan(append([]any{&one.nth, &one.tied, &one.epoch}, append(one.targets(), &one.input, &one.steps)...)...)
	return &one, err
}

func flowsOf(found []*taken) []int32 {
	flows := make([]int32, len(found))
	for i, one := range found {
		flows[i] = one.flow
	}
	return flows
}

// grip notes that this host has an execution, and makes the claim of it. The work on it ends when d.held drops it.
func (d *Database) grip(asked *permit, one *taken, of *life) {
	d.held.put(one.id, &grip{epoch: one.epoch, life: of.number, tied: one.tied, stop: asked.stop})
	asked.claimed = &store.Claim{Epoch: one.epoch, Execution: store.Execution{ID: integration.ExecutionID(one.id)}}
	asked.failed = d.fill(asked.claimed, one)
}

func (d *Database) fill(claim *store.Claim, one *taken) error {
	var err error
	if claim.Execution, err = d.execution(&one.row); err != nil {
		return err
	}
	claim.Execution.Fault = record.Brief(claim.Execution.Fault)
	if claim.Input, err = d.codec.DecodeInput(one.input); err != nil {
		return err
	}
	claim.Done, err = d.decodeSteps(one.steps)
	return err
}

func (d *Database) decodeSteps(bodies [][]byte) ([]store.Step, error) {
	steps := make([]store.Step, 0, len(bodies))
	for _, body := range bodies {
		step, err := d.codec.DecodeStep(body)
		if err != nil {
			return nil, err
		}
		steps = append(steps, *step)
	}
	return steps, nil
}
