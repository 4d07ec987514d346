package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/hookstep-dev/hookstep/host/store"
)

const insertKeyset = `insert into keysets (version, sealed, accepts) values ($1, $2, $3) on conflict (one) do `

// FindKeyset implements store.Keysets.
func (d *Database) FindKeyset(ctx context.Context) (store.Keyset, error) {
	ctx, cancel := context.WithTimeout(ctx, d.options.Patience)
	defer cancel()
	var kept store.Keyset
	err := d.pool.QueryRow(ctx, `select version, sealed, accepts from keysets`).Scan(&kept.Version, &kept.Sealed, &kept.Accepts)
	if errors.Is(err, pgx.ErrNoRows) {
		return kept, fmt.Errorf("the keyset: %w", store.ErrNotFound)
	}
	return kept, unavailable(err)
}

// SaveKeyset implements store.Keysets.
func (d *Database) SaveKeyset(ctx context.Context, keyset store.Keyset) error {
	ctx, cancel := context.WithTimeout(ctx, d.options.Patience)
	defer cancel()
	query := `update keysets set version = $1, sealed = $2, accepts = $3 where version = $1 - 1`
	if keyset.Version == 1 {
		query = insertKeyset + `nothing`
	}
	done, err := d.pool.Exec(ctx, query, keysetColumns(&keyset)...)
	if err == nil && done.RowsAffected() == 0 {
		return store.Conflictf("the keyset is at another version: somebody else has changed it meanwhile")
	}
	return unavailable(err)
}

// importKeyset keeps a keyset in place of the one that is there.
func importKeyset(statements *pgx.Batch, keyset *store.Keyset) {
	if keyset != nil {
		statements.Queue(insertKeyset+`update set version = excluded.version, sealed = excluded.sealed, accepts = excluded.accepts`, keysetColumns(keyset)...)
	}
}

func keysetColumns(of *store.Keyset) []any {
	return []any{of.Version, of.Sealed, append([][]byte{}, of.Accepts...)}
}
