package store

import (
	"context"
	"time"
)

// Tokens keeps who may use the operators' API. A token itself is never kept.
type Tokens interface {
	// PutToken keeps a token; ErrConflict when the name is taken.
	PutToken(ctx context.Context, token *Token) error
	// FindToken finds a token by its hash, else ErrNotFound. Whether it has expired is the caller's to judge.
	FindToken(ctx context.Context, hash []byte) (*Token, error)
	// ListTokens gives all, by name.
	ListTokens(ctx context.Context) ([]Token, error)
	// DropToken forgets the token of a name, else ErrNotFound.
	DropToken(ctx context.Context, name string) error
}

// Token is a bearer token as it is kept.
type Token struct {
	Name      string
	Hash      []byte // SHA-256 of the token's text
	Scopes    []string
	CreatedAt time.Time
	ExpiresAt time.Time // zero: never
}
