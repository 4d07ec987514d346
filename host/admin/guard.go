package admin

import (
	"context"
	"crypto/sha256"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/hookstep-dev/hookstep/host/store"
	"github.com/hookstep-dev/hookstep/sdk/fault"
)

// LocalToken is the name of the token that is no one's but the host's machine's.
const LocalToken = "local"

const (
	remembered    = 2 * time.Second // how long a revoked token may still be taken
	maxRemembered = 1000
)

// Guard tells who may use the API. Its methods may be called from several goroutines at once.
//
// A token is looked up by its hash, so how long that takes says nothing of a token that is nearly right.
type Guard struct {
	tokens store.Tokens
	now    func() time.Time
	text   string            // of the local token
	local  [sha256.Size]byte // its hash

	mu    sync.Mutex
	known map[[sha256.Size]byte]knownToken
}

type knownToken struct {
	token *store.Token
	until time.Time
}

// NewGuard makes a guard, with a new local token that allows everything for as long as the guard lives.
func NewGuard(tokens store.Tokens, now func() time.Time) *Guard {
	text := newToken()
	return &Guard{tokens: tokens, now: now, text: text, local: hashOf(text), known: map[[sha256.Size]byte]knownToken{}}
}

// Local gives the text of the local token.
func (g *Guard) Local() string { return g.text }

// Find gives the token of a text. The error is a fault of the code Unauthorized if there is none, or it has expired; another one is
// the store's.
func (g *Guard) Find(ctx context.Context, text string) (*store.Token, error) {
	hash := hashOf(text)
	if hash == g.local {
		return &store.Token{Name: LocalToken, Scopes: allScopes()}, nil
	}
	token, err := g.find(ctx, hash)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return nil, fault.New(fault.Host, fault.Unauthorized, "this token is not known: it was revoked, or made for another database")
	case err != nil:
		return nil, err
	case !token.ExpiresAt.IsZero() && !g.now().Before(token.ExpiresAt):
		return nil, fault.New(fault.Host, fault.Unauthorized, "the token %q expired at %s", token.Name, token.ExpiresAt.UTC().Format(time.RFC3339))
	}
	return token, nil
}

// find remembers what the store said for a short time.
func (g *Guard) find(ctx context.Context, hash [sha256.Size]byte) (*store.Token, error) {
	now := g.now()
	g.mu.Lock()
	known, ok := g.known[hash]
	g.mu.Unlock()
	if ok && now.Before(known.until) {
		return known.token, nil
	}
	token, err := g.tokens.FindToken(ctx, hash[:])
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.known) >= maxRemembered {
		clear(g.known)
	}
	delete(g.known, hash)
	if err == nil {
		g.known[hash] = knownToken{token, now.Add(remembered)}
	}
	return token, err
}

func allScopes() []string {
	var all []string
	for _, scope := range Scopes() {
		all = append(all, string(scope))
	}
	return all
}

// Allows tells whether a token has a scope.
func Allows(token *store.Token, scope Scope) bool {
	return slices.Contains(token.Scopes, string(scope))
}
