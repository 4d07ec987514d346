package postgres

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"

	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/store"
)

func isLost(err error) bool { return errors.Is(err, store.ErrLost) }

// writeAdvances writes changes in one transaction. What needs no job besides goes in one round trip.
func (d *Database) writeAdvances(ctx context.Context, batch []*entry[*advance]) error {
	statements := &pgx.Batch{}
	for _, round := range rounds(batch) {
		queueRound(statements, round)
	}
	now, later := jobsOf(batch)
	if now == 0 && len(later) == 0 {
		return d.pool.SendBatch(ctx, statements).Close()
	}
	return pgx.BeginFunc(ctx, d.pool, func(tx pgx.Tx) error {
		if err := tx.SendBatch(ctx, statements).Close(); err != nil {
			return err
		}
		return d.insertJobs(ctx, tx, now, later)
	})
}

// rounds parts changes so that each part has one of each execution at most, in the order in which they came.
func rounds(batch []*entry[*advance]) [][]*entry[*advance] {
	var parts [][]*entry[*advance]
	nth := make(map[int64]int, len(batch))
	for _, one := range batch {
		n := nth[one.what.id]
		nth[one.what.id]++
		if n == len(parts) {
			parts = append(parts, nil)
		}
		parts[n] = append(parts[n], one)
	}
	return parts
}

func queueRound(statements *pgx.Batch, round []*entry[*advance]) {
	var all columns
	for _, one := range round {
		all.add(one.what)
	}
	statements.Queue(fenced, all.arguments()...).Query(func(rows pgx.Rows) error {
		kept, err := collectKept(rows)
		if err != nil {
			return err
		}
		for _, one := range round {
			if !kept[one.what.id] {
				one.err = store.ErrLost
			}
		}
		return nil
	})
}

// jobsOf gives what wakes the executions that changes let wait. For one that turns out to be lost it is a job too many, which does nothing.
func jobsOf(batch []*entry[*advance]) (now int, later []river.InsertManyParams) {
	for _, one := range batch {
		switch one.what.status {
		case queued:
			now++
		case waiting:
			later = append(later, alarm(integration.ExecutionID(one.what.id), time.UnixMilli(one.what.wake)))
		}
	}
	return now, later
}
