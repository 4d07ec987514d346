package sqlite

import (
	"embed"
	"errors"
	"fmt"

	"github.com/hookstep-dev/hookstep/host/store/migration"
)

//go:embed migrations/*.sql
var migrations embed.FS

const schemaTable = "CREATE TABLE IF NOT EXISTS schema (one INTEGER PRIMARY KEY CHECK (one = 1), version INTEGER NOT NULL, needs INTEGER NOT NULL)"

// migrate brings the schema up to date, in one transaction.
func migrate(l *link) error {
	steps, err := migration.Read(migrations, "migrations")
	if err != nil {
		return err
	}
	if _, err := l.exec(schemaTable); err != nil {
		return err
	}
	found, err := l.one("SELECT version, needs FROM schema")
	if err != nil {
		return err
	}
	var at migration.State
	if found != nil {
		at = migration.State{Version: int(found.int(0)), Needs: int(found.int(1))}
	}
	pending, err := migration.Pending(steps, at)
	if err != nil || len(pending) == 0 {
		return err
	}
	return atOnce(l, func() error { return take(l, pending) })
}

func take(l *link, pending []migration.Step) error {
	for _, step := range pending {
		if err := l.script(step.SQL); err != nil {
			return fmt.Errorf("migration %s: %w", step.Name, err)
		}
	}
	last := pending[len(pending)-1]
	_, err := l.exec("INSERT OR REPLACE INTO schema (one, version, needs) VALUES (1, ?, ?)", last.Version, last.Needs)
	return err
}

// atOnce does something in one transaction, outside the writer's.
func atOnce(l *link, do func() error) error {
	if _, err := l.exec("BEGIN IMMEDIATE"); err != nil {
		return err
	}
	err := do()
	if err == nil {
		_, err = l.exec("COMMIT")
	}
	if err != nil {
		_, ended := l.exec("ROLLBACK")
		return errors.Join(err, ended)
	}
	return nil
}
