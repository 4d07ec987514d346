package connect

import (
	"context"
	"time"

	"github.com/hookstep-dev/hookstep/host/store"
)

const amendTime = 5 * time.Second // that a remark waits for its turn

// amend changes what is known of a connection, but not its token, and keeps an event. It takes its turn for that: a change frees the
// claim of who renews. Change gives nil to leave all as it is. It is false when nothing was kept, whatever kept it from that.
func (r *Room) amend(ctx context.Context, m *member, change func(made *draft, now *state) *store.ConnectionEvent) bool {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), amendTime)
	defer cancel()
	mine, err := r.turn(ctx, m, func(now *state) error { return now.problem })
	if err != nil {
		return false
	}
	made := mine.draft()
	event := change(made, mine.state)
	if event == nil {
		r.release(ctx, mine)
		return false
	}
	event.At = r.now()
	if r.keep(ctx, made, event) != nil {
		return false
	}
	r.see(m, made.state(m, mine.schema))
	return true
}

// note keeps an event that changes nothing else.
func (r *Room) note(ctx context.Context, m *member, kind, words string) {
	r.amend(ctx, m, func(*draft, *state) *store.ConnectionEvent {
		return &store.ConnectionEvent{Kind: kind, Text: words}
	})
}
