package connect

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/hookstep-dev/hookstep/host/store"
)

const (
	turnPause = 50 * time.Millisecond // between two looks at a claim of another
	turnMost  = 500 * time.Millisecond
)

// turn is the right to change a connection: nobody else renews it until claimTime is over. It is free again when a draft of the state
// is kept, else by release.
type turn struct {
	*state

	holder string    // no two turns have one, also in this process
	until  time.Time // nobody else may renew
}

// turn waits for the right to change a connection, and gives it with what the connection is then. Go is asked before with what the
// database has; its error ends the wait, and the turn then is the state alone. A connection without a row gets one.
func (r *Room) turn(ctx context.Context, m *member, goOn func(now *state) error) (*turn, error) {
	holder := r.holder()
	pause := turnPause
	for {
		now, err := r.read(ctx, m)
		if err != nil {
			return nil, err
		}
		mine := &turn{state: now, holder: holder}
		if err := goOn(now); err != nil {
			return mine, err
		}
		held, err := r.claim(ctx, mine)
		if held || err != nil {
			return mine, err
		}
		if now.row.Version == 0 {
			continue // there is one now
		}
		if err := wait(ctx, pause+time.Duration(r.options.Random()*float64(pause))); err != nil {
			return nil, err
		}
		pause = min(2*pause, turnMost)
	}
}

// holder names a turn.
func (r *Room) holder() string {
	return r.options.Holder + "/" + strconv.FormatUint(r.turns.Add(1), 10)
}

// claim takes the claim of a row, or makes the row so that it can be taken.
func (r *Room) claim(ctx context.Context, mine *turn) (bool, error) {
	if mine.row.Version == 0 {
		made := mine.draft()
		status, cause := mine.standing(r.now())
		made.become(status, cause, r.now())
		err := r.keep(ctx, made, nil)
		if errors.Is(err, store.ErrConflict) {
			err = nil
		}
		return false, err
	}
	at := r.now() // before the database's own: it counts from later on
	mine.until = at.Add(claimTime)
	return r.options.Store.ClaimConnection(ctx, store.ConnectionClaim{
		Key: mine.row.Key, Version: mine.row.Version, Holder: mine.holder, Now: at, Until: mine.until,
	})
}

// release gives a turn up that led to no change.
func (r *Room) release(ctx context.Context, mine *turn) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), answerTime)
	defer cancel()
	_ = r.options.Store.ReleaseConnection(ctx, mine.row.Key, mine.holder) // else it runs out
}

// wait is over when the time is, or with the context's cause.
func wait(ctx context.Context, pause time.Duration) error {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-timer.C:
		return nil
	}
}
