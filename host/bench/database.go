package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/hookstep-dev/hookstep/host/store"
	"github.com/hookstep-dev/hookstep/host/store/postgres"
	"github.com/hookstep-dev/hookstep/host/store/postgres/scratch"
	"github.com/hookstep-dev/hookstep/host/store/sqlite"
)

// database is where hosts keep their executions.
type database struct {
	name  string
	hosts int
	url   string // of PostgreSQL; empty: SQLite
}

// flags are those with which a host uses the database.
func (d *database) flags() []string {
	if d.url == "" {
		return nil
	}
	return []string{"--database", d.url}
}

// open opens the database once for each of its hosts. Whoever calls closes what was opened, with an error too.
func (d *database) open(ctx context.Context, given *settings) (opened []store.Store, err error) {
	log := slog.New(slog.DiscardHandler)
	for range d.hosts {
		var one store.Store
		if d.url != "" {
			one, err = postgres.Open(ctx, postgres.Options{URL: d.url, Log: log})
		} else {
			one, err = openSQLite(ctx, given, log)
		}
		if err != nil {
			return opened, err
		}
		opened = append(opened, one)
	}
	return opened, nil
}

func openSQLite(ctx context.Context, given *settings, log *slog.Logger) (*sqlite.Database, error) {
	folder, err := os.MkdirTemp(given.folder, "sqlite-")
	if err != nil {
		return nil, err
	}
	return sqlite.Open(ctx, sqlite.Options{Path: filepath.Join(folder, "hookstep.db"), Log: log})
}

func closeAll(ctx context.Context, opened []store.Store) error {
	var problems []error
	for _, each := range opened {
		problems = append(problems, each.Close(context.WithoutCancel(ctx)))
	}
	return errors.Join(problems...)
}

// databases gives one of each kind, empty, and what removes them: SQLite, and in one cluster of PostgreSQL one for a single
// host and one for two.
func databases(ctx context.Context, given *settings) (all []database, remove func() error, err error) {
	all, remove = []database{{name: "SQLite", hosts: 1}}, func() error { return nil }
	cluster, err := scratch.New(ctx)
	if errors.Is(err, scratch.ErrMissing) {
		fmt.Fprintf(given.out, "NOT MEASURED: PostgreSQL. %v\n\n", err)
		return all, remove, nil
	}
	if err != nil {
		return nil, nil, err
	}
	for hosts, name := range []string{1: "PostgreSQL, one host", 2: "PostgreSQL, two hosts"} {
		if hosts == 0 {
			continue
		}
		url, err := cluster.Database(ctx, fmt.Sprintf("bench_%d", hosts))
		if err != nil {
			return nil, nil, errors.Join(err, cluster.Remove())
		}
		all = append(all, database{name: name, hosts: hosts, url: url})
	}
	return all, cluster.Remove, nil
}
