// Package sqlite keeps what must not be lost in one SQLite file, for one host.
//
// One writer changes the file. All that callers ask for while it writes to the disk goes into its next transaction, so that many share the
// cost of one write; an operation returns when its transaction is on the disk. Work is given out from memory, after its commit.
package sqlite

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/store"
	"github.com/hookstep-dev/hookstep/host/store/record"
)

// Options say where the database is.
type Options struct {
	Path string           // of the file; its folder is made if it is missing, and belongs to one host at a time
	Now  func() time.Time // nil: time.Now
	Log  *slog.Logger     // nil: slog.Default
}

func (o Options) complete() Options {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	return o
}

// Database is a store.Store in a file.
type Database struct {
	options  Options
	codec    *record.Codec
	lock     *folderLock
	writer   *writer
	checks   *checkpointer
	readers  *readers
	flows    *flows
	apart    apart
	dispatch *dispatch
	owners   *owners // the writer's
	states   *stateCache
	sweeper  sweeper
	ending   sync.Once
	closeErr error
}

var _ store.Store = (*Database)(nil)

// Open opens the database, making it if it is not there, and queues again what had not ended when the last host did. An error
// says what is wrong with which folder or file and what to do. Close must follow.
func Open(ctx context.Context, options Options) (*Database, error) {
	d := &Database{options: options.complete()}
	folder := filepath.Dir(options.Path)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, fmt.Errorf("making the data folder: %w", err)
	}
	var err error
	if d.lock, err = lockFolder(folder); err != nil {
		return nil, err
	}
	if err := d.open(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("opening the database %s: %w", options.Path, err), d.lock.release())
	}
	return d, nil
}

func (d *Database) open(ctx context.Context) error {
	var err error
	if d.codec, err = record.New(); err != nil {
		return err
	}
	if err := touch(d.options.Path); err != nil {
		return err
	}
	writing, err := dial(ctx, d.options.Path, writerPragmas()...)
	if err != nil {
		return err
	}
	left, err := d.prepare(ctx, writing)
	if err != nil {
		return errors.Join(err, writing.close())
	}
	d.writer = newWriter(writing, &d.apart, d.checks.committed, d.options.Log)
	go d.checks.run()
	go d.writer.run()
	go d.dispatch.keepTime()
	if err := d.failLost(ctx, left); err != nil {
		return errors.Join(err, d.shut())
	}
	return nil
}

// touch makes the file, for its owner's eyes only: what is beside it gets the same mode.
func touch(path string) error {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	return file.Close()
}

// writerPragmas: a page holds most records whole. The cache is small because a commit may go through all of it; what is not in it is in
// the system's.
func writerPragmas() []string {
	return []string{
		"page_size(8192)", "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(0)", "cache_size(-4096)", "temp_store(MEMORY)",
		"wal_autocheckpoint(8000)", "journal_size_limit(67108864)",
	}
}

func readerPragmas() []string {
	return []string{"query_only(1)", "cache_size(-8192)", "temp_store(MEMORY)", "busy_timeout(5000)"}
}

// prepare brings the schema up to date and reads what is held in memory. It gives what was lost with the last host.
func (d *Database) prepare(ctx context.Context, writing *link) ([]lost, error) {
	if err := migrate(writing); err != nil {
		return nil, err
	}
	if _, err := writing.exec(addCounter, countOpens, 1); err != nil {
		return nil, err
	}
	opens, err := writing.number(readCounter, countOpens)
	if err != nil {
		return nil, err
	}
	if err := d.apart.read(writing); err != nil {
		return nil, err
	}
	if d.flows, err = readFlows(writing); err != nil {
		return nil, err
	}
	if d.owners, d.states, err = readOwners(writing); err != nil {
		return nil, err
	}
	d.dispatch = newDispatch(d.options.Now, opens)
	left, err := d.recover(writing)
	if err != nil {
		return nil, err
	}
	if d.checks, err = newCheckpointer(ctx, d.options.Path, d.options.Log); err != nil {
		return nil, err
	}
	if d.readers, err = newReaders(ctx, d.options.Path); err != nil {
		return nil, errors.Join(err, d.checks.link.close())
	}
	return left, nil
}

// Commits is how many transactions the writer has committed since Open.
func (d *Database) Commits() int64 { return d.writer.commits.Load() }

// Slot implements store.Maintenance: there is one host.
func (d *Database) Slot() int { return 0 }

// Newest implements store.Maintenance.
func (d *Database) Newest(ctx context.Context) (integration.ExecutionID, error) {
	var newest int64
	err := d.readers.do(ctx, func(l *link) (err error) {
		newest, err = l.number("SELECT max(ifnull((SELECT max(id) FROM executions), 0), ifnull((SELECT max(id) FROM active), 0))")
		return err
	})
	return integration.ExecutionID(newest), err
}

// Ping implements store.Maintenance: it writes, and waits until that is on the disk.
func (d *Database) Ping(ctx context.Context) error {
	return d.writer.do(ctx, 0, func(t *tx) error {
		_, err := t.exec(addCounter, "pings", 1)
		return err
	})
}

// Close implements store.Maintenance. What waits to be written is written first.
func (d *Database) Close(context.Context) error {
	d.ending.Do(func() { d.closeErr = errors.Join(d.shut(), d.lock.release()) })
	return d.closeErr
}

func (d *Database) shut() error {
	d.writer.close()
	d.dispatch.close()
	return errors.Join(d.readers.close(), d.checks.close(), d.writer.link.close())
}
