package transfer_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"go.uber.org/goleak"

	"github.com/hookstep-dev/hookstep/host/store"
	"github.com/hookstep-dev/hookstep/host/store/home"
	"github.com/hookstep-dev/hookstep/host/store/postgres/scratch"
	"github.com/hookstep-dev/hookstep/host/store/storetest"
	"github.com/hookstep-dev/hookstep/host/store/transfer"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// embedded is the kind of database that needs nothing.
func embedded() storetest.Home {
	return storetest.Home{
		Create: func(tb testing.TB) string {
			tb.Helper()
			return tb.TempDir()
		},
		Open: open,
	}
}

func open(ctx context.Context, location string, now func() time.Time) (store.Store, error) {
	return home.Open(ctx, location, home.Options{Now: now, Log: slog.New(slog.DiscardHandler)})
}

// both opens two databases for a copy.
func both(t *testing.T, from, to string) (source, target store.Store) {
	t.Helper()
	opened := [2]store.Store{}
	for i, location := range []string{from, to} {
		one, err := open(t.Context(), location, time.Now)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := one.Close(context.Background()); err != nil {
				t.Error(err)
			}
		})
		opened[i] = one
	}
	return opened[0], opened[1]
}

// copied copies between two locations, and gives what was counted.
func copied(t *testing.T, from, to string, options transfer.Options) (counts transfer.Counts, err error) {
	t.Helper()
	done := t.Run(fmt.Sprint("copy to ", filepath.Base(to)), func(t *testing.T) {
		source, target := both(t, from, to)
		counts, err = transfer.Copy(t.Context(), source, target, options)
	})
	if !done {
		t.FailNow()
	}
	return counts, err
}

func same(t *testing.T, want, got *store.Bundle) {
	t.Helper()
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("the copy differs (- source, + copy):\n%s", diff)
	}
}

func TestCopyIsWhole(t *testing.T) { //nolint:tparallel // its copy is a subtest, which it waits for
	t.Parallel()
	kind := embedded()
	from, to := storetest.Fill(t, kind), kind.Create(t)
	var last transfer.Counts
	counts, err := copied(t, from, to, transfer.Options{Each: func(so transfer.Counts) { last = so }})
	if err != nil {
		t.Fatal(err)
	}
	want := transfer.Counts{Executions: 12, Unfinished: 6, Keys: 2, States: 3, Schedules: 2, Instances: 2, Tokens: 2, Connections: 2}
	if counts != want || last != want {
		t.Errorf("counted %+v, told %+v, want %+v", counts, last, want)
	}
	same(t, storetest.Content(t, kind, from), storetest.Content(t, kind, to))
}

func TestTargetHasToBeEmptyButToResume(t *testing.T) {
	t.Parallel()
	kind := embedded()
	from, to := storetest.Fill(t, kind), kind.Create(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	source, target := both(t, from, to)
	if _, err := transfer.Copy(ctx, source, target, transfer.Options{Each: func(transfer.Counts) { cancel() }}); err == nil {
		t.Fatal("an interrupted copy gave no error")
	}
	if _, err := transfer.Copy(t.Context(), source, target, transfer.Options{}); !errors.Is(err, transfer.ErrNotEmpty) {
		t.Fatalf("a second copy gave %v", err)
	}
	for range 2 {
		if _, err := transfer.Copy(t.Context(), source, target, transfer.Options{Resume: true}); err != nil {
			t.Fatal(err)
		}
	}
	for _, opened := range []store.Store{source, target} {
		if err := opened.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	same(t, storetest.Content(t, kind, from), storetest.Content(t, kind, to))
}

// crowded is a database that another host has open.
type crowded struct{ store.Store }

func (crowded) About(context.Context) (store.About, error) { return store.About{Others: 1}, nil }

func TestNobodyElseMayUseADatabase(t *testing.T) {
	t.Parallel()
	kind := embedded()
	source, target := both(t, kind.Create(t), kind.Create(t))
	for _, pair := range [][2]store.Store{{crowded{source}, target}, {source, crowded{target}}} {
		if _, err := transfer.Copy(t.Context(), pair[0], pair[1], transfer.Options{}); !errors.Is(err, transfer.ErrInUse) {
			t.Errorf("gave %v", err)
		}
	}
}

// shared makes a database that several hosts may use.
func shared(t *testing.T) string {
	t.Helper()
	return scratch.ForTest(t).URL()
}

func TestCopyToPostgreSQLAndBack(t *testing.T) { //nolint:tparallel // its copies are subtests, one after the other
	t.Parallel()
	kind := embedded()
	begin, middle, end := storetest.Fill(t, kind), shared(t), kind.Create(t)
	there, err := copied(t, begin, middle, transfer.Options{})
	if err != nil {
		t.Fatal(err)
	}
	back, err := copied(t, middle, end, transfer.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if there != back || there.Executions == 0 {
		t.Errorf("%+v went there, %+v came back", there, back)
	}
	want := storetest.Content(t, kind, begin)
	for _, location := range []string{middle, end} {
		same(t, want, storetest.Content(t, kind, location))
	}
}

func TestAHostOnPostgreSQLIsNoticed(t *testing.T) {
	t.Parallel()
	location := shared(t)
	host, target := both(t, location, location)
	source, empty := both(t, storetest.Fill(t, embedded()), t.TempDir())
	if _, err := transfer.Copy(t.Context(), source, target, transfer.Options{}); !errors.Is(err, transfer.ErrInUse) {
		t.Errorf("copying to it gave %v", err)
	}
	if _, err := transfer.Copy(t.Context(), target, empty, transfer.Options{}); !errors.Is(err, transfer.ErrInUse) {
		t.Errorf("copying from it gave %v", err)
	}
	if err := host.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := transfer.Copy(t.Context(), source, target, transfer.Options{}); err != nil {
		t.Errorf("when the host has gone: %v", err)
	}
}
