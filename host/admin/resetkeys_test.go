package admin_test

import (
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hookstep-dev/hookstep/host/admin"
	"github.com/hookstep-dev/hookstep/host/seal"
	"github.com/hookstep-dev/hookstep/host/store"
	"github.com/hookstep-dev/hookstep/host/store/postgres"
	"github.com/hookstep-dev/hookstep/host/store/postgres/scratch"
)

func TestKeysAreResetWhenTheyAreLostAndNobodyServes(t *testing.T) {
	t.Parallel()
	url, quiet := scratch.ForTest(t).URL(), slog.New(slog.DiscardHandler)
	open := func() store.Store {
		opened, err := postgres.Open(t.Context(), postgres.Options{URL: url, Log: quiet})
		if err != nil {
			t.Fatal(err)
		}
		return opened
	}
	shut := func(opened store.Store) {
		if err := opened.Close(t.Context()); err != nil {
			t.Error(err)
		}
	}
	kept, data := open(), t.TempDir()
	defer shut(kept)
	options := seal.Options{
		Source: seal.Source{Data: data, LookupEnv: func(string) (string, bool) { return "", false }},
		Now:    time.Now, Log: quiet,
	}
	refused := func(moment string, want error) {
		t.Helper()
		if _, err := admin.Lost(t.Context(), kept, options); !errors.Is(err, want) {
			t.Errorf("%s: %v", moment, err)
		}
	}
	refused("with nothing sealed", store.ErrConflict)
	options.Kept = kept
	box, err := seal.Open(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	whole := keep(t, kept, box, "Shop API")
	bare := keep(t, kept, nil, "Empty")
	refused("with the key", seal.ErrNotLost)
	if err := os.Remove(filepath.Join(data, seal.KeyFile)); err != nil {
		t.Fatal(err)
	}
	other := open()
	refused("while a host uses the database", store.ErrConflict)
	shut(other)

	if lost, err := admin.Lost(t.Context(), kept, options); err != nil || lost == nil {
		t.Fatalf("%v, %v", lost, err)
	}
	forgot, err := admin.ResetKeys(t.Context(), kept, options)
	if diff := cmp.Diff([]store.ConnectionKey{whole}, forgot); diff != "" || err != nil {
		t.Errorf("forgot (-want +got): %v\n%s", err, diff)
	}
	if _, err := kept.FindConnection(t.Context(), whole); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("what was sealed: %v", err)
	}
	if _, err := kept.FindConnection(t.Context(), bare); err != nil {
		t.Errorf("what was not: %v", err)
	}
	refused("afterwards", seal.ErrNotLost)
}

// keep keeps a connection, with inputs that a box seals, or without any.
func keep(t *testing.T, kept store.Connections, box *seal.Box, name string) store.ConnectionKey {
	t.Helper()
	row := store.ConnectionRow{
		Key: store.ConnectionKey{Integration: "shop", Instance: "acme", Name: name}, Version: 1, Type: "apiKey", Status: store.ConnectionPending, ChangedAt: time.Now(),
	}
	if box != nil {
		var err error
		place := seal.Place{Integration: "shop", Instance: "acme", Name: name, Part: "inputs", Version: 1}
		if row.Inputs, err = box.Seal(t.Context(), []byte("canary"), place); err != nil {
			t.Fatal(err)
		}
	}
	if err := kept.SaveConnection(t.Context(), &row, nil); err != nil {
		t.Fatal(err)
	}
	return row.Key
}
