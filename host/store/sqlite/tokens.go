package sqlite

import (
	"context"
	"fmt"
	"strings"

	"github.com/hookstep-dev/hookstep/host/store"
)

const (
	insertToken  = "INSERT INTO tokens (name, hash, scopes, created, expires) VALUES (?, ?, ?, ?, ?)"
	replaceToken = "INSERT OR REPLACE INTO tokens (name, hash, scopes, created, expires) VALUES (?, ?, ?, ?, ?)" //nolint:gosec // a statement
	selectTokens = "SELECT name, hash, scopes, created, expires FROM tokens"
)

// PutToken implements store.Tokens.
func (d *Database) PutToken(ctx context.Context, token *store.Token) error {
	return d.writer.do(ctx, 0, func(t *tx) error { return t.putToken(insertToken, token) })
}

func (t *tx) putToken(query string, token *store.Token) error {
	_, err := t.exec(query, token.Name, token.Hash, strings.Join(token.Scopes, " "), token.CreatedAt.UnixMilli(), toMillis(token.ExpiresAt))
	return err
}

// FindToken implements store.Tokens.
func (d *Database) FindToken(ctx context.Context, hash []byte) (*store.Token, error) {
	found, err := d.readTokens(ctx, " WHERE hash = ?", hash)
	switch {
	case err != nil:
		return nil, err
	case len(found) == 0:
		return nil, fmt.Errorf("the token: %w", store.ErrNotFound)
	default:
		return &found[0], nil
	}
}

// ListTokens implements store.Tokens.
func (d *Database) ListTokens(ctx context.Context) ([]store.Token, error) {
	return d.readTokens(ctx, " ORDER BY name")
}

func (d *Database) readTokens(ctx context.Context, which string, args ...any) ([]store.Token, error) {
	var found []store.Token
	err := d.readers.do(ctx, func(l *link) error {
		return l.each(selectTokens+which, args, func(r row) error {
			found = append(found, store.Token{
				Name: r.text(0), Hash: r.bytes(1), Scopes: strings.Fields(r.text(2)), CreatedAt: r.time(3), ExpiresAt: r.time(4),
			})
			return nil
		})
	})
	return found, err
}

// DropToken implements store.Tokens.
func (d *Database) DropToken(ctx context.Context, name string) error {
	return d.writer.do(ctx, 0, func(t *tx) error {
		dropped, err := t.exec("DELETE FROM tokens WHERE name = ?", name)
		if err == nil && dropped == 0 {
			err = fmt.Errorf("the token %s: %w", name, store.ErrNotFound)
		}
		return err
	})
}
