package postgres

import (
	"context"
	"errors"
	"sync/atomic"
	"time"
)

// mostAtOnce bounds how many operations share a transaction.
const mostAtOnce = 512

// batcher writes what several callers ask for at the same time in one transaction: all that arrived while the last one was
// written goes into the next.
type batcher[T operation] struct {
	waiting  chan *entry[T]
	patience time.Duration
	// write does a batch, all or nothing, and puts what became of each operation into it.
	write func(ctx context.Context, batch []*entry[T]) error
}

// operation is what a batcher writes.
type operation interface {
	size() int64 // in bytes
}

// entry is one operation on its way.
type entry[T operation] struct {
	what T
	err  error         // of this operation alone; valid when done is closed
	done chan struct{} //
	open atomic.Bool   // nobody has taken it yet: neither the writer, nor its caller back
}

func newBatcher[T operation](patience time.Duration, write func(context.Context, []*entry[T]) error) *batcher[T] {
	return &batcher[T]{waiting: make(chan *entry[T], 4*mostAtOnce), patience: patience, write: write}
}

// do hands an operation to the writer and waits for what became of it, no longer than the database may take. A ctx that ends
// takes back what waits. What is being written it does not, for its caller would not know whether it was kept.
func (b *batcher[T]) do(ctx context.Context, what T) error {
	if ctx.Err() != nil { // nothing of it must be kept
		return unavailable(context.Cause(ctx))
	}
	one := &entry[T]{what: what, done: make(chan struct{})}
	one.open.Store(true)
	limit := time.NewTimer(b.patience)
	defer limit.Stop()
	select {
	case b.waiting <- one:
	case <-ctx.Done():
		return unavailable(context.Cause(ctx))
	case <-limit.C:
		return unavailable(errBusy())
	}
	return b.await(ctx, one, limit.C)
}

func (b *batcher[T]) await(ctx context.Context, one *entry[T], limit <-chan time.Time) error {
	why := errBusy()
	select {
	case <-one.done:
		return unavailable(one.err)
	case <-ctx.Done():
		why = context.Cause(ctx)
	case <-limit:
	}
	if one.open.CompareAndSwap(true, false) {
		return unavailable(why)
	}
	<-one.done // it is being written, within a time-out of its own
	return unavailable(one.err)
}

func errBusy() error { return errors.New("the database did not answer in time") }

// run writes until ctx ends, and then tells those who wait.
func (b *batcher[T]) run(ctx context.Context) {
	for {
		batch, ok := b.take(ctx)
		if !ok {
			b.refuse()
			return
		}
		if len(batch) > 0 {
			b.commit(ctx, batch)
		}
	}
}

// take waits for an operation and gives it with all others that are there.
func (b *batcher[T]) take(ctx context.Context) ([]*entry[T], bool) {
	var batch []*entry[T]
	select {
	case one := <-b.waiting:
		batch = one.join(batch)
	case <-ctx.Done():
		return nil, false
	}
	for len(batch) < mostAtOnce {
		select {
		case one := <-b.waiting:
			batch = one.join(batch)
		default:
			return batch, true
		}
	}
	return batch, true
}

// join adds an operation to a batch unless its caller has given up.
func (e *entry[T]) join(batch []*entry[T]) []*entry[T] {
	if e.open.CompareAndSwap(true, false) {
		return append(batch, e)
	}
	return batch
}

func (b *batcher[T]) refuse() {
	for {
		select {
		case one := <-b.waiting:
			if one.open.CompareAndSwap(true, false) {
				one.finish(errClosed())
			}
		default:
			return
		}
	}
}

// commit writes a batch. If the database refuses something in it, each operation is written alone, so that none spoils another.
func (b *batcher[T]) commit(ctx context.Context, batch []*entry[T]) {
	err := b.attempt(ctx, batch)
	if err == nil || len(batch) == 1 || !isStatement(err) && !isConflict(err) && !isOwn(err) {
		for _, one := range batch {
			if err != nil {
				one.err = err
			}
			one.finish(one.err)
		}
		return
	}
	for _, one := range batch {
		b.commit(ctx, []*entry[T]{one})
	}
}

func (b *batcher[T]) attempt(ctx context.Context, batch []*entry[T]) error {
	var bytes int64
	for _, one := range batch {
		bytes += one.what.size()
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), allowance(b.patience, bytes))
	defer cancel()
	return again(ctx, func() error {
		for _, one := range batch {
			one.err = nil
		}
		return b.write(ctx, batch)
	})
}

func (e *entry[T]) finish(err error) {
	e.err = err
	close(e.done)
}
