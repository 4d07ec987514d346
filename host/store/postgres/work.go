package postgres

import (
	"context"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"

	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/store"
	"github.com/hookstep-dev/hookstep/sdk/fault"
)

const (
	fetchCooldown = 2 * time.Millisecond   // between two looks for jobs, when there are notifications all the time
	fetchPoll     = time.Second            // between two looks without one
	keepJobs      = time.Minute            // after they are done
	rescueAfter   = 365 * 24 * time.Hour   // jobs of a dead host: its executions got new ones long before
	jobAttempts   = 25                     // of a job that met a database in trouble; replenish makes good for it
	dropPause     = time.Second            // before an execution that its worker dropped is given out again
	startPause    = 500 * time.Millisecond // between two tries to start, while the database is away
	claimRetry    = 200 * time.Millisecond //
)

// Work implements store.Claims.
func (d *Database) Work(ctx context.Context, slots int, take func(ctx context.Context, claim *store.Claim)) error {
	workers := river.NewWorkers()
	ended := &atomic.Bool{}
	if err := river.AddWorkerSafely(workers, &worker{database: d, take: take, ended: ended}); err != nil {
		return err
	}
	client, err := river.NewClient(d.driver(), &river.Config{
		ID: fmt.Sprintf("host-%d-%d", d.life.Load().number, d.workings.Add(1)), Schema: schemaName, Logger: d.riverLog(),
		Queues:  map[string]river.QueueConfig{queueName: {MaxWorkers: slots}},
		Workers: workers, MaxAttempts: jobAttempts, JobTimeout: -1, RescueStuckJobsAfter: rescueAfter,
		FetchCooldown: fetchCooldown, FetchPollInterval: fetchPoll, CompletedJobRetentionPeriod: keepJobs,
	})
	if err != nil {
		return err
	}
	if err := d.start(ctx, client); err != nil {
		return err
	}
	<-ctx.Done()
	ended.Store(true)
	return client.Stop(context.WithoutCancel(ctx))
}

// start starts River, again and again while the database is away.
func (d *Database) start(ctx context.Context, client *river.Client[pgx.Tx]) error {
	for {
		err := client.Start(context.WithoutCancel(ctx))
		if err == nil {
			return nil
		}
		if isStatement(err) {
			return unavailable(err)
		}
		d.options.Log.LogAttrs(ctx, slog.LevelWarn, "database", slog.String("while", "starting to work"), slog.Any("error", err))
		select {
		case <-time.After(startPause):
		case <-ctx.Done():
			return nil
		}
	}
}

// worker turns a job into the work on one execution.
type worker struct {
	river.WorkerDefaults[job]

	database *Database
	take     func(ctx context.Context, claim *store.Claim)
	ended    *atomic.Bool // no new work is begun
}

// Work implements river.Worker. It has nothing to do when others were quicker.
func (w *worker) Work(ctx context.Context, given *river.Job[job]) error {
	if w.ended.Load() {
		return river.JobSnooze(0)
	}
	ctx, stop := context.WithCancelCause(context.WithoutCancel(ctx))
	defer stop(nil)
	asked := &permit{wake: int64(given.Args.Wake), stop: stop}
	if err := w.database.claimer.do(ctx, asked); err != nil {
		w.database.options.Log.LogAttrs(ctx, slog.LevelWarn, "database", slog.String("while", "taking an execution"), slog.Any("error", fault.As(err, fault.Host).Story()))
		return river.JobSnooze(claimRetry)
	}
	if asked.crowded {
		return river.JobSnooze(claimRetry)
	}
	if asked.claimed == nil {
		return nil
	}
	id, epoch := int64(asked.claimed.Execution.ID), asked.claimed.Epoch
	if asked.failed == nil {
		w.take(ctx, asked.claimed)
	}
	w.database.leave(context.WithoutCancel(ctx), id, epoch, asked.failed)
	return nil
}

// leave gives an execution back that its worker has neither finished nor postponed. One that cannot be read ends.
func (d *Database) leave(ctx context.Context, id, epoch int64, unreadable error) {
	made, err := d.change(id, epoch)
	if err != nil {
		return
	}
	if unreadable != nil {
		d.options.Log.LogAttrs(ctx, slog.LevelError, "an execution cannot be read and ends",
			slog.String("execution", integration.ExecutionID(id).String()), slog.Any("error", unreadable))
		err = d.endUnreadable(ctx, made, fault.As(unreadable, fault.Host))
	} else {
		err = d.pause(ctx, made, d.options.Now().Add(dropPause))
	}
	if err != nil && !isLost(err) {
		d.held.drop(id, epoch, errElsewhere()) // reclaim finds it
		d.options.Log.LogAttrs(ctx, slog.LevelWarn, "an execution was not given back yet",
			slog.String("execution", integration.ExecutionID(id).String()), slog.Any("error", err))
	}
}

func (d *Database) endUnreadable(ctx context.Context, made *advance, why *fault.Fault) error {
	if err := d.blame(made, why); err != nil {
		return err
	}
	made.status, made.ended = deadLetter, d.options.Now().UnixMilli()
	if made.tied {
		return d.settled(ctx, made, func() error { return d.finishTied(ctx, made, nil) })
	}
	return d.advance(ctx, made)
}
