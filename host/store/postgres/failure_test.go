package postgres_test

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/store"
	"github.com/hookstep-dev/hookstep/host/store/postgres"
	"github.com/hookstep-dev/hookstep/host/store/postgres/scratch"
	"github.com/hookstep-dev/hookstep/sdk/fault"
)

const (
	patience = time.Second      // of the database under test
	longest  = 60 * time.Second // that something may take on a busy machine
)

func open(t *testing.T, url string) *postgres.Database {
	t.Helper()
	opened, err := postgres.Open(t.Context(), postgres.Options{URL: url, Log: slog.New(slog.DiscardHandler), Patience: patience, Silence: silence})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := opened.Close(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	return opened
}

// working has a host finish what it gets, until the test ends, and tells what it finished.
func working(t *testing.T, host *postgres.Database) *finished {
	t.Helper()
	f := &finished{times: map[integration.ExecutionID]int{}}
	ctx, stop := context.WithCancel(t.Context())
	var ended sync.WaitGroup
	ended.Go(func() {
		err := host.Work(ctx, 8, func(ctx context.Context, claim *store.Claim) {
			end := &store.End{Status: store.Succeeded, Last: step(len(claim.Done)), At: time.Now()}
			if host.Finish(ctx, claim, end) == nil {
				f.note(claim.Execution.ID)
			}
		})
		if err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(func() {
		stop()
		ended.Wait()
	})
	return f
}

// finished counts how often executions were finished.
type finished struct {
	lock  sync.Mutex
	times map[integration.ExecutionID]int
}

func (f *finished) note(id integration.ExecutionID) {
	f.lock.Lock()
	defer f.lock.Unlock()
	f.times[id]++
}

func (f *finished) has(id integration.ExecutionID) bool {
	f.lock.Lock()
	defer f.lock.Unlock()
	return f.times[id] > 0
}

func eventually(t *testing.T, what string, so func() bool) {
	t.Helper()
	late, turn := time.NewTimer(longest), time.NewTicker(10*time.Millisecond)
	defer late.Stop()
	defer turn.Stop()
	for !so() {
		select {
		case <-late.C:
			t.Fatalf("%s: not within %s", what, longest)
		case <-turn.C:
		}
	}
}

// asking makes acceptances with ids of their own.
type asking struct{ ids atomic.Int64 }

func newAsking() *asking {
	a := &asking{}
	a.ids.Store(int64(integration.FirstIDAt(time.Now())))
	return a
}

func (a *asking) next(instance string) *store.Acceptance {
	return &store.Acceptance{
		ID: integration.ExecutionID(a.ids.Add(1)), Source: store.Webhook, StartedAt: time.Now(),
		Flow: store.Flow{Integration: "shop", Instance: integration.InstanceName(instance), Flow: "orders"},
	}
}

func isUnavailable(err error) bool {
	found, ok := errors.AsType[*fault.Fault](err)
	return ok && found.Code == fault.Unavailable && found.RetryAfter > 0
}

func TestServerKilled(t *testing.T) {
	t.Parallel()
	server := scratch.ForTest(t)
	host := open(t, server.URL())
	working(t, host)
	asked := newAsking()
	var accepted []integration.ExecutionID
	accept := func() error {
		one := asked.next("a")
		_, err := host.Accept(t.Context(), one)
		if err == nil {
			accepted = append(accepted, one.ID)
		}
		return err
	}
	for range 3 {
		for range 50 {
			if err := accept(); err != nil {
				t.Fatal(err)
			}
		}
		if err := server.Kill(); err != nil {
			t.Fatal(err)
		}
		if err := accept(); !isUnavailable(err) {
			t.Errorf("without a server, Accept gave %v", err)
		}
		if err := host.Ping(t.Context()); !isUnavailable(err) {
			t.Errorf("without a server, Ping gave %v", err)
		}
		if err := server.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		eventually(t, "the host recovers", func() bool { return accept() == nil })
	}
	eventually(t, "all is finished", func() bool { return unfinished(t, host) == 0 })
	for _, id := range accepted {
		detail, err := host.Execution(t.Context(), id)
		if err != nil || detail.Execution.Status != store.Succeeded {
			t.Fatalf("%s, which was accepted, is %+v, %v", id, detail, err)
		}
	}
}

func unfinished(t *testing.T, host *postgres.Database) int {
	t.Helper()
	depths, err := host.Depths(t.Context())
	if err != nil {
		return -1
	}
	sum := 0
	for _, count := range depths {
		sum += count
	}
	return sum
}

func TestServerThatStopsAnswering(t *testing.T) {
	t.Parallel()
	server := scratch.ForTest(t)
	host := open(t, server.URL())
	done := working(t, host)
	asked := newAsking()
	if _, err := host.Accept(t.Context(), asked.next("a")); err != nil {
		t.Fatal(err)
	}
	if err := server.Pause(); err != nil {
		t.Fatal(err)
	}
	var callers sync.WaitGroup
	for range 20 {
		callers.Go(func() {
			begun := time.Now()
			_, err := host.Accept(t.Context(), asked.next("a"))
			if took := time.Since(begun); !isUnavailable(err) || took > 5*patience {
				t.Errorf("a server that does not answer: %v after %s", err, took)
			}
		})
	}
	callers.Wait()
	if err := server.Resume(); err != nil {
		t.Fatal(err)
	}
	last := asked.next("a")
	eventually(t, "the host recovers", func() bool {
		_, err := host.Accept(t.Context(), last)
		return err == nil
	})
	eventually(t, "what was accepted is finished", func() bool { return done.has(last.ID) && unfinished(t, host) == 0 })
}

// TestTurns holds that an instance with much to do does not hold up another one.
func TestTurns(t *testing.T) {
	t.Parallel()
	host := open(t, database(t))
	asked := newAsking()
	for range 300 {
		if _, err := host.Accept(t.Context(), asked.next("flooding")); err != nil {
			t.Fatal(err)
		}
	}
	var modest []integration.ExecutionID
	for _, instance := range []string{"b", "c", "b", "c"} {
		one := asked.next(instance)
		modest = append(modest, one.ID)
		if _, err := host.Accept(t.Context(), one); err != nil {
			t.Fatal(err)
		}
	}
	order := make(chan integration.ExecutionID, 400)
	ctx, stop := context.WithCancel(t.Context())
	var ended sync.WaitGroup
	ended.Go(func() {
		err := host.Work(ctx, 1, func(ctx context.Context, claim *store.Claim) {
			if err := host.Finish(ctx, claim, &store.End{Status: store.Succeeded, At: time.Now()}); err != nil {
				t.Error(err)
			}
			order <- claim.Execution.ID
		})
		if err != nil {
			t.Error(err)
		}
	})
	waiting := map[integration.ExecutionID]bool{}
	for _, id := range modest {
		waiting[id] = true
	}
	turns := 0
	for ; len(waiting) > 0; turns++ {
		delete(waiting, <-order)
	}
	if turns > 8 {
		t.Errorf("four executions of other instances had their turns within %d, behind 300 of one", turns)
	}
	stop()
	ended.Wait()
}

func TestManyHostsMigrateAtOnce(t *testing.T) {
	t.Parallel()
	url := database(t)
	var all sync.WaitGroup
	slots := make(chan int, 6)
	for range cap(slots) {
		all.Go(func() {
			opened, err := postgres.Open(t.Context(), postgres.Options{URL: url, Log: slog.New(slog.DiscardHandler), Patience: longest})
			if err != nil {
				t.Error(err)
				return
			}
			slots <- opened.Slot()
			t.Cleanup(func() { _ = opened.Close(context.WithoutCancel(t.Context())) })
		})
	}
	all.Wait()
	close(slots)
	taken := map[int]bool{}
	for slot := range slots {
		taken[slot] = true
	}
	for slot := range cap(slots) {
		if !taken[slot] {
			t.Errorf("no host has slot %d: %v", slot, taken)
		}
	}
}

func TestSchemaOfANewerProgram(t *testing.T) {
	t.Parallel()
	url := database(t)
	open(t, url)
	connected, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer connected.Close(context.WithoutCancel(t.Context()))
	if _, err := connected.Exec(t.Context(), `update hookstep.schema set version = 7`); err != nil {
		t.Fatal(err)
	}
	open(t, url) // it says that older programs can use it
	if _, err := connected.Exec(t.Context(), `update hookstep.schema set needs = 7`); err != nil {
		t.Fatal(err)
	}
	_, err = postgres.Open(t.Context(), postgres.Options{URL: url, Log: slog.New(slog.DiscardHandler)})
	if !fault.Is(err, fault.Unsupported) {
		t.Errorf("a schema that this program cannot use gave %v", err)
	}
}
