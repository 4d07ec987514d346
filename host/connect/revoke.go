package connect

import (
	"context"
	"errors"
	"log/slog"

	"github.com/hookstep-dev/hookstep/host/store"
	"github.com/hookstep-dev/hookstep/sdk/connection"
	"github.com/hookstep-dev/hookstep/sdk/fault"
)

// Revoke tells the service that the token is no longer wanted, where it can be told that, and forgets the token. If the service does
// not take it, the token stays, and the fault says why; but one that the service does not know any more is forgotten. ErrConflict:
// there is none.
func (r *Room) Revoke(ctx context.Context, key store.ConnectionKey) error {
	m, err := r.member(key)
	if err != nil {
		return err
	}
	waiting, cancel := context.WithTimeoutCause(ctx, waitTime, errBusy(m))
	defer cancel()
	mine, err := r.turn(waiting, m, func(now *state) error {
		if now.token.Response == nil {
			return store.Conflictf("%s has no token that could be revoked", m.title())
		}
		return now.problem
	})
	if err != nil {
		return err
	}
	told, err := r.disown(ctx, mine.state)
	if err != nil {
		r.release(ctx, mine)
		return err
	}
	return r.forget(ctx, mine, told)
}

// disown has the provider revoke a token. The words tell what became of it.
func (r *Room) disown(ctx context.Context, now *state) (string, error) {
	if !now.kind().Revokes {
		return "the token was forgotten; the service cannot be told, so it may live on there until it runs out", nil
	}
	if !now.hasToken() {
		return "the token was forgotten; it was made with other settings, so the service was not told", nil
	}
	ctx, cancel := context.WithTimeoutCause(context.WithoutCancel(ctx), askTime, fault.New(fault.Downstream, fault.Unreachable, "no answer within %s", askTime))
	defer cancel()
	provider, err := r.provider(ctx, now)
	if err != nil {
		return "", err
	}
	err = provider.Revoke(ctx, now.settings, now.token.token())
	switch {
	case err == nil:
		return "the token was revoked", nil
	case fault.Is(err, fault.Reauthorize):
		return "the token was forgotten; the service did not know it any more", nil
	case fault.Is(err, fault.Unsupported):
		return "the token was forgotten; the service names no way to revoke it, so it may live on there until it runs out", nil
	}
	found := *fault.As(err, fault.Engine)
	found.Message, found.Cause = now.member.title()+" was not revoked: "+now.hide(found.Story()), nil
	return "", &found
}

const disconnected = "it was disconnected: authorize it again to use it"

// forget takes the token out of what is kept.
func (r *Room) forget(ctx context.Context, mine *turn, told string) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), saveTime)
	defer cancel()
	made := mine.draft()
	made.replace(keptToken{})
	if mine.kind().Token == connection.Authorizes {
		made.become(store.ConnectionPending, disconnected, r.now())
	}
	err := r.keep(ctx, made, &store.ConnectionEvent{At: r.now(), Kind: "revoked", Text: told})
	if errors.Is(err, store.ErrConflict) {
		return errBusy(mine.member)
	}
	if err != nil {
		return err
	}
	r.see(mine.member, made.state(mine.member, mine.schema))
	r.options.Log.LogAttrs(ctx, slog.LevelInfo, "a token was revoked", append(mine.member.attrs(), slog.String("words", told))...)
	return nil
}

// Delete forgets all that is kept of a connection, its token too: the service is not told, see Revoke. One that is declared is pending
// afterwards, or has what files give. ErrNotFound: nothing is kept of it.
func (r *Room) Delete(ctx context.Context, key store.ConnectionKey) error {
	for {
		row, err := r.options.Store.FindConnection(ctx, key)
		if errors.Is(err, store.ErrNotFound) {
			return r.nothingKept(key)
		}
		if err != nil {
			return err
		}
		if err := r.options.Store.DeleteConnection(ctx, key, row.Version); !errors.Is(err, store.ErrConflict) {
			if m := r.served.Load().members[key]; m != nil {
				m.seen.Store(nil)
			}
			r.options.Log.LogAttrs(ctx, slog.LevelInfo, "a connection was deleted", append(keyAttrs(key), slog.Bool("done", err == nil))...)
			return err
		}
	}
}

func (r *Room) nothingKept(key store.ConnectionKey) error {
	m, err := r.member(key)
	if err != nil {
		return err
	}
	return errors.Join(store.ErrNotFound, fault.New(fault.Host, fault.NotFound, "nothing is kept of %s", m.title()))
}
