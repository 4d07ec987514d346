package postgres

import (
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/store"
)

// executionColumns are those of row, of a table that is called c.
const executionColumns = `c.id, c.flow, c.instance, c.status, c.source, c.synchronous, c.dropped, c.started_at, c.ended_at, c.due, c.elapsed,
	c.attempt, c.losses, c.steps, c.logs, c.replay_of, c.replayed_as, c.fault`

// row is an execution as the database holds it.
type row struct {
	id, started, ended, due, elapsed, replayOf, replayedAs int64
	flow, instance                                         int32
	status, source                                         int16
	attempt, losses, steps, logs                           int
	synchronous, dropped                                   bool
	fault                                                  []byte
}

func (r *row) targets() []any {
	return []any{
		&r.id, &r.flow, &r.instance, &r.status, &r.source, &r.synchronous, &r.dropped, &r.started, &r.ended, &r.due, &r.elapsed,
		&r.attempt, &r.losses, &r.steps, &r.logs, &r.replayOf, &r.replayedAs, &r.fault,
	}
}

func readRow(from pgx.CollectableRow) (*row, error) {
	var one row
	return &one, from.Scan(one.targets()...)
}

// execution gives a row with its whole fault. Its flow's name was read before.
func (d *Database) execution(of *row) (store.Execution, error) {
	told, err := d.codec.DecodeFault(of.fault)
	return store.Execution{
		ID: integration.ExecutionID(of.id), Flow: d.names.flow(of.flow), Status: statuses()[of.status], Source: sources()[of.source],
		Synchronous: of.synchronous, StartedAt: timeOf(of.started), EndedAt: timeOf(of.ended), Due: timeOf(of.due),
		Elapsed: time.Duration(of.elapsed), Attempt: of.attempt, Losses: of.losses, StepsDone: of.steps, Fault: told,
		ReplayOf: integration.ExecutionID(of.replayOf), ReplayedAs: integration.ExecutionID(of.replayedAs),
	}, err
}
