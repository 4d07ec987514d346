package postgres

import (
	"context"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"github.com/hookstep-dev/hookstep/host/integration"
)

// queueName is the queue of River that all hosts work on.
const queueName = "executions"

// job is a permit to work: whoever gets it takes the execution whose instance's turn it is. There are at least as many as executions
// that are queued, so none is forgotten, and one too many finds nothing to do.
type job struct {
	// Wake is the execution that is due by now and becomes queued first; 0 for none.
	Wake integration.ExecutionID `json:"wake,omitempty"`
}

// Kind implements river.JobArgs.
func (job) Kind() string { return "execution" }

// dueAtOnce dates jobs of now back, for River takes the time from the host's clock and compares it with the database's: with a host
// that is ahead, they would wait.
type dueAtOnce struct {
	river.HookDefaults
}

// InsertBegin implements rivertype.HookInsertBegin.
func (*dueAtOnce) InsertBegin(_ context.Context, job *rivertype.JobInsertParams) error {
	if job.State == rivertype.JobStateAvailable {
		job.ScheduledAt = new(time.Unix(1_000_000_000, 0))
	}
	return nil
}

// permits gives jobs for executions that have become queued.
func permits(count int) []river.InsertManyParams {
	jobs := make([]river.InsertManyParams, count)
	for i := range jobs {
		jobs[i] = river.InsertManyParams{Args: job{}, InsertOpts: &river.InsertOpts{Queue: queueName}}
	}
	return jobs
}

// alarm gives the job that wakes an execution at a time of the database's clock.
func alarm(id integration.ExecutionID, at time.Time) river.InsertManyParams {
	return river.InsertManyParams{Args: job{Wake: id}, InsertOpts: &river.InsertOpts{Queue: queueName, ScheduledAt: at}}
}

// insertJobs keeps jobs in a transaction, and wakes the hosts when it commits if there is something to do at once.
//
// River notifies by itself at most once in a while from each client, without regard to when transactions commit; with all
// that happens in this time notified of too, no job waits for the next poll.
func (d *Database) insertJobs(ctx context.Context, tx pgx.Tx, now int, later []river.InsertManyParams) error {
	jobs := append(permits(now), later...)
	if len(jobs) == 0 {
		return nil
	}
	if _, err := d.inserter.InsertManyTx(ctx, tx, jobs); err != nil {
		return err
	}
	if now == 0 {
		return nil
	}
	_, err := tx.Exec(ctx, `select pg_notify($1, $2)`, schemaName+".river_insert", `{"queue": "`+queueName+`"}`)
	return err
}

// newInserter makes the client that keeps jobs and works on none.
func (d *Database) newInserter() (*river.Client[pgx.Tx], error) {
	return river.NewClient(d.driver(), &river.Config{Schema: schemaName, Logger: d.riverLog(), MaxAttempts: jobAttempts, Hooks: []rivertype.Hook{&dueAtOnce{}}})
}

// riverLog lets River say what an operator should know.
func (d *Database) riverLog() *slog.Logger { return slog.New(quiet{d.options.Log.Handler()}) }

// quiet is a handler that drops what is below a warning.
type quiet struct {
	slog.Handler
}

// Enabled implements slog.Handler.
func (q quiet) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= slog.LevelWarn && q.Handler.Enabled(ctx, level)
}

// WithAttrs implements slog.Handler.
func (q quiet) WithAttrs(attrs []slog.Attr) slog.Handler { return quiet{q.Handler.WithAttrs(attrs)} }

// WithGroup implements slog.Handler.
func (q quiet) WithGroup(name string) slog.Handler { return quiet{q.Handler.WithGroup(name)} }
