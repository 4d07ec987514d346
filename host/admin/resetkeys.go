package admin

import (
	"context"
	"errors"

	"github.com/hookstep-dev/hookstep/host/seal"
	"github.com/hookstep-dev/hookstep/host/store"
)

// Lost tells why the secrets of a database cannot be opened: the key that they are sealed under is not here. The error is
// seal.ErrNotLost when they can, and ErrConflict when there are none, or when a host uses the database.
func Lost(ctx context.Context, kept store.Store, source seal.Options) (*seal.KeyError, error) {
	about, err := kept.About(ctx)
	if err != nil {
		return nil, err
	}
	if about.Others > 0 {
		return nil, store.Conflictf("a host uses the database (%d in all): stop them first", about.Others)
	}
	if _, err := kept.FindKeyset(ctx); errors.Is(err, store.ErrNotFound) {
		return nil, store.Conflictf("nothing is sealed in the database")
	} else if err != nil {
		return nil, err
	}
	source.Kept = kept
	_, err = seal.Open(ctx, source)
	if lost, ok := errors.AsType[*seal.KeyError](err); ok {
		return lost, nil
	}
	if err == nil {
		err = seal.ErrNotLost
	}
	return nil, err
}

// ResetKeys forgets what is sealed in a database that Lost is true of, and nothing else, and gives it a new keyset. It gives the
// connections that it forgot. After an error it can be called again.
func ResetKeys(ctx context.Context, kept store.Store, source seal.Options) ([]store.ConnectionKey, error) {
	var forgot []store.ConnectionKey
	source.Kept = kept
	err := seal.Reset(ctx, source, func(ctx context.Context) error {
		rows, err := kept.ListConnections(ctx, store.ConnectionFilter{})
		if err != nil {
			return err
		}
		for i := range rows {
			if rows[i].Inputs == nil && rows[i].Token == nil {
				continue
			}
			if err := kept.DeleteConnection(ctx, rows[i].Key, rows[i].Version); err != nil {
				return err
			}
			forgot = append(forgot, rows[i].Key)
		}
		return nil
	})
	return forgot, err
}
