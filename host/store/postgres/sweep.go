package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/store"
)

const (
	sweepAtOnce = 500
	// weighEvery is how often all that is kept is added up. Between, what was deleted is subtracted, and what came is not seen.
	weighEvery = time.Minute
)

// Sweep implements store.Maintenance.
//
// Rows are deleted, not partitions dropped: an execution ends in any order, may wait for weeks in the middle of others that have gone, and goes
// with rows of four tables, so that no partition by time would ever be rid of all at once; a batch passes over rows that another host deletes.
func (d *Database) Sweep(ctx context.Context, keep store.Retention, now time.Time) (deleted int, more bool, err error) {
	moreKeys, err := d.sweepKeys(ctx, now)
	if err != nil {
		return 0, false, unavailable(err)
	}
	if keep.Age > 0 {
		deleted, err = d.sweepOutdated(ctx, now, now.Add(-keep.Age))
		if err != nil || deleted == sweepAtOnce {
			return deleted, err == nil, unavailable(err)
		}
	}
	if keep.Bytes > 0 {
		byBytes, more, err := d.sweepBytes(ctx, keep.Bytes)
		return deleted + byBytes, more || moreKeys, unavailable(err)
	}
	return deleted, moreKeys, nil
}

// clocksApart is how far the clocks of hosts may be apart, with much to spare.
const clocksApart = time.Hour

// sweepOutdated deletes a batch of executions that ended before a time.
func (d *Database) sweepOutdated(ctx context.Context, now, until time.Time) (deleted int, err error) {
	newest, err := d.Newest(ctx)
	if err != nil {
		return 0, err
	}
	// An execution that ended before a time began before it, so rows that are younger are not looked at. Ids tell that unless a
	// clock was wrong: then they run ahead of the time until it has come to them.
	end := integration.FirstIDAt(until)
	if newest.Time().After(now.Add(clocksApart)) {
		end = newest + 1
	}
	deleted, _, err = d.sweepSome(ctx, `ended_at < $2 and id < $3 and `, until.UnixMilli(), int64(end))
	return deleted, err
}

// sweepKeys deletes expired dedupe keys, tokens and authorizations. The key of an execution that is running and not answered stays.
func (d *Database) sweepKeys(ctx context.Context, now time.Time) (more bool, err error) {
	const most = 4 * sweepAtOnce
	err = d.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		swept, err := tx.Exec(ctx, `delete from dedupes where (flow, hash) in (select flow, hash from dedupes where expires <= $1 and answer is not null
			order by expires limit $2 for update skip locked)`, now.UnixMilli(), most)
		if err != nil {
			return err
		}
		more = swept.RowsAffected() == most
		if _, err := tx.Exec(ctx, `delete from tokens where expires_at > 0 and expires_at <= $1`, now.UnixMilli()); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `delete from authorizations where expires_at <= $1`, now.UnixMilli())
		return err
	})
	return more, err
}

// sweepSome deletes a batch of ended executions, the oldest first, and tells how many bytes they had.
func (d *Database) sweepSome(ctx context.Context, which string, arguments ...any) (count int, bytes int64, err error) {
	err = d.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		return tx.QueryRow(ctx, `with
			gone as (delete from executions where id in (select id from executions where `+which+` status >= 4
				order by id limit $1 for update skip locked) returning id, bytes),
			gone_inputs as (delete from inputs using gone where execution = gone.id),
			gone_steps as (delete from steps using gone where execution = gone.id),
			gone_chunks as (delete from chunks using gone where execution = gone.id)
			select count(*), coalesce(sum(bytes), 0)::bigint from gone`, append([]any{sweepAtOnce}, arguments...)...).Scan(&count, &bytes)
	})
	return count, bytes, err
}

// sweepBytes deletes a batch of the oldest executions if all together have too many bytes.
func (d *Database) sweepBytes(ctx context.Context, most int64) (deleted int, more bool, err error) {
	d.weighing.Lock()
	defer d.weighing.Unlock()
	if now := time.Now(); now.Sub(d.weighed) > weighEvery || d.weight <= most {
		err := d.pool.QueryRow(ctx, `select coalesce(sum(bytes), 0)::bigint from executions`).Scan(&d.weight)
		if err != nil {
			return 0, false, err
		}
		d.weighed = now
	}
	if d.weight <= most {
		return 0, false, nil
	}
	over := d.weight - most
	deleted, bytes, err := d.sweepOldest(ctx, over)
	d.weight -= bytes
	return deleted, deleted > 0 && d.weight > most, err
}

// sweepOldest deletes the oldest ended executions up to so many bytes, of a batch at most.
func (d *Database) sweepOldest(ctx context.Context, bytes int64) (int, int64, error) {
	return d.sweepSome(ctx, `id in (select id from (
		select id, sum(bytes) over (order by id) - bytes as before from (
			select id, bytes from executions where status >= 4 order by id limit $1
		) oldest
	) summed where before < $2) and `, bytes)
}
