package admin

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/hookstep-dev/hookstep/host/integration/document"
	"github.com/hookstep-dev/hookstep/host/store"
)

// Scope is what a token allows. None includes another.
type Scope string

// The scopes.
const (
	Read   Scope = "read"  // lists, executions, logs, states
	Write  Scope = "write" // replay, cancel, set states, switch instances
	Manage Scope = "admin" // tokens, keys
)

// Scopes lists all.
func Scopes() []Scope { return []Scope{Read, Write, Manage} }

const (
	tokenPrefix = "hs_" // so that people, and scanners of leaked secrets, know one when they see it
	tokenBytes  = 32
)

// newToken makes the text of a token: 256 random bits.
func newToken() string {
	secret := make([]byte, tokenBytes)
	rand.Read(secret)
	return tokenPrefix + base64.RawURLEncoding.EncodeToString(secret)
}

func hashOf(token string) [sha256.Size]byte { return sha256.Sum256([]byte(token)) }

// tokenName is what names of tokens look like, so that they can stand in a URL and in a table.
var tokenName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$`)

// NewToken is what CreateToken makes a token of.
type NewToken struct {
	Name      string
	Scopes    []string
	ExpiresAt time.Time // zero: never
}

// CreateToken makes a token. Its text is nowhere kept and cannot be had again.
func CreateToken(ctx context.Context, tokens store.Tokens, asked NewToken, now time.Time) (kept *store.Token, text string, err error) {
	if err := asked.check(now); err != nil {
		return nil, "", err
	}
	text = newToken()
	hash := hashOf(text)
	scopes := slices.Compact(slices.Sorted(slices.Values(asked.Scopes)))
	kept = &store.Token{Name: asked.Name, Hash: hash[:], Scopes: scopes, CreatedAt: now, ExpiresAt: asked.ExpiresAt}
	err = tokens.PutToken(ctx, kept)
	if errors.Is(err, store.ErrConflict) {
		err = store.Conflictf("there is a token %q already: revoke it first, or take another name", asked.Name)
	}
	return kept, text, err
}

func (n *NewToken) check(now time.Time) error {
	if !tokenName.MatchString(n.Name) {
		return invalidf("name", "%q is no name of a token: they have 1 to 64 letters, digits and . _ @ -, the first a letter or digit", n.Name)
	}
	if n.Name == LocalToken {
		return invalidf("name", "%q is the name of the token that a host makes for its own machine", n.Name)
	}
	var known []string
	for _, scope := range Scopes() {
		known = append(known, string(scope))
	}
	if len(n.Scopes) == 0 {
		return invalidf("scopes", "a token needs a scope: %s", strings.Join(known, ", "))
	}
	for _, scope := range n.Scopes {
		if !slices.Contains(known, scope) {
			return invalidf("scopes", "there is no scope %q%s", scope, document.DidYouMean(scope, known))
		}
	}
	if !n.ExpiresAt.IsZero() && !n.ExpiresAt.After(now) {
		return invalidf("expiresAt", "%s is over already", n.ExpiresAt.Format(time.RFC3339))
	}
	return nil
}

// Tokens lists all tokens, by name.
func Tokens(ctx context.Context, tokens store.Tokens) ([]store.Token, error) {
	return tokens.ListTokens(ctx)
}

// RevokeToken forgets a token. Hosts may take it for remembered more.
func RevokeToken(ctx context.Context, tokens store.Tokens, name string) error {
	err := tokens.DropToken(ctx, name)
	if errors.Is(err, store.ErrNotFound) {
		return fmt.Errorf("token %q: %w", name, store.ErrNotFound)
	}
	return err
}
