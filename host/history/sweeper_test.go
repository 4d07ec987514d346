package history_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hookstep-dev/hookstep/host/history"
	"github.com/hookstep-dev/hookstep/host/store"
)

// sweeping answers by a function and notes when it was asked.
type sweeping struct {
	answer func(call int) (deleted int, more bool, err error)
	took   time.Duration
	asked  []time.Duration // since begun
	begun  time.Time
	keep   []store.Retention
}

func (s *sweeping) Sweep(_ context.Context, keep store.Retention, now time.Time) (int, bool, error) {
	s.asked = append(s.asked, now.Sub(s.begun))
	s.keep = append(s.keep, keep)
	<-time.After(s.took)
	return s.answer(len(s.asked))
}

func TestSweeper(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		from := &sweeping{begun: time.Now(), took: time.Second, answer: func(call int) (int, bool, error) {
			switch call {
			case 1, 2:
				return 100, true, nil
			case 3:
				return 50, false, nil
			case 4:
				return 0, false, errors.New("no space")
			default:
				return 1, false, nil
			}
		}}
		keep := store.Retention{Age: time.Hour, Bytes: 1 << 20}
		chances := []float64{0, 0.5, 0.75, 0.999}
		sweeper := &history.Sweeper{From: from, Keep: keep, Every: time.Minute, Now: time.Now, Log: quiet(), Chance: func() float64 {
			next := chances[0]
			chances = chances[1:]
			return next
		}}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); sweeper.Run(ctx) }()
		<-time.After(4 * time.Minute)
		cancel()
		<-done
		want := []time.Duration{
			30 * time.Second, 32 * time.Second, 34 * time.Second, // batches with rests as long
			95 * time.Second,        // 35 s, and a minute
			(96 + 75) * time.Second, // after the failure as well
		}
		if diff := cmp.Diff(want, from.asked); diff != "" {
			t.Errorf("asked (-want +got):\n%s", diff)
		}
		if from.keep[0] != keep {
			t.Errorf("kept %+v", from.keep[0])
		}
		if deleted, failures := sweeper.Sweeps(); deleted != 251 || failures != 1 {
			t.Errorf("deleted %d, failures %d", deleted, failures)
		}
	})
}

func TestSweeperEndsBetweenBatches(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		from := &sweeping{begun: time.Now(), answer: func(call int) (int, bool, error) {
			if call == 3 {
				cancel()
			}
			return 1, true, nil
		}}
		sweeper := &history.Sweeper{From: from, Every: time.Minute, Now: time.Now, Log: quiet(), Chance: func() float64 { return 0 }}
		sweeper.Run(ctx)
		if len(from.asked) != 3 {
			t.Errorf("asked %d times", len(from.asked))
		}
	})
}
