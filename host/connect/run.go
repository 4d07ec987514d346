package connect

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/hookstep-dev/hookstep/host/store"
	"github.com/hookstep-dev/hookstep/sdk/connection"
	"github.com/hookstep-dev/hookstep/sdk/fault"
)

const (
	turnEvery = 2 * time.Second // between two looks for what is due
	dueAtOnce = 32              // renewals of one look
)

// Run renews what people authorized ahead of its end, until ctx ends. All hosts of a database may do so: each renewal is one's.
func (r *Room) Run(ctx context.Context) {
	unknown := 0 // keys that are due and not served here
	for ctx.Err() == nil {
		var err error
		if unknown, err = r.renewDue(ctx, unknown); err != nil && ctx.Err() == nil {
			r.options.Log.LogAttrs(ctx, slog.LevelWarn, "what is to be renewed cannot be read", slog.Any("error", err))
		}
		_ = wait(ctx, turnEvery+time.Duration(r.options.Random()*float64(turnEvery)/2))
	}
}

// renewDue renews what is due and served here. Those that were due and unknown before must not keep the others from being seen.
func (r *Room) renewDue(ctx context.Context, unknown int) (int, error) {
	if !r.served.Load().authorizes() {
		return 0, nil
	}
	keys, err := r.options.Store.DueConnections(ctx, r.now(), dueAtOnce+unknown)
	if err != nil {
		return unknown, err
	}
	members := r.served.Load().members
	var work sync.WaitGroup
	unknown = 0
	for _, key := range keys {
		if due := members[key]; due != nil && due.declared.of.Type.Token == connection.Authorizes {
			work.Go(func() { r.renewOne(ctx, due) })
			continue
		}
		unknown++
	}
	work.Wait()
	return unknown, nil
}

func (s *served) authorizes() bool {
	for _, one := range s.order {
		if one.declared.of.Type.Token == connection.Authorizes {
			return true
		}
	}
	return false
}

// renewOne renews a connection that is due. What cannot be renewed is not due any more.
func (r *Room) renewOne(ctx context.Context, m *member) {
	now, err := r.read(ctx, m)
	if err != nil || now.row.RenewAt.IsZero() || r.now().Before(now.row.RenewAt) {
		return
	}
	if now.problem != nil {
		return // of this host: another one may know how
	}
	if err := now.mayRenew(r.now(), false); err == nil {
		_, _ = r.renewed(ctx, m, wish{seen: now.row.TokenAt}) // it has told what became of it
	} else if fault.Is(err, fault.Refused) {
		r.rest(ctx, m)
	}
}

// rest takes the date from a connection that nothing renews, and tells if that is its end.
func (r *Room) rest(ctx context.Context, m *member) {
	var told *store.ConnectionEvent
	r.amend(ctx, m, func(made *draft, now *state) *store.ConnectionEvent {
		if !fault.Is(now.mayRenew(r.now(), false), fault.Refused) {
			return nil
		}
		made.row.RenewAt = time.Time{}
		status, cause := now.standing(r.now())
		made.become(status, cause, r.now())
		told = &store.ConnectionEvent{Kind: string(status), Text: cause}
		return told
	})
	if told != nil {
		r.options.Log.LogAttrs(ctx, slog.LevelError, "a connection cannot be renewed",
			append(m.attrs(), slog.String("status", told.Kind), slog.String("cause", told.Text))...)
	}
}
