package seal

import (
	"context"
	"errors"
	"log/slog"

	"github.com/hookstep-dev/hookstep/host/store"
)

// ErrNotLost says that the keyset opens, so that there is nothing to reset.
var ErrNotLost = errors.New("the key that secrets are sealed under is here, and opens them: nothing was changed")

// Reset gives a database a new keyset in place of one that cannot be opened any more, and with it the end of all that was sealed: secrets
// that hosts share are made anew. No host may use the database meanwhile. Drop forgets the rows that are sealed. It is called when the new
// keyset is made and not kept yet, so Reset can be called again after an error. The key is found, or made, as for an empty database.
// ErrNotLost, with nothing changed, while the keyset opens; ErrNotFound when there is none.
func Reset(ctx context.Context, options Options, drop func(context.Context) error) error {
	b := &Box{kept: options.Kept, now: options.Now, log: options.Log}
	kept, err := b.kept.FindKeyset(ctx)
	if err != nil {
		return err
	}
	if b.masters, err = options.Source.find(ctx, true, b.log); err != nil {
		return err
	}
	if err := b.isLost(ctx, kept); err != nil {
		return err
	}
	made, err := b.fresh(ctx, kept.Version+1)
	if err != nil {
		return err
	}
	if err := drop(ctx); err != nil {
		return err
	}
	if err := b.kept.SaveKeyset(ctx, made.kept()); err != nil {
		return err
	}
	b.log.LogAttrs(ctx, slog.LevelInfo, "the keyset of secrets was replaced by a new one", slog.String("key", made.header.Master))
	return nil
}

// isLost is nil if a keyset does not open for want of its key, or because it is damaged.
func (b *Box) isLost(ctx context.Context, kept store.Keyset) error {
	_, err := b.load(ctx, kept)
	if _, ok := errors.AsType[*KeyError](err); ok {
		return nil
	}
	if err == nil {
		return ErrNotLost
	}
	return err
}
