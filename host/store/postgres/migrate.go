package postgres

import (
	"context"
	"embed"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river/rivermigrate"

	"github.com/hookstep-dev/hookstep/host/store/migration"
)

// migrations are ours. A version of River with migrations of its own comes with one of ours, an empty one if need be, so that one
// number tells what a program must know.
//
//go:embed migrations/*.sql
var migrations embed.FS

// migrationLock is the advisory lock that one host at a time holds while it migrates: the text hookstep in ASCII.
const migrationLock int64 = 0x686f6f6b73746570

// migrate brings the schema up to date. Hosts that start at once take turns; all but the first find nothing to do.
func (d *Database) migrate(ctx context.Context) error {
	steps, err := migration.Read(migrations, "migrations")
	if err != nil {
		return err
	}
	return unavailable(d.engine.AcquireFunc(ctx, func(connection *pgxpool.Conn) error {
		if _, err := connection.Exec(ctx, `select pg_advisory_lock($1)`, migrationLock); err != nil {
			return err
		}
		err := d.bringUp(ctx, connection, steps)
		_, unlocked := connection.Exec(context.WithoutCancel(ctx), `select pg_advisory_unlock($1)`, migrationLock)
		return errors.Join(err, unlocked)
	}))
}

func (d *Database) bringUp(ctx context.Context, connection *pgxpool.Conn, steps []migration.Step) error {
	at, err := schemaState(ctx, connection)
	if err != nil {
		return err
	}
	pending, err := migration.Pending(steps, at)
	if err != nil {
		return err
	}
	for _, step := range pending {
		if err := apply(ctx, connection, step); err != nil {
			return fmt.Errorf("migration %s: %w", step.Name, err)
		}
	}
	migrator, err := rivermigrate.New(d.driver(), &rivermigrate.Config{Schema: schemaName, Logger: d.riverLog()})
	if err != nil {
		return err
	}
	_, err = migrator.Migrate(ctx, rivermigrate.DirectionUp, nil)
	return err
}

// schemaState reads how far the database is, and makes the place where that is kept in an empty one.
func schemaState(ctx context.Context, connection *pgxpool.Conn) (migration.State, error) {
	var at migration.State
	var there bool
	// "if not exists" alone would ask for the right to make schemas even where an administrator has made this one.
	err := connection.QueryRow(ctx, `select exists (select from pg_namespace where nspname = $1)`, schemaName).Scan(&there)
	if err != nil {
		return at, err
	}
	if !there {
		if _, err := connection.Exec(ctx, `create schema `+schemaName); err != nil {
			return at, err
		}
	}
	const table = `create table if not exists schema (one boolean primary key default true check (one), version integer not null, needs integer not null)`
	if _, err := connection.Exec(ctx, table); err != nil {
		return at, err
	}
	err = connection.QueryRow(ctx, `select version, needs from schema`).Scan(&at.Version, &at.Needs)
	if errors.Is(err, pgx.ErrNoRows) {
		err = nil
	}
	return at, err
}

func apply(ctx context.Context, connection *pgxpool.Conn, step migration.Step) error {
	return pgx.BeginFunc(ctx, connection, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, step.SQL); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `insert into schema (version, needs) values ($1, $2)
			on conflict (one) do update set version = excluded.version, needs = excluded.needs`, step.Version, step.Needs)
		return err
	})
}
