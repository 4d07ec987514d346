package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/store"
)

const scheduleColumns = `select integration, instance, flow, spec, next, last, last_fired from schedules `

// PutSchedules implements store.Schedules.
func (d *Database) PutSchedules(ctx context.Context, schedules []store.ScheduleRow) error {
	return d.sendSchedules(ctx, len(schedules), func(statements *pgx.Batch, i int) {
		of := &schedules[i]
		statements.Queue(`insert into schedules (integration, instance, flow, spec, next, last, last_fired) values ($1, $2, $3, $4, $5, $6, $7)
			on conflict (integration, instance, flow) do update set spec = excluded.spec, next = excluded.next where schedules.spec <> excluded.spec`,
			of.Name.Integration, of.Name.Instance, of.Name.Flow, of.Spec, milli(of.Next), milli(of.Last), int64(of.LastFired))
	})
}

// DropSchedules implements store.Schedules.
func (d *Database) DropSchedules(ctx context.Context, names []store.ScheduleName) error {
	return d.sendSchedules(ctx, len(names), func(statements *pgx.Batch, i int) {
		statements.Queue(`delete from schedules where integration = $1 and instance = $2 and flow = $3`,
			names[i].Integration, names[i].Instance, names[i].Flow)
	})
}

// sendSchedules runs a statement for each of so many schedules, all or none. Hosts that start at once do so one after the other.
func (d *Database) sendSchedules(ctx context.Context, count int, queue func(statements *pgx.Batch, i int)) error {
	if count == 0 {
		return nil
	}
	return unavailable(d.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		statements := &pgx.Batch{}
		statements.Queue(`select pg_advisory_xact_lock($1)`, migrationLock+3)
		for i := range count {
			queue(statements, i)
		}
		return tx.SendBatch(ctx, statements).Close()
	}))
}

// MoveSchedule implements store.Schedules.
func (d *Database) MoveSchedule(ctx context.Context, of *store.Fire) (moved bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, d.options.Patience)
	defer cancel()
	done, err := d.pool.Exec(ctx, `update schedules set next = $5 where integration = $1 and instance = $2 and flow = $3 and next = $4`,
		of.Schedule.Integration, of.Schedule.Instance, of.Schedule.Flow, milli(of.At), milli(of.Next))
	return err == nil && done.RowsAffected() > 0, unavailable(err)
}

// ListSchedules implements store.Schedules.
func (d *Database) ListSchedules(ctx context.Context) ([]store.ScheduleRow, error) {
	return d.readSchedules(ctx, scheduleColumns+`order by integration, instance, flow`)
}

// DueSchedules implements store.Schedules.
func (d *Database) DueSchedules(ctx context.Context, now time.Time) (due []store.ScheduleRow, next time.Time, err error) {
	due, err = d.readSchedules(ctx, scheduleColumns+`where next > 0 and next <= $1 order by next, integration, instance, flow`, now.UnixMilli())
	if err != nil {
		return nil, time.Time{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, d.options.Patience)
	defer cancel()
	var earliest int64
	err = d.pool.QueryRow(ctx, `select coalesce(min(next), 0) from schedules where next > greatest($1::bigint, 0)`, now.UnixMilli()).Scan(&earliest)
	return due, timeOf(earliest), unavailable(err)
}

func (d *Database) readSchedules(ctx context.Context, query string, arguments ...any) ([]store.ScheduleRow, error) {
	return listed(ctx, d, func(from pgx.CollectableRow) (store.ScheduleRow, error) {
		var name, instance, flow, spec string
		var next, last, fired int64
		err := from.Scan(&name, &instance, &flow, &spec, &next, &last, &fired)
		return store.ScheduleRow{
			Name: store.Flow{Integration: name, Instance: integration.InstanceName(instance), Flow: integration.Slug(flow)}, Spec: spec,
			Next: timeOf(next), Last: timeOf(last), LastFired: integration.ExecutionID(fired),
		}, err
	}, query, arguments...)
}
