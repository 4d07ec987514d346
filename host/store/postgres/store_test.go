package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"go.uber.org/goleak"

	"github.com/hookstep-dev/hookstep/host/store"
	"github.com/hookstep-dev/hookstep/host/store/postgres"
	"github.com/hookstep-dev/hookstep/host/store/postgres/scratch"
	"github.com/hookstep-dev/hookstep/host/store/storetest"
)

// silence is short here, so that no test waits long for the death of a host, and long enough for a busy machine.
const silence = 5 * time.Second

// patienceOfSuite is long: what the suite asks for is right, not how fast it comes on a machine that does much else.
const patienceOfSuite = 30 * time.Second

// shared is the cluster of all tests that do not stop theirs. Each has a database of its own.
type shared struct {
	start   sync.Once
	cluster *scratch.Cluster
	failed  error
	count   atomic.Int64
}

var clusterOfAll = &shared{}

func TestMain(m *testing.M) {
	if code, child := storetest.Child(home()); child {
		os.Exit(code)
	}
	code := m.Run()
	if clusterOfAll.cluster != nil {
		if err := clusterOfAll.cluster.Remove(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	if err := goleak.Find(); err != nil && code == 0 {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// database makes an empty database on the shared cluster.
func database(tb testing.TB) string {
	tb.Helper()
	of := clusterOfAll
	of.start.Do(func() { of.cluster, of.failed = scratch.New(context.WithoutCancel(tb.Context())) })
	if errors.Is(of.failed, scratch.ErrMissing) {
		tb.Skip(of.failed)
	}
	if of.failed != nil {
		tb.Fatal(of.failed)
	}
	url, err := of.cluster.Database(tb.Context(), fmt.Sprintf("test%d", of.count.Add(1)))
	if err != nil {
		tb.Fatal(err)
	}
	return url
}

func home() storetest.Home {
	return storetest.Home{
		Create: database,
		Open: func(ctx context.Context, location string, now func() time.Time) (store.Store, error) {
			return postgres.Open(ctx, postgres.Options{URL: location, Now: now, Log: slog.New(slog.DiscardHandler), Silence: silence, Patience: patienceOfSuite})
		},
		Shared: true,
		Rows:   rows,
	}
}

// rows counts what there is of executions.
func rows(ctx context.Context, location string) (int, error) {
	connected, err := pgx.Connect(ctx, location)
	if err != nil {
		return 0, err
	}
	defer connected.Close(ctx)
	var count int
	err = connected.QueryRow(ctx, `select (select count(*) from hookstep.executions) + (select count(*) from hookstep.inputs)
		+ (select count(*) from hookstep.steps) + (select count(*) from hookstep.chunks) + (select count(*) from hookstep.dedupes)
		+ (select count(*) from hookstep.lanes) + (select count(*) from hookstep.places)`).Scan(&count)
	return count, err
}

func TestStore(t *testing.T) {
	t.Parallel()
	storetest.Run(t, home())
}
