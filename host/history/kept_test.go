package history_test

import (
	"context"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hookstep-dev/hookstep/host/history"
	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/store"
	"github.com/hookstep-dev/hookstep/host/store/sqlite"
	"github.com/hookstep-dev/hookstep/sdk/fault"
)

func open(t *testing.T) *sqlite.Database {
	t.Helper()
	database, err := sqlite.Open(t.Context(), sqlite.Options{Path: filepath.Join(t.TempDir(), "hookstep.db"), Log: quiet()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := database.Close(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	return database
}

// of makes a whole recording of an execution that began at a minute of a day.
func of(minute int, status store.Status) *store.Recording {
	at := time.Date(2026, 11, 21, 0, minute, 0, 0, time.UTC)
	made := ended(0, status)
	made.Execution.ID = integration.NewExecutionID(at.UnixMilli(), 0, 0)
	made.Execution.Flow = store.Flow{Integration: "orders", Instance: "acme", Flow: "receive"}
	made.Execution.Source = store.Webhook
	made.Execution.StartedAt, made.Execution.EndedAt = at, at.Add(time.Second)
	made.Execution.Elapsed, made.Execution.StepsDone = time.Second, 1
	made.Steps[0].EndedAt = at.Add(time.Second)
	made.Logs[0].At = at
	made.Input.Request.ReceivedAt = at
	if status == store.Failed {
		made.Execution.Fault = fault.New(fault.User, fault.Thrown, "boom").At("a")
	}
	return made
}

// minutes lists what the database has, by minute of the day.
func minutes(t *testing.T, database *sqlite.Database) []int {
	t.Helper()
	page, err := database.List(t.Context(), &store.Filter{Limit: 1000})
	if err != nil {
		t.Fatal(err)
	}
	var found []int
	for i := range page.Executions {
		at := page.Executions[i].StartedAt.UTC()
		found = append(found, at.Hour()*60+at.Minute())
	}
	slices.Sort(found)
	return found
}

func span(from, to int) []int {
	var all []int
	for i := from; i <= to; i++ {
		all = append(all, i)
	}
	return all
}

func TestRecordedExecutionsAreInTheDatabase(t *testing.T) {
	t.Parallel()
	database := open(t)
	recorder := history.NewRecorder(database, history.All, bounds(), quiet())
	good, bad := of(1, store.Succeeded), of(2, store.Failed)
	recorder.Record(good)
	recorder.Record(bad)
	if err := recorder.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, want := range []*store.Recording{good, bad} {
		detail, err := database.Execution(t.Context(), want.Execution.ID)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(&want.Execution, &detail.Execution); diff != "" {
			t.Errorf("row (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff(want.Steps, detail.Steps); diff != "" {
			t.Errorf("steps (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff(want.Input, detail.Input); diff != "" || detail.Dropped {
			t.Errorf("input (-want +got), dropped %t:\n%s", detail.Dropped, diff)
		}
		chunks, err := database.Logs(t.Context(), want.Execution.ID, 0, 10)
		if err != nil || len(chunks) != 1 {
			t.Fatalf("%d chunks, %v", len(chunks), err)
		}
		if diff := cmp.Diff(want.Logs, chunks[0].Lines); diff != "" {
			t.Errorf("log (-want +got):\n%s", diff)
		}
	}
}

// slow is a real database that answers when it is let.
type slow struct {
	*sqlite.Database

	entered chan struct{}
	free    chan struct{}
}

func (s *slow) Record(ctx context.Context, ended []*store.Recording) error {
	s.entered <- struct{}{}
	<-s.free
	return s.Database.Record(ctx, ended)
}

func TestOverloadOfADatabase(t *testing.T) {
	t.Parallel()
	database := open(t)
	let := &slow{Database: database, entered: make(chan struct{}, 100), free: make(chan struct{})}
	set := bounds()
	set.Count, set.Batch = 40, 10
	recorder := history.NewRecorder(let, history.All, set, quiet())
	recorder.Record(of(0, store.Succeeded))
	<-let.entered
	for minute := 1; minute < 100; minute++ { // every tenth fails
		status := store.Succeeded
		if minute%10 == 0 {
			status = store.Failed
		}
		recorder.Record(of(minute, status))
	}
	close(let.free)
	if err := recorder.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	// Up to half of 40 whole, up to three quarters without content, up to 40 as rows, then failures only, without content.
	want := append(span(0, 39), 40, 50, 60, 70, 80, 90)
	if diff := cmp.Diff(want, minutes(t, database)); diff != "" {
		t.Errorf("kept (-want +got):\n%s", diff)
	}
	if got := recorder.Counts(); got.Kept != int64(len(want)) || got.Shed == 0 || got.Failures != 0 || got.Contents == 0 || got.Steps == 0 {
		t.Errorf("%+v", got)
	}
	for _, test := range []struct {
		minute  int
		dropped bool
		steps   int
		results bool
	}{{5, false, 1, true}, {25, true, 1, false}, {35, true, 0, false}, {30, false, 1, true}, {90, true, 1, false}} {
		detail, err := database.Execution(t.Context(), of(test.minute, store.Succeeded).Execution.ID)
		if err != nil {
			t.Fatal(err)
		}
		results := len(detail.Steps) > 0 && !detail.Steps[0].Result.Results.IsZero()
		if detail.Dropped != test.dropped || len(detail.Steps) != test.steps || results != test.results {
			t.Errorf("minute %d: dropped %t, %d steps, results %t", test.minute, detail.Dropped, len(detail.Steps), results)
		}
	}
}

// untilDone ends the sweeper when nothing is left to delete.
type untilDone struct {
	history.Sweeping

	done func()
}

func (u untilDone) Sweep(ctx context.Context, keep store.Retention, now time.Time) (int, bool, error) {
	deleted, more, err := u.Sweeping.Sweep(ctx, keep, now)
	if !more {
		u.done()
	}
	return deleted, more, err
}

func TestSweepOfADatabase(t *testing.T) {
	t.Parallel()
	database := open(t)
	var all []*store.Recording
	for minute := range 120 {
		all = append(all, of(minute, store.Succeeded))
	}
	if err := database.Record(t.Context(), all); err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 11, 21, 2, 0, 0, 0, time.UTC)
	ctx, cancel := context.WithCancel(t.Context())
	sweeper := &history.Sweeper{
		From: untilDone{database, cancel}, Keep: store.Retention{Age: 30 * time.Minute}, Every: time.Millisecond, Log: quiet(),
		Now: func() time.Time { return now }, Chance: func() float64 { return 0 },
	}
	sweeper.Run(ctx)
	if deleted, failures := sweeper.Sweeps(); deleted != 90 || failures != 0 {
		t.Errorf("deleted %d, failures %d", deleted, failures)
	}
	if diff := cmp.Diff(span(90, 119), minutes(t, database)); diff != "" {
		t.Errorf("left (-want +got):\n%s", diff)
	}
}
