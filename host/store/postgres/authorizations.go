package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/hookstep-dev/hookstep/host/store"
)

// BeginAuthorization implements store.Authorizations.
func (d *Database) BeginAuthorization(ctx context.Context, begun *store.Authorization) error {
	ctx, cancel := context.WithTimeout(ctx, d.options.Patience)
	defer cancel()
	key := &begun.Key
	done, err := d.pool.Exec(ctx, `insert into authorizations (id, integration, instance, name, expires_at, sealed) values ($1, $2, $3, $4, $5, $6)
		on conflict do nothing`, begun.ID, key.Integration, key.Instance, key.Name, milli(begun.ExpiresAt), begun.Sealed)
	if err == nil && done.RowsAffected() == 0 {
		return store.Conflictf("there is an authorization with this id")
	}
	return unavailable(err)
}

// TakeAuthorization implements store.Authorizations. Of several at once the first deletes the row, and the others find none.
func (d *Database) TakeAuthorization(ctx context.Context, id string, now time.Time) (*store.Authorization, error) {
	ctx, cancel := context.WithTimeout(ctx, d.options.Patience)
	defer cancel()
	taken := &store.Authorization{ID: id}
	var expires int64
	err := d.pool.QueryRow(ctx, `delete from authorizations where id = $1 and expires_at > $2
		returning integration, instance, name, expires_at, sealed`, id, now.UnixMilli()).Scan(
		&taken.Key.Integration, &taken.Key.Instance, &taken.Key.Name, &expires, &taken.Sealed)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, fmt.Errorf("the authorization: %w", store.ErrNotFound)
	}
	if err != nil {
		return nil, unavailable(err)
	}
	taken.ExpiresAt = timeOf(expires)
	return taken, nil
}
