package sqlite_test

import (
	"context"
	"database/sql"
	"errors"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/store"
	"github.com/hookstep-dev/hookstep/host/store/sqlite"
	"github.com/hookstep-dev/hookstep/sdk/fault"
)

func TestCallersShareTransactions(t *testing.T) {
	t.Parallel()
	d, ids := newDatabase(t), newSequence()
	before := d.Commits()
	const callers, calls = 64, 20
	var all sync.WaitGroup
	for range callers {
		all.Go(func() {
			for range calls {
				if _, err := d.Accept(t.Context(), acceptance(ids.next())); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	if commits := d.Commits() - before; commits > callers*calls*9/10 { // a busy machine lets few callers come at a time
		t.Errorf("%d calls of %d callers took %d transactions", callers*calls, callers, commits)
	}
	if got := d.Commits(); got <= before {
		t.Errorf("%d transactions", got)
	}
}

// TestNoneSpoilsAnother has some callers refused in the midst of others.
func TestNoneSpoilsAnother(t *testing.T) {
	t.Parallel()
	d, ids := newDatabase(t), newSequence()
	taken := ids.next()
	if _, err := d.Accept(t.Context(), acceptance(taken)); err != nil {
		t.Fatal(err)
	}
	large := []store.StateChange{{Owner: store.OwnersOf(orders)[0], Merge: []byte(`{"a":"` + strings.Repeat("x", store.StateCeiling) + `"}`)}}
	var kept sync.Map
	var all sync.WaitGroup
	for i := range 32 {
		all.Go(func() {
			for turn := range 8 {
				switch i {
				case 0:
					if turn > 0 {
						return // once takes long enough
					}
					if err := d.WriteStates(t.Context(), large); !fault.Is(err, fault.ResultSize) {
						t.Errorf("too large a state gave %v", err)
					}
				case 1:
					again := acceptance(taken)
					again.Flow.Flow = "new" // its row comes to nothing too
					if _, err := d.Accept(t.Context(), again); !errors.Is(err, store.ErrConflict) {
						t.Errorf("an id in use gave %v", err)
					}
				case 2:
					if err := d.DropToken(t.Context(), "none"); !errors.Is(err, store.ErrNotFound) {
						t.Errorf("no token gave %v", err)
					}
				default:
					asked := acceptance(ids.next())
					if _, err := d.Accept(t.Context(), asked); err != nil {
						t.Error(err)
					}
					kept.Store(asked.ID, true)
				}
			}
		})
	}
	all.Wait()
	kept.Range(func(id, _ any) bool {
		if _, err := d.Execution(t.Context(), id.(integration.ExecutionID)); err != nil {
			t.Error(err)
		}
		return true
	})
	again := acceptance(ids.next())
	again.Flow.Flow = "new"
	if _, err := d.Accept(t.Context(), again); err != nil {
		t.Errorf("the flow that came to nothing: %v", err)
	}
	if page, err := d.List(t.Context(), &store.Filter{Flow: "new"}); err != nil || len(page.Executions) != 1 {
		t.Errorf("got %v, %v", page, err)
	}
}

func TestNobodyWaitsWithoutBound(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "hookstep.db")
	d := open(t, path)
	other, release := occupy(t, path)
	defer func() { _ = other.Close() }()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	id := newSequence().next()
	_, err := d.Accept(ctx, acceptance(id))
	if told, ok := errors.AsType[*fault.Fault](err); !ok || told.Code != fault.Unavailable || told.RetryAfter == 0 {
		t.Errorf("got %v", err)
	}
	release()
	if err := d.Ping(t.Context()); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

// occupy has another connection hold the lock of writers, as no host does.
func occupy(t *testing.T, path string) (*sql.DB, func()) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	if _, err := db.ExecContext(t.Context(), "BEGIN IMMEDIATE"); err != nil {
		t.Fatal(err)
	}
	return db, func() {
		if _, err := db.ExecContext(t.Context(), "ROLLBACK"); err != nil {
			t.Error(err)
		}
	}
}

func TestSchemas(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, change, want string
	}{
		{"a newer one that this program can use", "UPDATE schema SET version = 99, needs = 1", ""},
		{"a newer one that it cannot use", "UPDATE schema SET version = 99, needs = 42", "schema version 99, which needs a program that knows version 42"},
		{"no database", "", "not a database"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "hookstep.db")
			prepare(t, path, tt.change)
			d, err := sqlite.Open(t.Context(), sqlite.Options{Path: path})
			if tt.want == "" {
				if err != nil {
					t.Fatal(err)
				}
				err = d.Close(t.Context())
			}
			if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), path)) {
				t.Errorf("got %v", err)
			}
		})
	}
}
