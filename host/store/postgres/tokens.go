package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/hookstep-dev/hookstep/host/store"
)

const tokenColumns = `select name, hash, scopes, created_at, expires_at from tokens `

// PutToken implements store.Tokens.
func (d *Database) PutToken(ctx context.Context, token *store.Token) error {
	ctx, cancel := context.WithTimeout(ctx, d.options.Patience)
	defer cancel()
	scopes := append([]string{}, token.Scopes...)
	done, err := d.pool.Exec(ctx, `insert into tokens (name, hash, scopes, created_at, expires_at) values ($1, $2, $3, $4, $5) on conflict do nothing`,
		token.Name, token.Hash, scopes, milli(token.CreatedAt), milli(token.ExpiresAt))
	if err == nil && done.RowsAffected() == 0 {
		return store.ErrConflict
	}
	return unavailable(err)
}

// FindToken implements store.Tokens.
func (d *Database) FindToken(ctx context.Context, hash []byte) (*store.Token, error) {
	tokens, err := d.readTokens(ctx, tokenColumns+`where hash = $1`, hash)
	if err != nil {
		return nil, err
	}
	if len(tokens) == 0 {
		return nil, store.ErrNotFound
	}
	return &tokens[0], nil
}

// ListTokens implements store.Tokens.
func (d *Database) ListTokens(ctx context.Context) ([]store.Token, error) {
	return d.readTokens(ctx, tokenColumns+`order by name`)
}

func (d *Database) readTokens(ctx context.Context, query string, arguments ...any) ([]store.Token, error) {
	return listed(ctx, d, func(from pgx.CollectableRow) (of store.Token, err error) {
		var created, expires int64
		err = from.Scan(&of.Name, &of.Hash, &of.Scopes, &created, &expires)
		of.CreatedAt, of.ExpiresAt = timeOf(created), timeOf(expires)
		return of, err
	}, query, arguments...)
}

// DropToken implements store.Tokens.
func (d *Database) DropToken(ctx context.Context, name string) error {
	ctx, cancel := context.WithTimeout(ctx, d.options.Patience)
	defer cancel()
	done, err := d.pool.Exec(ctx, `delete from tokens where name = $1`, name)
	if err == nil && done.RowsAffected() == 0 {
		return store.ErrNotFound
	}
	return unavailable(err)
}
