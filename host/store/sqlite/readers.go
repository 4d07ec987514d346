package sqlite

import (
	"context"
	"errors"

	"github.com/hookstep-dev/hookstep/host/store"
)

const readerCount = 4

// readers are the connections that read, each a snapshot of what is committed.
type readers struct {
	free   chan *link
	opened int
}

func newReaders(ctx context.Context, path string) (*readers, error) {
	made := &readers{free: make(chan *link, readerCount)}
	for range readerCount {
		one, err := dial(ctx, path, readerPragmas()...)
		if err != nil {
			return nil, errors.Join(err, made.close())
		}
		made.opened++
		made.free <- one
	}
	return made, nil
}

// do reads from one snapshot. Errors of the database are of Unavailable's kind.
func (r *readers) do(ctx context.Context, read func(*link) error) error {
	var one *link
	select {
	case one = <-r.free:
	case <-ctx.Done():
		return store.Unavailable(context.Cause(ctx))
	}
	if one == nil {
		return store.Unavailable(errClosed)
	}
	defer func() { r.free <- one }()
	err := snapshot(one, read)
	if err == nil || isTheCallers(err) {
		return err
	}
	return store.Unavailable(err)
}

func snapshot(one *link, read func(*link) error) error {
	if _, err := one.exec("BEGIN"); err != nil {
		return err
	}
	err := read(one)
	_, ended := one.exec("ROLLBACK") // nothing was changed, and a rollback cannot be refused
	return errors.Join(err, ended)
}

// close waits for those that read, and refuses those that come later.
func (r *readers) close() error {
	var errs []error
	for range r.opened {
		errs = append(errs, (<-r.free).close())
	}
	close(r.free)
	return errors.Join(errs...)
}
