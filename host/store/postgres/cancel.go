package postgres

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/store"
	"github.com/hookstep-dev/hookstep/sdk/fault"
)

// cancelChannel carries ids of running executions that were cancelled.
const cancelChannel = schemaName + ".cancel"

// Cancel implements store.Intake.
func (d *Database) Cancel(ctx context.Context, id integration.ExecutionID, why *fault.Fault) error {
	told, err := d.codec.EncodeFault(why)
	if err != nil {
		return err
	}
	return unavailable(d.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error { return d.cancel(ctx, tx, int64(id), told) }))
}

func (d *Database) cancel(ctx context.Context, tx pgx.Tx, id int64, told []byte) error {
	var status int16
	var lanes int
	var synchronous bool
	// The lock of lanes comes before that of rows, as everywhere. How many lanes an execution has never changes.
	if err := tx.QueryRow(ctx, `select lanes from executions where id = $1`, id).Scan(&lanes); err != nil {
		return missing(err)
	}
	if lanes > 0 {
		if err := lockLanes(ctx, tx); err != nil {
			return err
		}
	}
	err := tx.QueryRow(ctx, `select status, synchronous from executions where id = $1 for update`, id).Scan(&status, &synchronous)
	if err != nil {
		return missing(err)
	}
	switch {
	case status > waiting:
		return store.ErrConflict
	case synchronous:
		return fmt.Errorf("%w: the execution %s is synchronous: its caller waits for it", store.ErrConflict, integration.ExecutionID(id))
	}
	let := &admitted{}
	if lanes > 0 {
		if err := leaveLanes(ctx, tx, id, let); err != nil {
			return err
		}
	}
	_, err = tx.Exec(ctx, `update executions set status = $2, ended_at = $3, fault = $4, due = 0, owner = 0, epoch = epoch + 1 where id = $1`,
		id, canceled, d.options.Now().UnixMilli(), told)
	if err != nil {
		return err
	}
	if status == running {
		if _, err := tx.Exec(ctx, `select pg_notify($1, $2)`, cancelChannel, strconv.FormatInt(id, 10)); err != nil {
			return err
		}
	}
	return d.insertJobs(ctx, tx, let.now, let.later)
}

// listenPause is between two tries to listen, while the database is away.
const listenPause = time.Second

// listen stops the work on executions that are cancelled, on whichever host, until ctx ends. What it misses, recheck finds.
func (d *Database) listen(ctx context.Context) {
	for ctx.Err() == nil {
		err := d.hear(ctx)
		if ctx.Err() != nil {
			return
		}
		d.options.Log.LogAttrs(ctx, slog.LevelWarn, "database", slog.String("while", "listening"), slog.Any("error", err))
		select {
		case <-time.After(listenPause):
		case <-ctx.Done():
		}
	}
}

func (d *Database) hear(ctx context.Context) error {
	config := d.pool.Config().ConnConfig
	connected, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return err
	}
	defer func() { _ = connected.Close(context.WithoutCancel(ctx)) }()
	if _, err := connected.Exec(ctx, `listen `+pgx.Identifier{cancelChannel}.Sanitize()); err != nil {
		return err
	}
	for {
		told, err := connected.WaitForNotification(ctx)
		if err != nil {
			return err
		}
		id, err := strconv.ParseInt(told.Payload, 10, 64)
		if err != nil {
			return errors.New("a notification that is no execution: " + told.Payload)
		}
		d.held.dropAny(id, errElsewhere())
	}
}
