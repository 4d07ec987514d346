package sqlite

import (
	"context"
	"fmt"
	"time"

	"github.com/hookstep-dev/hookstep/host/store"
)

// BeginAuthorization implements store.Authorizations.
func (d *Database) BeginAuthorization(ctx context.Context, begun *store.Authorization) error {
	begun = new(*begun)
	return d.writer.do(ctx, len(begun.Sealed), func(t *tx) error {
		_, err := t.exec("INSERT INTO authorizations (integration, instance, name, id, expires, sealed) VALUES (?, ?, ?, ?, ?, ?)",
			append(columnsOf(begun.Key), begun.ID, begun.ExpiresAt.UnixMilli(), begun.Sealed)...)
		return err
	})
}

// TakeAuthorization implements store.Authorizations.
func (d *Database) TakeAuthorization(ctx context.Context, id string, now time.Time) (*store.Authorization, error) {
	const query = "DELETE FROM authorizations WHERE id = ? AND expires > ? RETURNING integration, instance, name, expires, sealed"
	var taken *store.Authorization // the writer's, until it is through
	err := d.writer.do(ctx, 0, func(t *tx) error {
		found, err := t.one(query, id, now.UnixMilli())
		if err != nil {
			return err
		}
		if found == nil {
			return fmt.Errorf("the authorization: %w", store.ErrNotFound)
		}
		t.writes++
		taken = &store.Authorization{ID: id, Key: connectionKey(found), ExpiresAt: found.time(3), Sealed: found.bytes(4)}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return taken, nil
}
