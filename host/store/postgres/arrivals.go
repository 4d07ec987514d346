package postgres

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/store"
)

// writeArrivals keeps executions in one transaction.
func (d *Database) writeArrivals(ctx context.Context, batch []*entry[*arrival]) error {
	return pgx.BeginFunc(ctx, d.pool, func(tx pgx.Tx) error { return d.keepArrivals(ctx, tx, batch) })
}

func (d *Database) keepArrivals(ctx context.Context, tx pgx.Tx, batch []*entry[*arrival]) error {
	let := &admitted{}
	for _, round := range arrivalRounds(batch) {
		if err := d.writeRound(ctx, tx, round, let); err != nil {
			return err
		}
	}
	return d.insertJobs(ctx, tx, let.now, let.later)
}

// arrivalRounds parts arrivals so that none in a part depends on another one of it: by key, schedule, or id.
func arrivalRounds(batch []*entry[*arrival]) [][]*arrival {
	type dependence struct {
		kind string
		flow int32
		id   int64
		hash [32]byte
	}
	var parts [][]*arrival
	free := map[dependence]int{} // the first part in which it may come
	for _, one := range batch {
		what := one.what
		on := []dependence{{kind: "id", id: what.row.id}}
		if what.dedupe != nil {
			on = append(on, dependence{kind: "key", flow: what.row.flow, hash: what.dedupe.hash})
		}
		if what.asked.Fire != nil {
			on = append(on, dependence{kind: "schedule", flow: what.row.flow})
		}
		part := 0
		for _, each := range on {
			part = max(part, free[each])
		}
		for _, each := range on {
			free[each] = part + 1
		}
		for len(parts) <= part {
			parts = append(parts, nil)
		}
		parts[part] = append(parts[part], what)
	}
	return parts
}

// writeRound keeps those of the arrivals that nothing speaks against. What became of each is in it.
func (d *Database) writeRound(ctx context.Context, tx pgx.Tx, round []*arrival, let *admitted) error {
	for _, one := range round { // an earlier try may have come to something else
		one.came, one.row.status = store.Accepted{}, one.unheld
	}
	for _, step := range []func(context.Context, pgx.Tx, []*arrival, *admitted) error{
		d.checkLife, fire, d.holdKeys, takeLanes, d.cancelOlder, d.insertArrivals,
	} {
		round = slices.DeleteFunc(slices.Clone(round), (*arrival).out)
		if len(round) == 0 {
			return nil
		}
		if err := step(ctx, tx, round, let); err != nil {
			return err
		}
	}
	return nil
}

// out tells that the arrival is not to be kept.
func (a *arrival) out() bool { return a.came.Duplicate != 0 || a.came.Skipped }

// checkLife refuses reservations of a host that was declared dead, for nobody would end them.
func (d *Database) checkLife(ctx context.Context, tx pgx.Tx, round []*arrival, _ *admitted) error {
	if !slices.ContainsFunc(round, func(one *arrival) bool { return one.owned }) {
		return nil
	}
	of := d.life.Load()
	var alive bool
	err := tx.QueryRow(ctx, `select true from hosts where life = $1 for key share`, of.number).Scan(&alive)
	if errors.Is(err, pgx.ErrNoRows) {
		return errors.New("this host was declared dead, for it was silent for too long")
	}
	for _, one := range round {
		if one.owned {
			one.owner = of.number
		}
	}
	return err
}

// fire moves schedules on. One that stands elsewhere skips its execution.
func fire(ctx context.Context, tx pgx.Tx, round []*arrival, _ *admitted) error {
	for _, one := range round {
		of := one.asked.Fire
		if of == nil {
			continue
		}
		done, err := tx.Exec(ctx, `update schedules set next = $5
			where integration = $1 and instance = $2 and flow = $3 and next = $4`,
			of.Schedule.Integration, of.Schedule.Instance, of.Schedule.Flow, milli(of.At), milli(of.Next))
		if err != nil {
			return err
		}
		one.came.Skipped = done.RowsAffected() == 0
	}
	return nil
}

// takeLanes gives executions their places. One that finds a lane full which it does not wait for is not kept.
func takeLanes(ctx context.Context, tx pgx.Tx, round []*arrival, let *admitted) error {
	locked := false
	for _, one := range round {
		if len(one.asked.Lanes) == 0 {
			continue
		}
		if !locked {
			if err := lockLanes(ctx, tx); err != nil {
				return err
			}
			locked = true
		}
		if err := one.takeLanes(ctx, tx, let); err != nil {
			return err
		}
	}
	return nil
}

func (a *arrival) takeLanes(ctx context.Context, tx pgx.Tx, let *admitted) error {
	for _, lane := range a.asked.Lanes {
		if !lane.Skip {
			continue
		}
		full, err := laneFull(ctx, tx, lane)
		if err != nil {
			return err
		}
		if full {
			a.came.Skipped = true
			return a.freeKey(ctx, tx)
		}
	}
	all, err := enterLanes(ctx, tx, a.row.id, a.asked.Lanes, let)
	if !all && !a.owned {
		a.row.status = held
	}
	return err
}

// insertArrivals keeps the rows of executions, and the jobs of those that can go on.
func (d *Database) insertArrivals(ctx context.Context, tx pgx.Tx, round []*arrival, let *admitted) error {
	kept, err := d.insertExecutions(ctx, tx, insertNew, round)
	if err != nil {
		return err
	}
	for _, one := range round {
		switch {
		case !kept[one.row.id]:
			return errTaken(one.row.id)
		case one.row.status == queued:
			let.now++
		case one.row.status == waiting:
			let.later = append(let.later, alarm(integration.ExecutionID(one.row.id), time.UnixMilli(one.wake)))
		}
	}
	return errors.Join(noteFired(ctx, tx, round), markReplays(ctx, tx, round))
}

// noteFired tells schedules what they started.
func noteFired(ctx context.Context, tx pgx.Tx, round []*arrival) error {
	for _, one := range round {
		of := one.asked.Fire
		if of == nil {
			continue
		}
		_, err := tx.Exec(ctx, `update schedules set last = $5, last_fired = $4 where integration = $1 and instance = $2 and flow = $3`,
			of.Schedule.Integration, of.Schedule.Instance, of.Schedule.Flow, one.row.id, milli(of.At))
		if err != nil {
			return err
		}
	}
	return nil
}

// markReplays tells the executions that were replayed by which.
func markReplays(ctx context.Context, tx pgx.Tx, round []*arrival) error {
	var originals, replays []int64
	for _, one := range round {
		if one.row.replayOf != 0 {
			originals, replays = append(originals, one.row.replayOf), append(replays, one.row.id)
		}
	}
	if len(replays) == 0 {
		return nil
	}
	_, err := tx.Exec(ctx, `update executions e set replayed_as = v.replay from
		(select original, max(replay) as replay from unnest($1::bigint[], $2::bigint[]) r (original, replay) group by original) v
		where e.id = v.original and e.replayed_as < v.replay`, originals, replays)
	return err
}
