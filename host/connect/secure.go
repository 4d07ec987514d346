package connect

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/hookstep-dev/hookstep/host/store"
	"github.com/hookstep-dev/hookstep/sdk/fault"
)

const (
	saveTime  = 5 * time.Second // that one try to keep a token gets
	savePause = 250 * time.Millisecond
	saveMost  = 5 * time.Second // between two tries
)

// unsaved are tokens that a service has given and the database does not take at the moment. They are the only ones there are: the
// service may have forgotten those before.
type unsaved struct {
	lock   sync.Mutex
	drafts map[store.ConnectionKey]*draft
}

func (u *unsaved) find(key store.ConnectionKey) *draft {
	u.lock.Lock()
	defer u.lock.Unlock()
	return u.drafts[key]
}

func (u *unsaved) set(key store.ConnectionKey, made *draft) {
	u.lock.Lock()
	defer u.lock.Unlock()
	if made == nil {
		delete(u.drafts, key)
		return
	}
	u.drafts[key] = made
}

// secure keeps a new token, whatever it takes. While the database does not take it this host alone uses it, and goes on trying. The
// error says that it is not wanted any more: the connection was given another token meanwhile, lost its own, or was deleted.
func (r *Room) secure(ctx context.Context, mine *turn, made *draft, event *store.ConnectionEvent) (*state, error) {
	saved, err := r.place(ctx, mine, made, event)
	if err == nil || fault.Is(err, fault.Refused) {
		return saved, err
	}
	r.options.Log.LogAttrs(ctx, slog.LevelError, "a new token cannot be kept: it is in this host's memory alone until it can",
		append(mine.member.attrs(), slog.Any("error", err))...)
	key, shown := mine.member.key, *made
	r.unsaved.set(key, &shown)
	ctx = context.WithoutCancel(ctx)
	r.flights.after(func() {
		err := r.insist(ctx, mine, made, event)
		r.unsaved.set(key, nil)
		mine.member.seen.Store(nil)
		if err != nil {
			r.options.Log.LogAttrs(ctx, slog.LevelError, "a new token is lost: somebody may have to authorize again", append(mine.member.attrs(), slog.Any("error", err))...)
		} else {
			r.options.Log.LogAttrs(ctx, slog.LevelInfo, "the new token is kept now", mine.member.attrs()...)
		}
	})
	return r.see(mine.member, shown.state(mine.member, mine.schema)), nil
}

// insist tries to place a draft until that is done, until it is not wanted, or until the host ends.
func (r *Room) insist(ctx context.Context, mine *turn, made *draft, event *store.ConnectionEvent) error {
	for pause := savePause; ; pause = min(2*pause, saveMost) {
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-r.flights.ending:
			timer.Stop()
			return errEnding()
		}
		if _, err := r.place(ctx, mine, made, event); err == nil || fault.Is(err, fault.Refused) {
			return err
		}
		_, _ = r.claim(ctx, mine) // to hold it longer
	}
}

// place tries to keep a draft with a new token. If the connection was changed meanwhile but for its token, the token goes on top of
// the change; else the fault is Refused.
func (r *Room) place(ctx context.Context, mine *turn, made *draft, event *store.ConnectionEvent) (*state, error) {
	ctx, cancel := context.WithTimeout(ctx, saveTime)
	defer cancel()
	for {
		err := r.keep(ctx, made, event)
		if err == nil {
			return r.see(mine.member, made.state(mine.member, mine.schema)), nil
		}
		if !errors.Is(err, store.ErrConflict) {
			return nil, err
		}
		now, err := r.stored(ctx, mine.member)
		if err != nil {
			return nil, err
		}
		if isSame(now.token.Response, made.token.Response) {
			return now, nil // an earlier try kept it, and its answer was lost
		}
		if now.row.Version == 0 || now.row.TokenAt != mine.row.TokenAt {
			return nil, fault.New(fault.Host, fault.Refused, "%s was given another token, or deleted, while it was renewed", mine.member.title())
		}
		moved := now.draft()
		moved.replace(made.token)
		moved.become(made.row.Status, made.row.Cause, r.now())
		moved.row.RenewAt = made.row.RenewAt
		*made = *moved
	}
}

// isSame tells that two tokens are one, which JSON may write in several ways.
func isSame(one, other json.RawMessage) bool {
	first, err := json.Marshal(one)
	second, bad := json.Marshal(other)
	return err == nil && bad == nil && bytes.Equal(first, second)
}

// state is what a draft becomes when it is kept.
func (d *draft) state(m *member, known *schema) *state {
	return newState(m, known, d.row, d.inputs, d.token)
}
