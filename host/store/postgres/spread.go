package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/hookstep-dev/hookstep/host/integration"
)

// spread is how far the time in an execution's id was ever after its start, and before it, in milliseconds: what bounds ids when times are
// asked for.
type spread struct {
	ahead, behind int64
}

// from is the least id of what started then or later.
func (s spread) from(since int64) int64 {
	return int64(integration.FirstIDAt(time.UnixMilli(since - s.behind)))
}

// below is above the ids of all that started before then.
func (s spread) below(till int64) int64 {
	return int64(integration.FirstIDAt(time.UnixMilli(till + s.ahead + 1)))
}

// readSpread asks the database, for another host may have widened it.
func (d *Database) readSpread(ctx context.Context) (spread, error) {
	var now spread
	err := d.pool.QueryRow(ctx, `select ahead, behind from spread`).Scan(&now.ahead, &now.behind)
	if err == nil {
		d.apart.Store(&now)
	}
	return now, err
}

// widen keeps the spread of executions that are to be kept. Nearly always it is within the known one.
func (d *Database) widen(ctx context.Context, tx pgx.Tx, made []*arrival) error {
	known := *d.apart.Load()
	wide := known
	for _, one := range made {
		apart := integration.ExecutionID(one.row.id).Time().UnixMilli() - one.row.started
		wide.ahead, wide.behind = max(wide.ahead, apart), max(wide.behind, -apart)
	}
	if wide == known {
		return nil
	}
	_, err := tx.Exec(ctx, `update spread set ahead = greatest(ahead, $1), behind = greatest(behind, $2) where ahead < $1 or behind < $2`,
		wide.ahead, wide.behind)
	return err
}
