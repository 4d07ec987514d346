package sqlite_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/hookstep-dev/hookstep/host/store"
	"github.com/hookstep-dev/hookstep/host/store/sqlite"
	"github.com/hookstep-dev/hookstep/host/store/storetest"
)

func TestMain(m *testing.M) {
	if code, child := storetest.Child(home()); child {
		os.Exit(code)
	}
	if path, child := os.LookupEnv(writesTo); child {
		fmt.Fprintln(os.Stderr, writeForever(path))
		os.Exit(1)
	}
	goleak.VerifyTestMain(m)
}

func TestStore(t *testing.T) {
	t.Parallel()
	storetest.Run(t, home())
}

func home() storetest.Home {
	return storetest.Home{
		Create: func(tb testing.TB) string {
			tb.Helper()
			return filepath.Join(tb.TempDir(), "hookstep.db")
		},
		Open: func(ctx context.Context, location string, now func() time.Time) (store.Store, error) {
			return sqlite.Open(ctx, sqlite.Options{Path: location, Now: now, Log: slog.New(slog.DiscardHandler)})
		},
		Rows: rows,
	}
}

// rows counts what there is of executions.
func rows(ctx context.Context, location string) (int, error) {
	opened, err := sql.Open("sqlite", location)
	if err != nil {
		return 0, err
	}
	var count int
	err = opened.QueryRowContext(ctx, `SELECT (SELECT count(*) FROM active) + (SELECT count(*) FROM executions) + (SELECT count(*) FROM parts) +
		(SELECT count(*) FROM lanes) + (SELECT count(*) FROM places) + (SELECT count(*) FROM dedupes)`).Scan(&count)
	return count, errors.Join(err, opened.Close())
}
