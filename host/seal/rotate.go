package seal

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"slices"
	"time"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/keyset"

	"github.com/hookstep-dev/hookstep/host/store"
)

// Linger is how long a key that no connection uses stays in the keyset: what is sealed for a short time, as an authorization that
// somebody has begun, still opens. Nothing that is not a connection may be kept sealed for longer.
const Linger = time.Hour

// tendEvery is the time between two looks of Run.
const tendEvery = time.Minute

// most tries to change a keyset that others change at the same time.
const mostTries = 10

// Rows are the connections, which are sealed.
type Rows interface {
	// Reseal seals connections again that hold what Box.Stale is true of, up to a number of them, and tells how many it did and how
	// many of all that it saw are left. It may be stopped at any point and called again, on several hosts at once.
	Reseal(ctx context.Context, most int) (Resealed, error)
}

// Resealed is how far Rows.Reseal has come.
type Resealed struct {
	Done int
	Left int // seen and not sealed again: more than were asked for, changed by others meanwhile, or impossible to open
}

// begin keeps the first keyset. If another host was faster it is that one's.
func (b *Box) begin(ctx context.Context) (store.Keyset, error) {
	made, err := b.fresh(ctx, 1)
	if err != nil {
		return store.Keyset{}, err
	}
	err = b.kept.SaveKeyset(ctx, made.kept())
	if errors.Is(err, store.ErrConflict) {
		return b.concede(ctx)
	}
	return made.kept(), err
}

// fresh makes a keyset with a key of its own.
func (b *Box) fresh(ctx context.Context, version int64) (*ring, error) {
	handle, id, err := addKey(keyset.NewManager())
	if err != nil {
		return nil, err
	}
	now := b.moment()
	head := header{Format: headerFormat, WrappedAt: now, Keys: []Key{{ID: id, Primary: true, CreatedAt: now}}}
	return newRing(ctx, &draft{header: head, handle: handle, wrapper: b.masters.current}, version)
}

// addKey gives what a manager has with a new primary key.
func addKey(manager *keyset.Manager) (*keyset.Handle, KeyID, error) {
	id, err := manager.Add(aead.XAES256GCM192BitNonceKeyTemplate())
	if err == nil {
		err = manager.SetPrimary(id)
	}
	if err != nil {
		return nil, 0, err
	}
	handle, err := manager.Handle()
	return handle, KeyID(id), err
}

// concede takes the keyset of a host that was faster. A key that this one made for its own is of no use then.
func (b *Box) concede(ctx context.Context) (store.Keyset, error) {
	kept, err := b.kept.FindKeyset(ctx)
	if err != nil || b.masters.made == "" {
		return kept, err
	}
	_, head, err := readDocument(kept)
	if err != nil || head.Master == b.masters.current.ID() {
		return kept, err
	}
	_ = os.Remove(b.masters.made) // nothing is sealed with it
	return kept, missing(&absentError{"another host has just made one in its data folder"}, kept)
}

// moment is now as headers write it.
func (b *Box) moment() time.Time { return b.now().UTC().Truncate(time.Second) }

// change replaces the keyset by what a function makes of it, again if somebody else was faster. The function gets the keyset as
// it is now, and gives what comes after it, or nil if nothing is to be done.
func (b *Box) change(ctx context.Context, how func(now *ring) (*draft, error)) error {
	for range mostTries {
		kept, err := b.kept.FindKeyset(ctx)
		if err != nil {
			return err
		}
		now, err := b.adopt(ctx, kept)
		if err != nil {
			return err
		}
		if now.wrapper == nil {
			return wrong(now.header.Master, b.masters)
		}
		next, err := how(now)
		if err != nil || next == nil {
			return err
		}
		made, err := newRing(ctx, next, now.version+1)
		if err != nil {
			return err
		}
		if err = b.kept.SaveKeyset(ctx, made.kept()); errors.Is(err, store.ErrConflict) {
			continue
		}
		if err != nil {
			return err
		}
		_, err = b.adopt(ctx, made.kept())
		return err
	}
	return store.Conflictf("others change the keyset at the same time: try again")
}

// Rotate adds a new key, with which everything is sealed from now on, unless the connections are still being sealed again
// with the one that the last Rotate added. Reseal does that.
func (b *Box) Rotate(ctx context.Context) error {
	return b.change(ctx, func(now *ring) (*draft, error) {
		if now.header.rotating() {
			return nil, nil // nothing to do
		}
		handle, id, err := addKey(keyset.NewManagerFromHandle(now.handle))
		if err != nil {
			return nil, err
		}
		next := now.draft()
		next.handle = handle
		for i := range next.header.Keys {
			next.header.Keys[i].Primary = false
		}
		next.header.Keys = append(next.header.Keys, Key{ID: id, Primary: true, CreatedAt: b.moment()})
		b.log.LogAttrs(ctx, slog.LevelInfo, "a key for secrets was added", slog.String("key", id.String()))
		return next, nil
	})
}

// Reseal goes on with sealing the connections again, up to a number of them, and tells whether all are. It does so in an order that
// leaves nothing behind: when it finds none that is sealed with an older key, it has the database accept none any more, looks
// again, and only if there is still none the older key counts as unused. So it can be stopped at any point, and be called again on any host.
func (b *Box) Reseal(ctx context.Context, rows Rows, most int) (done bool, did Resealed, err error) {
	now, err := b.confirmed(ctx)
	if err != nil || !now.header.rotating() {
		return err == nil, did, err
	}
	if did, err = rows.Reseal(ctx, most); err != nil || did.Done+did.Left > 0 {
		return false, did, err
	}
	closed, older := now.header.closed(), now.header.older()
	return closed, did, b.change(ctx, func(now *ring) (*draft, error) {
		next := now.draft()
		for i := range next.header.Keys {
			switch key := &next.header.Keys[i]; {
			case !slices.Contains(older, key.ID): // it came while this looked
			case closed:
				key.UnusedAt = b.moment()
			default:
				key.ClosedAt = b.moment()
			}
		}
		return next, nil
	})
}

// older lists the keys that are being replaced.
func (h *header) older() []KeyID {
	var ids []KeyID
	for _, key := range h.Keys {
		if !key.Primary && key.UnusedAt.IsZero() {
			ids = append(ids, key.ID)
		}
	}
	return ids
}

// rotating tells that connections may be sealed with an older key than the newest.
func (h *header) rotating() bool { return len(h.older()) > 0 }

// closed tells that the database accepts nothing that is sealed with an older key.
func (h *header) closed() bool {
	return !slices.ContainsFunc(h.Keys, func(key Key) bool { return !key.Primary && key.ClosedAt.IsZero() })
}

// Rewrap seals the keyset with the current master key, unless it is. Hosts that have only the one before go on with the keys that they
// know, and need the new one when they start again or when keys are rotated.
func (b *Box) Rewrap(ctx context.Context) error {
	return b.change(ctx, func(now *ring) (*draft, error) {
		to := b.masters.current
		if now.wrapper.ID() == to.ID() {
			return nil, nil // nothing to do
		}
		next := now.draft()
		next.header.WrappedAt, next.wrapper = b.moment(), to
		b.log.LogAttrs(ctx, slog.LevelInfo, "the keyset of secrets is sealed with another key", slog.String("before", now.wrapper.ID()), slog.String("key", to.ID()))
		return next, nil
	})
}

// Run finishes what an interrupted rotation has left, and takes keys out of the keyset Linger after no connection used them, until ctx ends.
func (b *Box) Run(ctx context.Context, rows Rows) {
	every := time.NewTicker(tendEvery)
	defer every.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-every.C:
		}
		if err := b.Tend(ctx, rows); err != nil && ctx.Err() == nil {
			b.log.LogAttrs(ctx, slog.LevelWarn, "the keyset of secrets could not be looked after", slog.Any("error", err))
		}
	}
}

// Tend does once what Run does again and again.
func (b *Box) Tend(ctx context.Context, rows Rows) error {
	for {
		done, did, err := b.Reseal(ctx, rows, batch)
		switch {
		case err != nil:
			return err
		case done || did.Done == 0 && did.Left > 0:
			return b.tidy(ctx)
		}
	}
}

// batch is how many connections Run seals again before it looks at the keyset.
const batch = 100

// tidy takes out the keys whose time is over.
func (b *Box) tidy(ctx context.Context) error {
	now, err := b.confirmed(ctx)
	if err != nil || now.wrapper == nil || !slices.ContainsFunc(now.header.Keys, b.isOver) {
		return err
	}
	return b.change(ctx, func(now *ring) (*draft, error) {
		manager := keyset.NewManagerFromHandle(now.handle)
		for _, key := range now.header.Keys {
			if !b.isOver(key) {
				continue
			}
			if err := manager.Delete(uint32(key.ID)); err != nil {
				return nil, err
			}
			b.log.LogAttrs(ctx, slog.LevelInfo, "a key for secrets was forgotten", slog.String("key", key.ID.String()))
		}
		next := now.draft()
		next.header.Keys = slices.DeleteFunc(next.header.Keys, b.isOver)
		if len(next.header.Keys) == len(now.header.Keys) {
			return nil, nil // somebody else was faster
		}
		var err error
		next.handle, err = manager.Handle()
		return next, err
	})
}

// isOver tells that a key can go.
func (b *Box) isOver(key Key) bool {
	return !key.Primary && !key.UnusedAt.IsZero() && b.now().Sub(key.UnusedAt) >= Linger
}
