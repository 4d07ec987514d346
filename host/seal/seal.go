// Package seal keeps secrets unreadable in the database.
//
// Secrets are sealed with a key of the keyset, which is kept in the database too, itself sealed by the master key, which is not: it
// comes from a file, the environment, a credential of systemd, or a service that keeps keys. What is sealed is bound to its Place, and
// opens nowhere else.
//
// The invariant that lets keys be replaced while hosts serve: a database keeps no connection that is sealed with a key which its keyset
// does not accept any more (store.Keyset.Accepts). A host that is late to learn of a new key conflicts when it saves, seals again, and is
// in time.
package seal

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hookstep-dev/hookstep/host/store"
	"github.com/hookstep-dev/hookstep/sdk/fault"
)

// Box seals and opens. Its methods may be called from several goroutines at once. It holds keys in memory only, and shows none.
type Box struct {
	kept    store.Keysets
	masters masters
	now     func() time.Time
	log     *slog.Logger

	loading sync.Mutex // one keyset is unwrapped at a time
	ring    atomic.Pointer[ring]
}

// Options are what a Box is made of.
type Options struct {
	Source Source
	Kept   store.Keysets
	Now    func() time.Time
	Log    *slog.Logger
}

// Open gives the box of a database. For one without a keyset it makes one, and if no key is configured and none is in its usual place, a
// key there, which the log tells. Without the key that the keyset wants there is no box: the error is a *KeyError.
func Open(ctx context.Context, options Options) (*Box, error) {
	b := &Box{kept: options.Kept, now: options.Now, log: options.Log}
	kept, err := b.kept.FindKeyset(ctx)
	fresh := errors.Is(err, store.ErrNotFound)
	if err != nil && !fresh {
		return nil, err
	}
	if b.masters, err = options.Source.find(ctx, fresh, b.log); err != nil {
		return nil, missing(err, kept)
	}
	if fresh {
		kept, err = b.begin(ctx)
	}
	if err != nil {
		return nil, err
	}
	opened, err := b.load(ctx, kept)
	if err != nil {
		return nil, err
	}
	b.ring.Store(opened)
	b.tellWrapping(ctx, opened)
	return b, nil
}

// Seal seals a secret for a place with the newest key.
func (b *Box) Seal(ctx context.Context, plain []byte, place Place) ([]byte, error) {
	newest, err := b.confirmed(ctx)
	if err != nil {
		return nil, err
	}
	sealed, err := newest.primitive.Encrypt(plain, place.bytes())
	if err != nil {
		return nil, fault.New(fault.Host, fault.Internal, "sealing the %s: %v", place, err)
	}
	return sealed, nil
}

// Open opens what was sealed for a place. The error is a fault of the host when it does not open: it was sealed for another place, with
// a key that is not in the keyset, or was changed.
func (b *Box) Open(ctx context.Context, sealed []byte, place Place) ([]byte, error) {
	id, ok := KeyOf(sealed)
	if !ok {
		return nil, unopened(place, "it is not what this program seals")
	}
	known := b.ring.Load()
	if !known.has(id) {
		var err error
		if known, err = b.confirmed(ctx); err != nil {
			return nil, err
		}
	}
	if !known.has(id) {
		return nil, unopened(place, fmt.Sprintf("it is sealed with the key %s, which is not in the keyset", id))
	}
	plain, err := known.primitive.Decrypt(sealed, place.bytes())
	if err != nil {
		return nil, unopened(place, "it was changed, moved from elsewhere, or put back from an earlier time")
	}
	return plain, nil
}

func unopened(place Place, why string) error {
	return fault.New(fault.Host, fault.Internal, "the sealed %s does not open: %s", place, why)
}

// Stale tells that something sealed is not sealed with the newest key that this box knows of.
func (b *Box) Stale(sealed []byte) bool {
	id, ok := KeyOf(sealed)
	return !ok || id != b.ring.Load().header.primary()
}

// confirmed gives the keyset as it is in the database now. While that does not answer, it is the one that was known last: what is
// sealed with it is either in time or refused when it is saved.
func (b *Box) confirmed(ctx context.Context) (*ring, error) {
	kept, err := b.kept.FindKeyset(ctx)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return nil, fault.New(fault.Host, fault.Internal, "the keyset is gone from the database: restore it, or the whole database, from a backup")
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case err != nil:
		return b.ring.Load(), nil //nolint:nilerr // as said above
	}
	return b.adopt(ctx, kept)
}

// adopt takes over a keyset if it is another than the one that is known.
func (b *Box) adopt(ctx context.Context, kept store.Keyset) (*ring, error) {
	if known := b.ring.Load(); known.is(kept) {
		return known, nil
	}
	b.loading.Lock()
	defer b.loading.Unlock()
	known := b.ring.Load()
	switch {
	case known.is(kept) || kept.Version < known.version && b.newer(ctx, kept.Version):
		return known, nil
	case kept.Version < known.version:
		return nil, fault.New(fault.Host, fault.Internal,
			"the keyset in the database is of version %d, and this host has seen version %d: if the database was put back to an earlier time, start its hosts again",
			kept.Version, known.version)
	}
	loaded, err := b.load(ctx, kept)
	if err != nil {
		return nil, err
	}
	b.ring.Store(loaded)
	b.log.LogAttrs(ctx, slog.LevelInfo, "the keyset of secrets has changed",
		slog.Int64("version", loaded.version), slog.String("key", loaded.header.primary().String()))
	return loaded, nil
}

// newer tells that the database has a newer keyset than one that was read before.
func (b *Box) newer(ctx context.Context, version int64) bool {
	again, err := b.kept.FindKeyset(ctx)
	return err == nil && again.Version > version
}

// is tells that a ring is what a kept keyset holds.
func (r *ring) is(kept store.Keyset) bool {
	return r.version == kept.Version && bytes.Equal(r.sealed, kept.Sealed)
}

// String hides the keys.
func (b *Box) String() string { return "sealed box" }

// LogValue hides the keys.
func (b *Box) LogValue() slog.Value { return slog.StringValue(b.String()) }

// tellWrapping reminds of a master key that is being replaced.
func (b *Box) tellWrapping(ctx context.Context, opened *ring) {
	if current := b.masters.current; opened.header.Master != current.ID() {
		b.log.LogAttrs(ctx, slog.LevelWarn, "secrets are still sealed under the previous key: `hookstep keys rewrap` seals them under the new one",
			slog.String("previous", opened.header.Master), slog.String("key", current.ID()))
	}
}
