package storetest

import (
	"crypto/sha256"
	"time"

	"github.com/hookstep-dev/hookstep/host/store"
)

func tokenTests() []test {
	return []test{
		{name: "tokens are kept, found by hash and forgotten", run: tokens},
		{name: "tokens that have expired are swept", run: expiredTokens},
	}
}

func (d *database) token(name string) *store.Token {
	hash := sha256.Sum256([]byte(name))
	return &store.Token{Name: name, Hash: hash[:], Scopes: []string{"executions:read", "state:write"}, CreatedAt: d.moment()}
}

func tokens(d *database) {
	h := d.open()
	ctx := d.Context()
	a, b := d.token("a"), d.token("b")
	b.ExpiresAt, b.Scopes = d.moment().Add(-time.Hour), nil
	d.must(h.PutToken(ctx, b))
	d.must(h.PutToken(ctx, a))
	taken := d.token("a")
	taken.Hash = []byte("another")
	d.is("a name that is taken", h.PutToken(ctx, taken), store.ErrConflict)
	h = h.restart()
	for _, want := range []*store.Token{a, b} {
		got, err := h.FindToken(ctx, want.Hash)
		d.must(err)
		d.equal("the token", want, got)
	}
	all, err := h.ListTokens(ctx)
	d.must(err)
	d.equal("all tokens", []store.Token{*a, *b}, all)
	d.must(h.DropToken(ctx, "a"))
	_, err = h.FindToken(ctx, a.Hash)
	d.is("a token that was dropped", err, store.ErrNotFound)
	d.is("dropping it again", h.DropToken(ctx, "a"), store.ErrNotFound)
	d.must(h.PutToken(ctx, taken))
	all, err = h.ListTokens(ctx)
	d.must(err)
	d.equal("all tokens in the end", []store.Token{*taken, *b}, all)
}

func expiredTokens(d *database) {
	h := d.open()
	forever, soon, over := d.token("forever"), d.token("soon"), d.token("over")
	soon.ExpiresAt, over.ExpiresAt = d.moment().Add(time.Hour), d.moment().Add(-time.Minute)
	for _, token := range []*store.Token{forever, soon, over} {
		d.must(h.PutToken(d.Context(), token))
	}
	h.sweep(store.Retention{})
	all, err := h.ListTokens(d.Context())
	d.must(err)
	d.equal("the tokens left", []store.Token{*forever, *soon}, all)
}
