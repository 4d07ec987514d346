package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/sdk/fault"
)

const executionSource = `with
v as (
	select id, flow, instance, status, source, synchronous, dropped, started_at, ended_at, due, wake, elapsed, bytes, attempt, losses, steps,
		logs, lanes, replay_of, replayed_as, cancel_key, fault, owner, epoch, input, chunk
	from unnest($1::bigint[], $2::int[], $3::int[], $4::smallint[], $5::smallint[], $6::boolean[], $7::boolean[], $8::bigint[], $9::bigint[],
		$10::bigint[], $11::bigint[], $12::bigint[], $13::bigint[], $14::int[], $15::int[], $16::int[], $17::int[], $18::int[], $19::bigint[],
		$20::bigint[], $21::bytea[], $22::bytea[], $23::bigint[], $24::bigint[], $25::bytea[], $26::bytea[])
	v (id, flow, instance, status, source, synchronous, dropped, started_at, ended_at, due, wake, elapsed, bytes, attempt, losses, steps, logs, lanes,
		replay_of, replayed_as, cancel_key, fault, owner, epoch, input, chunk)
),
kept as (
	insert into executions (id, flow, instance, status, source, synchronous, dropped, started_at, ended_at, due, wake, elapsed, bytes, attempt, losses, steps,
		logs, lanes, replay_of, replayed_as, cancel_key, fault, owner, epoch)
	select id, flow, instance, status, source, synchronous, dropped, started_at, ended_at, due, wake, elapsed, bytes, attempt, losses, steps,
		logs, lanes, replay_of, replayed_as, cancel_key, fault, owner, epoch from v `

const executionParts = `
	returning id
),
kept_inputs as (
	insert into inputs (execution, body) select id, input from v join kept using (id) where input is not null
	on conflict (execution) do update set body = excluded.body
),
kept_chunks as (
	insert into chunks (execution, number, body) select id, 1, chunk from v join kept using (id) where chunk is not null
	on conflict (execution, number) do update set body = excluded.body
),
kept_steps as (
	insert into steps (execution, position, body) select s.id, s.position, s.body
	from unnest($27::bigint[], $28::int[], $29::bytea[]) s (id, position, body) join kept using (id)
	on conflict (execution, position) do update set body = excluded.body
)
select id from kept`

const (
	insertNew = executionSource + `on conflict (id) do nothing` + executionParts
	replace   = executionSource + `on conflict (id) do update set status = excluded.status, dropped = excluded.dropped, started_at = excluded.started_at,
		ended_at = excluded.ended_at, due = excluded.due, wake = excluded.wake, elapsed = excluded.elapsed, bytes = excluded.bytes, attempt = excluded.attempt,
		losses = excluded.losses, steps = excluded.steps, logs = greatest(executions.logs, excluded.logs), lanes = greatest(executions.lanes, excluded.lanes),
		replayed_as = greatest(executions.replayed_as, excluded.replayed_as), cancel_key = excluded.cancel_key, fault = excluded.fault,
		owner = excluded.owner, epoch = greatest(executions.epoch, excluded.epoch) `
	// endRunning replaces what Reserve kept, and leaves alone what has ended.
	endRunning = replace + `where executions.status < 4` + executionParts
	replaceAny = replace + executionParts
)

// executionRows are the arguments of those.
type executionRows struct {
	ids, started, ended, due, wake, elapsed, bytes, replayOf, replayedAs, owners, epochs []int64
	flows, instances, attempts, losses, steps, logs, lanes                               []int32
	statuses, sources                                                                    []int16
	synchronous, dropped                                                                 []bool
	cancelKeys, faults, inputs, chunks                                                   [][]byte

	stepOf    []int64
	positions []int32
	bodies    [][]byte
}

//nolint:gosec // counts that fit
func (r *executionRows) add(a *arrival) {
	of := &a.row
	r.ids, r.flows, r.instances = append(r.ids, of.id), append(r.flows, of.flow), append(r.instances, of.instance)
	r.statuses, r.sources = append(r.statuses, of.status), append(r.sources, of.source)
	r.synchronous, r.dropped = append(r.synchronous, of.synchronous), append(r.dropped, of.dropped)
	r.started, r.ended, r.due = append(r.started, of.started), append(r.ended, of.ended), append(r.due, of.due)
	r.wake, r.elapsed, r.bytes = append(r.wake, a.wake), append(r.elapsed, of.elapsed), append(r.bytes, a.bytes)
	r.attempts, r.losses = append(r.attempts, int32(of.attempt)), append(r.losses, int32(of.losses))
	r.steps, r.logs, r.lanes = append(r.steps, int32(of.steps)), append(r.logs, int32(of.logs)), append(r.lanes, int32(a.lanes))
	r.replayOf, r.replayedAs = append(r.replayOf, of.replayOf), append(r.replayedAs, of.replayedAs)
	r.cancelKeys, r.faults = append(r.cancelKeys, a.cancelKey), append(r.faults, of.fault)
	r.owners, r.epochs = append(r.owners, a.owner), append(r.epochs, a.epoch)
	r.inputs, r.chunks = append(r.inputs, a.input), append(r.chunks, a.chunk)
	for i, body := range a.steps {
		r.stepOf, r.positions, r.bodies = append(r.stepOf, of.id), append(r.positions, a.positions[i]), append(r.bodies, body)
	}
}

func (r *executionRows) arguments() []any {
	return []any{
		r.ids, r.flows, r.instances, r.statuses, r.sources, r.synchronous, r.dropped, r.started, r.ended, r.due, r.wake, r.elapsed, r.bytes,
		r.attempts, r.losses, r.steps, r.logs, r.lanes, r.replayOf, r.replayedAs, r.cancelKeys, r.faults, r.owners, r.epochs, r.inputs, r.chunks,
		r.stepOf, r.positions, r.bodies,
	}
}

// insertExecutions keeps executions with all that belongs to them, and tells which were kept.
func (d *Database) insertExecutions(ctx context.Context, tx pgx.Tx, statement string, made []*arrival) (map[int64]bool, error) {
	if err := d.widen(ctx, tx, made); err != nil {
		return nil, err
	}
	var rows executionRows
	for _, one := range made {
		rows.add(one)
	}
	kept, err := tx.Query(ctx, statement, rows.arguments()...)
	if err != nil {
		return nil, err
	}
	return collectKept(kept)
}

func errTaken(id int64) *fault.Fault {
	return fault.New(fault.Host, fault.Internal, "the execution id %s is taken", integration.ExecutionID(id))
}

func errSuperseded(by integration.ExecutionID) *fault.Fault {
	return fault.New(fault.Host, fault.Canceled, "the execution %s with the same cancel key took its place", by)
}
