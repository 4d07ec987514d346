package sqlite_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/store"
	"github.com/hookstep-dev/hookstep/host/store/sqlite"
	"github.com/hookstep-dev/hookstep/sdk/engine"
	"github.com/hookstep-dev/hookstep/sdk/fault"
	"github.com/hookstep-dev/hookstep/sdk/hostapi"
	"github.com/hookstep-dev/hookstep/sdk/value"
)

var orders = store.Flow{Integration: "shop", Instance: "berlin", Flow: "orders"}

// ids counts up, as hosts do.
type ids struct{ last atomic.Int64 }

func (i *ids) next() integration.ExecutionID {
	number := i.last.Add(1)
	return integration.NewExecutionID(time.Now().UnixMilli(), 0, int(number%integration.MaxSequence))
}

func open(tb testing.TB, path string) *sqlite.Database {
	tb.Helper()
	opened, err := sqlite.Open(tb.Context(), sqlite.Options{Path: path})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := opened.Close(context.Background()); err != nil {
			tb.Error(err)
		}
	})
	return opened
}

func newDatabase(tb testing.TB) *sqlite.Database {
	tb.Helper()
	return open(tb, filepath.Join(tb.TempDir(), "hookstep.db"))
}

func acceptance(id integration.ExecutionID) *store.Acceptance {
	return &store.Acceptance{
		ID: id, Flow: orders, Source: store.Webhook, StartedAt: id.Time(),
		Input: &store.Input{Request: &integration.Request{Method: "POST", Path: "/hooks/berlin/orders", Body: []byte(`{"id":17}`)}},
	}
}

func step(position int) *store.Step {
	return &store.Step{Position: position, Result: engine.StepResult{Key: "step", Results: value.JSON([]byte(`{"n":1}`))}}
}

// work runs take until n claims were handed over and returned.
func work(t *testing.T, d *sqlite.Database, n int, take func(context.Context, *store.Claim)) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	var taken atomic.Int64
	err := d.Work(ctx, 4, func(ctx context.Context, claim *store.Claim) {
		take(ctx, claim)
		if taken.Add(1) == int64(n) {
			cancel()
		}
	})
	if err != nil || taken.Load() < int64(n) {
		t.Fatalf("%d of %d were handed over: %v", taken.Load(), n, err)
	}
}

func TestAnExecutionGoesOnWhereItWas(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "data", "hookstep.db")
	id := new(ids).next()
	first := open(t, path)
	if _, err := first.Accept(t.Context(), acceptance(id)); err != nil {
		t.Fatal(err)
	}
	var old *store.Claim
	work(t, first, 1, func(ctx context.Context, claim *store.Claim) {
		old = claim
		if err := first.Commit(ctx, claim, step(0), []hostapi.Line{{Text: "one"}}); err != nil {
			t.Error(err)
		}
	})
	if err := first.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	second := open(t, path)
	if err := second.Commit(t.Context(), old, step(1), nil); !errors.Is(err, store.ErrLost) {
		t.Errorf("the old claim committed: %v", err)
	}
	work(t, second, 1, func(ctx context.Context, claim *store.Claim) {
		if len(claim.Done) != 1 || string(claim.Input.Request.Body) != `{"id":17}` {
			t.Errorf("got %+v", claim)
		}
		end := &store.End{Status: store.Succeeded, Last: step(1), Logs: []hostapi.Line{{Text: "two"}}, At: time.Now(), Elapsed: time.Second}
		if err := second.Finish(ctx, claim, end); err != nil {
			t.Error(err)
		}
	})
	detail, err := second.Execution(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	if detail.Execution.Status != store.Succeeded || len(detail.Steps) != 2 || detail.Execution.StepsDone != 2 || detail.Logs != 2 {
		t.Errorf("got %+v", detail)
	}
	page, err := second.List(t.Context(), &store.Filter{Integration: "shop", Statuses: []store.Status{store.Succeeded}})
	if err != nil || len(page.Executions) != 1 || page.Next != 0 {
		t.Errorf("got %+v, %v", page, err)
	}
	if diff := cmp.Diff(detail.Execution, page.Executions[0]); diff != "" {
		t.Error(diff)
	}
}

func TestPostponedAndDeadLetter(t *testing.T) {
	t.Parallel()
	d := newDatabase(t)
	id := new(ids).next()
	asked := acceptance(id)
	asked.Lanes = []store.Lane{{Key: "a", Limit: 1}}
	if _, err := d.Accept(t.Context(), asked); err != nil {
		t.Fatal(err)
	}
	why := fault.New(fault.User, fault.Thrown, "no such order")
	tries := 0
	work(t, d, 2, func(ctx context.Context, claim *store.Claim) {
		var err error
		if tries++; tries == 1 {
			err = d.Postpone(ctx, claim, &store.Postponement{Until: time.Now().Add(20 * time.Millisecond), Retry: true, Fault: why})
		} else {
			err = d.Finish(ctx, claim, &store.End{Status: store.DeadLetter, Fault: why, At: time.Now()})
		}
		if err != nil {
			t.Error(err)
		}
	})
	page, err := d.List(t.Context(), &store.Filter{Text: "SUCH order"})
	if err != nil || len(page.Executions) != 1 || page.Executions[0].Attempt != 1 || page.Executions[0].Status != store.DeadLetter {
		t.Errorf("got %+v, %v", page, err)
	}
}

func TestStates(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "hookstep.db")
	d := open(t, path)
	owners := store.OwnersOf(orders)
	write := func(text string) {
		t.Helper()
		if err := d.WriteStates(t.Context(), []store.StateChange{{Owner: owners[0], Merge: []byte(text)}}); err != nil {
			t.Fatal(err)
		}
	}
	read := func() string {
		t.Helper()
		texts, err := d.ReadStates(t.Context(), owners[:]...)
		if err != nil {
			t.Fatal(err)
		}
		return string(texts[0]) + string(texts[1])
	}
	write(`{"b":1,"a":2}`)
	write(`{"a":3,"c":4,"b":null}`)
	write(`{"b":5}`)
	const want = `{"a":3,"c":4,"b":5}`
	if got := read(); got != want {
		t.Errorf("got %s", got)
	}
	if err := d.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	d = open(t, path)
	if got := read(); got != want {
		t.Errorf("got %s after opening again", got)
	}
	if got := read(); got != want {
		t.Errorf("got %s when it was read already", got)
	}
	large := []byte(`{"big":"` + strings.Repeat("x", store.StateCeiling) + `"}`)
	if err := d.WriteStates(t.Context(), []store.StateChange{{Owner: owners[2], Merge: large}}); !fault.Is(err, fault.ResultSize) {
		t.Errorf("too much gave %v", err)
	}
	if got := read(); got != want {
		t.Errorf("got %s after too much", got)
	}
}

func TestFoldersMayHaveAnyName(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "what? a #name, 100%41 & more", "hookstep.db")
	open(t, path)
	found, err := os.Stat(path)
	if err != nil || found.Size() == 0 || found.Mode().Perm() != 0o600 {
		t.Errorf("got %v, %v", found, err)
	}
}

func TestASecondHostIsRefused(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "hookstep.db")
	open(t, path)
	_, err := sqlite.Open(t.Context(), sqlite.Options{Path: path})
	if err == nil || !strings.Contains(err.Error(), filepath.Dir(path)) || !strings.Contains(err.Error(), "process ") {
		t.Errorf("got %v", err)
	}
}

// noise cannot be compressed.
func noise(size int) []byte {
	made := make([]byte, size)
	_, _ = rand.NewChaCha8([32]byte{1}).Read(made)
	return made
}
