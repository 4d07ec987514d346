package veil_test

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/hookstep-dev/hookstep/host/redact"
	"github.com/hookstep-dev/hookstep/host/store"
	"github.com/hookstep-dev/hookstep/host/store/sqlite"
	"github.com/hookstep-dev/hookstep/host/store/storetest"
	"github.com/hookstep-dev/hookstep/host/store/veil"
)

func TestMain(m *testing.M) {
	if code, child := storetest.Child(home()); child {
		os.Exit(code)
	}
	goleak.VerifyTestMain(m)
}

// A veiled store keeps every promise of the one behind it.
func TestTheVeilIsAStore(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("the database behind passes the same suite")
	}
	storetest.Run(t, home())
}

func home() storetest.Home {
	return storetest.Home{
		Create: func(tb testing.TB) string {
			tb.Helper()
			return filepath.Join(tb.TempDir(), "hookstep.db")
		},
		Open: func(ctx context.Context, location string, now func() time.Time) (store.Store, error) {
			behind, err := sqlite.Open(ctx, sqlite.Options{Path: location, Now: now, Log: slog.New(slog.DiscardHandler)})
			if err != nil {
				return nil, err
			}
			return veiled(behind, known), nil
		},
	}
}

// of gives the secrets of instances by a function.
type of func(name store.InstanceKey) (*redact.Set, error)

func (o of) Of(_ context.Context, name store.InstanceKey) (*redact.Set, error) { return o(name) }

// known has some that nothing of the suite has in it.
func known(store.InstanceKey) (*redact.Set, error) {
	return redact.NewSet([]redact.Secret{{Name: "Shop API.apiKey", Value: "a secret that nobody tells"}}), nil
}

func veiled(behind store.Store, secrets of) *veil.Store {
	return veil.New(behind, secrets, veil.NewSealer([]byte("a key that is only for tests")), slog.New(slog.DiscardHandler))
}
