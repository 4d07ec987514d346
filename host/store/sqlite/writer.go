package sqlite

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"slices"
	"sync/atomic"

	"github.com/hookstep-dev/hookstep/host/store"
	"github.com/hookstep-dev/hookstep/sdk/fault"
)

const (
	maxBatch        = 512       // operations in one transaction
	maxBatchBytes   = 32 << 20  // of records in one transaction, but for one operation that is larger
	maxQueue        = 8192      // operations that wait
	maxWaitingBytes = 256 << 20 // of records that wait
)

var (
	errClosed = errors.New("the database is closed")
	errFull   = errors.New("too much waits to be written")
)

// writer is the one that changes the database. Whatever arrived while it wrote to the disk goes into its next transaction.
type writer struct {
	link    *link
	apart   *apart
	log     *slog.Logger
	queue   chan *operation
	waiting atomic.Int64 // bytes of operations that wait
	commits atomic.Int64
	done    func(commits int64) // told of each commit
	healthy bool
	closing chan struct{}
	closed  chan struct{}
}

// operation is one caller's part of a transaction. Its apply may run more than once, each time on the database as it was before;
// what it changes in memory it changes by tx.after.
type operation struct {
	apply     func(*tx) error
	bytes     int64
	err       error
	abandoned atomic.Bool
	outcome   chan error
}

func newWriter(link *link, apart *apart, done func(int64), log *slog.Logger) *writer {
	return &writer{
		link: link, apart: apart, done: done, log: log, queue: make(chan *operation, maxQueue), healthy: true,
		closing: make(chan struct{}), closed: make(chan struct{}),
	}
}

// do has an operation applied and committed. When ctx ends meanwhile, it may still be; when it has ended before, it is not.
func (w *writer) do(ctx context.Context, bytes int, apply func(*tx) error) error {
	if ctx.Err() != nil {
		return store.Unavailable(context.Cause(ctx))
	}
	asked := &operation{apply: apply, bytes: int64(bytes), outcome: make(chan error, 1)}
	if err := w.enqueue(asked); err != nil {
		return store.Unavailable(err)
	}
	select {
	case err := <-asked.outcome:
		return err
	case <-ctx.Done():
		asked.abandoned.Store(true)
		return store.Unavailable(context.Cause(ctx))
	case <-w.closed:
	}
	select {
	case err := <-asked.outcome:
		return err
	default:
		return store.Unavailable(errClosed)
	}
}

func (w *writer) enqueue(asked *operation) error {
	select {
	case <-w.closing:
		return errClosed
	default:
	}
	if w.waiting.Add(asked.bytes) > maxWaitingBytes && asked.bytes < maxWaitingBytes {
		w.waiting.Add(-asked.bytes)
		return errFull
	}
	select {
	case w.queue <- asked:
		return nil
	default:
		w.waiting.Add(-asked.bytes)
		return errFull
	}
}

// close has what waits written and ends the writer.
func (w *writer) close() {
	close(w.closing)
	<-w.closed
}

// run has a thread of its own: among the goroutines of a busy host it would get its turn too late, and everybody waits for it.
func (w *writer) run() {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	defer close(w.closed)
	batch := make([]*operation, 0, maxBatch)
	for {
		batch = w.collect(batch[:0])
		if len(batch) == 0 {
			return
		}
		w.settle(batch)
		clear(batch)
	}
}

// collect waits for an operation and takes those that wait with it; none at the end.
func (w *writer) collect(batch []*operation) []*operation {
	var bytes int64
	add := func(one *operation) {
		bytes += one.bytes
		w.waiting.Add(-one.bytes)
		if !one.abandoned.Load() {
			batch = append(batch, one)
		}
	}
	for len(batch) == 0 {
		select {
		case one := <-w.queue:
			add(one)
		case <-w.closing:
			select {
			case one := <-w.queue:
				add(one)
			default:
				return nil
			}
		}
	}
	for len(batch) < maxBatch && bytes < maxBatchBytes {
		select {
		case one := <-w.queue:
			add(one)
		default:
			return batch
		}
	}
	return batch
}

// settle has a batch committed. An operation that fails after it has changed something is taken out and the others are applied
// again, so that none spoils another.
func (w *writer) settle(batch []*operation) {
	for len(batch) > 0 {
		spoiler, err := w.try(batch)
		if spoiler < 0 {
			w.deliver(batch, err)
			return
		}
		batch[spoiler].outcome <- err
		batch = append(batch[:spoiler], batch[spoiler+1:]...)
	}
}

func (w *writer) deliver(batch []*operation, err error) {
	w.tell(err)
	for _, one := range batch {
		if err != nil {
			one.err = store.Unavailable(err)
		}
		one.outcome <- one.err
	}
}

// tell logs when the database stops and begins again to take changes.
func (w *writer) tell(err error) {
	switch {
	case err != nil && w.healthy:
		w.log.Error("the database cannot be written to", slog.String("error", err.Error()))
	case err == nil && !w.healthy:
		w.log.Info("the database can be written to again")
	}
	w.healthy = err == nil
}

// try applies and commits a batch. An error with the index of an operation is of that one alone, one with -1 of the database.
// Nothing is kept then, in memory neither.
func (w *writer) try(batch []*operation) (int, error) {
	if _, err := w.link.exec("BEGIN IMMEDIATE"); err != nil {
		return -1, err
	}
	t := &tx{link: w.link, apart: w.apart}
	spoiler, err := t.applyAll(batch)
	if err == nil {
		err = t.commit()
	}
	if err != nil {
		t.rollback()
		return spoiler, err
	}
	w.done(w.commits.Add(1))
	for _, do := range t.afters {
		do()
	}
	return -1, nil
}

// tx is the transaction under way, with what is to be done when it is through.
type tx struct {
	*link

	writes  int
	bytes   int64 // that parts grew by
	afters  []func()
	undoing []func()
	left    map[int64]bool // executions whose claims ended in this transaction
	steps   map[int64]int  // and how many steps are kept of those that it brought a step
	drift   drift
	apart   *apart
}

// after does something in memory once the transaction is committed, before anybody learns of it.
func (t *tx) after(do func()) { t.afters = append(t.afters, do) }

// undo takes something back in memory if the transaction is not committed, the last first.
func (t *tx) undo(do func()) { t.undoing = append(t.undoing, do) }

func (t *tx) exec(query string, args ...any) (int64, error) {
	t.writes++
	return t.link.exec(query, args...)
}

func (t *tx) applyAll(batch []*operation) (int, error) {
	for i, one := range batch {
		before := t.writes
		one.err = one.apply(t)
		switch {
		case one.err == nil:
		case !isTheCallers(one.err):
			return -1, one.err
		case t.writes > before:
			return i, callersWords(one.err)
		default:
			one.err = callersWords(one.err)
		}
	}
	return -1, nil
}

func (t *tx) commit() error {
	if err := t.count(); err != nil {
		return err
	}
	_, err := t.link.exec("COMMIT")
	return err
}

func (t *tx) rollback() {
	_, _ = t.link.exec("ROLLBACK") // a database in need may have rolled back by itself
	for _, undo := range slices.Backward(t.undoing) {
		undo()
	}
}

// isTheCallers tells an error that says something of the operation from one of the database.
func isTheCallers(err error) bool {
	_, isFault := errors.AsType[*fault.Fault](err)
	return isFault || isRefusal(err) || errors.Is(err, store.ErrNotFound) || errors.Is(err, store.ErrLost) || errors.Is(err, store.ErrConflict)
}

// callersWords makes a conflict of what the database's constraints refused.
func callersWords(err error) error {
	if isRefusal(err) {
		return fmt.Errorf("%w: %w", store.ErrConflict, err)
	}
	return err
}
