package schedule_test

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/schedule"
	"github.com/hookstep-dev/hookstep/host/store"
	"github.com/hookstep-dev/hookstep/host/store/postgres"
	"github.com/hookstep-dev/hookstep/host/store/postgres/scratch"
)

// TestHostsOnPostgreSQL has two hosts look after the same schedules at the same time, each with a connection of its own.
func TestHostsOnPostgreSQL(t *testing.T) {
	t.Parallel()
	cluster := scratch.ForTest(t)
	url, err := cluster.Database(t.Context(), "schedules")
	if err != nil {
		t.Fatal(err)
	}
	const flows = 3
	started := make(chan store.Fire, 1000)
	asked := new(atomic.Int64)
	ctx, stop := context.WithCancel(t.Context())
	var all sync.WaitGroup
	for range 2 {
		loop := onPostgreSQL(t, url, asked, started)
		all.Go(func() { loop.Run(ctx) })
	}
	var fired []store.Fire
	for len(fired) < 5*flows {
		fired = append(fired, <-started)
	}
	stop()
	all.Wait()
	for i, one := range fired {
		same := func(other store.Fire) bool { return other.Schedule == one.Schedule && other.At.Equal(one.At) }
		if slices.ContainsFunc(fired[:i], same) {
			t.Errorf("%s started twice at %s", one.Schedule.Flow, one.At)
		}
	}
	if int(asked.Load()) == len(fired) {
		t.Log("the hosts never asked for one time both")
	}
}

// onPostgreSQL is one host's loop: three flows every second.
func onPostgreSQL(t *testing.T, url string, asked *atomic.Int64, started chan<- store.Fire) *schedule.Loop {
	t.Helper()
	rows, err := postgres.Open(t.Context(), postgres.Options{URL: url, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := rows.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	loop := schedule.New(schedule.Parts{
		Rows: rows, Now: time.Now, Log: slog.New(slog.DiscardHandler), Open: func(store.InstanceKey) bool { return true },
		Start: func(ctx context.Context, due *schedule.Due) (bool, error) {
			id := integration.NewExecutionID(time.Now().UnixMilli(), rows.Slot(), int(asked.Add(1)))
			accepted, err := rows.Accept(ctx, &store.Acceptance{
				ID: id, Flow: due.Flow, Source: store.Schedule, StartedAt: id.Time(), Input: &store.Input{Request: due.Request}, Fire: &due.Fire,
			})
			if err == nil && !accepted.Skipped {
				started <- due.Fire
			}
			return accepted.Skipped, err
		},
	})
	second := every(t, time.Second)
	loop.Use([]*integration.Integration{configured("shop", []job{{flow: "A", when: second}, {flow: "B", when: second}, {flow: "C", when: second}}, "acme")})
	return loop
}
