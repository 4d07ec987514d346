package postgres

import (
	"context"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	shortWait  = 10 * time.Second // River's scheduler looks ahead for half of it
	mostTimed  = 4096             // short waits at once that this host times; River has the others
	overdue    = 6 * time.Second  // after which an execution that River did not wake is woken by any host
	fewPermits = 100
)

// timeShort wakes an execution itself when its wait is so short that River's scheduler could come too late. If this host ends before, River
// comes.
func (d *Database) timeShort(ctx context.Context, id, epoch int64, at time.Time) {
	left := at.Sub(d.clock.now())
	if left > shortWait {
		return
	}
	if d.timing.Add(1) > mostTimed {
		d.timing.Add(-1)
		return
	}
	ctx = context.WithoutCancel(ctx)
	d.running.Go(func() {
		defer d.timing.Add(-1)
		rings := time.NewTimer(left)
		defer rings.Stop()
		select {
		case <-rings.C:
			if err := d.wake(ctx, `id = $1 and epoch = $2`, id, epoch); err != nil {
				d.options.Log.LogAttrs(ctx, slog.LevelWarn, "database", slog.String("while", "waking an execution"), slog.Any("error", err))
			}
		case <-d.closing:
		}
	})
}

// wake queues waiting executions.
func (d *Database) wake(ctx context.Context, which string, arguments ...any) error {
	return d.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		woken, err := tx.Exec(ctx, `update executions set status = 1, due = 0 where status = 3 and `+which, arguments...)
		if err != nil {
			return err
		}
		return d.insertJobs(ctx, tx, int(woken.RowsAffected()), nil)
	})
}

// wakeOverdue queues what River should have woken and has not, as when its leader was killed.
func (d *Database) wakeOverdue(ctx context.Context) error {
	return d.wake(ctx, `id in (select id from executions where status = 3 and wake < $1 order by wake limit $2 for update skip locked)`,
		d.clock.now().Add(-overdue).UnixMilli(), releaseAtOnce)
}

// replenish makes good for permits that were lost with the host that had them in hand: without any that is free, while executions are
// queued, it makes some.
func (d *Database) replenish(ctx context.Context) error {
	return d.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		var missing int
		err := tx.QueryRow(ctx, `select count(*) from (select from executions where status = 1 limit $2) queued
			where not exists (select from river_job where state = 'available' and queue = $1)`, queueName, fewPermits).Scan(&missing)
		if err != nil {
			return err
		}
		return d.insertJobs(ctx, tx, missing, nil)
	})
}
