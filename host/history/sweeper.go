package history

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/hookstep-dev/hookstep/host/store"
)

// Sweeping deletes small batches of what retention no longer covers; a store.Store does.
type Sweeping interface {
	Sweep(ctx context.Context, keep store.Retention, now time.Time) (deleted int, more bool, err error)
}

// Sweeper has a store delete what is old, little by little. Its fields are not changed once it runs.
type Sweeper struct {
	From   Sweeping
	Keep   store.Retention
	Every  time.Duration    // between two looks, on average; hosts on one database take turns by chance
	Now    func() time.Time // what retention counts from
	Chance func() float64   // from 0 to 1, 1 excluded
	Log    *slog.Logger

	deleted  atomic.Int64
	failures atomic.Int64
}

// Sweeps tells how many executions are deleted and how many batches did not succeed, so far.
func (s *Sweeper) Sweeps() (deleted, failures int64) { return s.deleted.Load(), s.failures.Load() }

// Run sweeps until ctx ends.
func (s *Sweeper) Run(ctx context.Context) {
	for ctx.Err() == nil {
		pause(ctx, s.Every/2+time.Duration(s.Chance()*float64(s.Every)))
		s.sweep(ctx)
	}
}

// sweep deletes batch after batch until nothing is left to delete. Each is followed by a rest as long as it took, so that
// what is to be kept has at least half of the database's time.
func (s *Sweeper) sweep(ctx context.Context) {
	for more := true; more && ctx.Err() == nil; {
		begun := time.Now()
		var deleted int
		var err error
		deleted, more, err = s.From.Sweep(ctx, s.Keep, s.Now())
		s.deleted.Add(int64(deleted))
		if err != nil {
			s.fail(ctx, err)
			return
		}
		if more {
			pause(ctx, max(time.Since(begun), leastRest))
		}
	}
}

// leastRest is the shortest pause between two batches.
const leastRest = 10 * time.Millisecond

func (s *Sweeper) fail(ctx context.Context, err error) {
	if ctx.Err() != nil {
		return
	}
	s.failures.Add(1)
	s.Log.LogAttrs(ctx, slog.LevelWarn, "old executions cannot be deleted; trying again later", slog.String("error", story(err)))
}
