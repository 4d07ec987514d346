package seal

import (
	"context"
	"slices"
	"time"
)

// Status is what may be told of the keys. It holds none.
type Status struct {
	Version    int64
	Master     string // id of the master key that seals the keyset
	Source     string // where this host has that key from; empty: it does not have it
	WrappedAt  time.Time
	Configured string // id of the master key that this host is configured to use
	Rotating   bool   // connections are still to be sealed again with the primary key
	Keys       []Key  // the newest first
}

// Status tells of the keyset as it is in the database.
func (b *Box) Status(ctx context.Context) (Status, error) {
	now, err := b.confirmed(ctx)
	if err != nil {
		return Status{}, err
	}
	told := Status{
		Version: now.version, Master: now.header.Master, WrappedAt: now.header.WrappedAt, Configured: b.masters.current.ID(),
		Rotating: now.header.rotating(), Keys: slices.Clone(now.header.Keys),
	}
	if now.wrapper != nil {
		told.Source = now.wrapper.String()
	}
	slices.Reverse(told.Keys)
	return told, nil
}
