package postgres

import (
	"context"
	"fmt"
	"maps"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
)

// schemaName is the namespace of all our tables and River's, so that the database may hold other things too.
const schemaName = "hookstep"

const (
	poolSize    = 16
	enginePool  = 6
	healthCheck = 5 * time.Second
)

// connect makes the pools; connections are made as they are needed.
func (d *Database) connect(ctx context.Context) error {
	pool, err := newPool(ctx, d.options.URL, poolSize, map[string]string{
		// A host that is stopped in the middle of a transaction must not hold others up, nor a lock its caller.
		// How long a statement takes is bounded by its caller's ctx, for it depends on how much it writes.
		"lock_timeout":                        milliseconds(d.options.Patience),
		"idle_in_transaction_session_timeout": milliseconds(2 * d.options.Patience),
	}, d.options.Patience)
	if err != nil {
		return err
	}
	d.pool = pool
	d.engine, err = newPool(ctx, d.options.URL, enginePool, map[string]string{
		// What River writes besides our transactions only says which jobs are taken and done. A server that forgets the last of it
		// gives a job out again, which finds nothing to do.
		"synchronous_commit": "off",
	}, d.options.Patience)
	return err
}

func newPool(ctx context.Context, url string, size int32, settings map[string]string, patience time.Duration) (*pgxpool.Pool, error) {
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, fmt.Errorf("database URL: %w", err)
	}
	config.MaxConns = size
	config.HealthCheckPeriod = healthCheck
	config.ConnConfig.ConnectTimeout = patience
	config.ConnConfig.RuntimeParams["application_name"] = "hookstep"
	config.ConnConfig.RuntimeParams["search_path"] = schemaName
	maps.Copy(config.ConnConfig.RuntimeParams, settings)
	return pgxpool.NewWithConfig(ctx, config)
}

func milliseconds(of time.Duration) string { return strconv.FormatInt(of.Milliseconds(), 10) }

func (d *Database) disconnect() {
	if d.pool != nil {
		d.pool.Close()
	}
	if d.engine != nil {
		d.engine.Close()
	}
}

func (d *Database) driver() *riverpgxv5.Driver { return riverpgxv5.New(d.engine) }

// bytesPerSecond is what a busy database writes at least, in a call with much to write.
const bytesPerSecond = 1 << 20

// allowance is how long a call may take that writes so many bytes.
func allowance(patience time.Duration, bytes int64) time.Duration {
	return patience + time.Duration(bytes)*time.Second/bytesPerSecond
}

// inTx runs what in a transaction of its own within Patience, and repeats it when the database asks for that.
func (d *Database) inTx(ctx context.Context, what func(ctx context.Context, tx pgx.Tx) error) error {
	return d.inLargeTx(ctx, 0, what)
}

// inLargeTx is inTx for so many bytes.
func (d *Database) inLargeTx(ctx context.Context, bytes int64, what func(ctx context.Context, tx pgx.Tx) error) error {
	limit := allowance(d.options.Patience, bytes)
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	return again(ctx, func() error {
		return d.tryTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
			if err := beIdle(ctx, tx, limit-d.options.Patience); err != nil {
				return err
			}
			return what(ctx, tx)
		})
	})
}

// beIdle lets a transaction be idle for longer, for the server takes it for that until the last byte of a large statement has come.
func beIdle(ctx context.Context, tx pgx.Tx, longer time.Duration) error {
	if longer < time.Second {
		return nil
	}
	_, err := tx.Exec(ctx, `select set_config('idle_in_transaction_session_timeout', (setting::bigint + $1)::text, true)
		from pg_settings where name = 'idle_in_transaction_session_timeout'`, longer.Milliseconds())
	return err
}

// collect gives the rows of an answer, each as read makes it.
func collect[T any](ctx context.Context, from interface {
	Query(ctx context.Context, query string, arguments ...any) (pgx.Rows, error)
}, read pgx.RowToFunc[T], query string, arguments ...any,
) ([]T, error) {
	rows, err := from.Query(ctx, query, arguments...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, read)
}

// listed is collect within Patience, with errors for the contract's callers.
func listed[T any](ctx context.Context, d *Database, read pgx.RowToFunc[T], query string, arguments ...any) ([]T, error) {
	ctx, cancel := context.WithTimeout(ctx, d.options.Patience)
	defer cancel()
	all, err := collect(ctx, d.pool, read, query, arguments...)
	return all, unavailable(err)
}

func (d *Database) tryTx(ctx context.Context, what func(ctx context.Context, tx pgx.Tx) error) error {
	return pgx.BeginFunc(ctx, d.pool, func(tx pgx.Tx) error { return what(ctx, tx) })
}
