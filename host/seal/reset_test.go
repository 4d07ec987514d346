package seal_test

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"github.com/hookstep-dev/hookstep/host/seal"
	"github.com/hookstep-dev/hookstep/host/store"
)

// reset resets keys with the key that a host has, and counts the calls of what forgets rows.
func (h *host) reset(ctx context.Context, kept store.Keysets, drop error) (dropped int, err error) {
	err = seal.Reset(ctx, seal.Options{
		Source: seal.Source{Data: h.data, Current: h.current, Previous: h.previous, LookupEnv: func(name string) (string, bool) {
			text, ok := h.environment[name]
			return text, ok
		}},
		Kept: kept, Now: h.now, Log: slog.New(slog.NewTextHandler(&h.log, nil)),
	}, func(context.Context) error {
		dropped++
		return drop
	})
	return dropped, err
}

func TestReset(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, open func(*testing.T) database) {
		t.Helper()
		here, kept := newHost(t), open(t)
		wantNotReset(t, here, kept, store.ErrNotFound)
		old := here.box(t, kept)
		closed := sealed(t, old, "s", place())
		first := shared(t, old, "one", "canary-first")
		wantNotReset(t, here, kept, seal.ErrNotLost)

		if err := os.Remove(filepath.Join(here.data, seal.KeyFile)); err != nil {
			t.Fatal(err)
		}
		failed := errors.New("not dropped")
		if dropped, err := here.reset(t.Context(), kept, failed); dropped != 1 || !errors.Is(err, failed) {
			t.Errorf("with rows that are not dropped: %d, %v", dropped, err)
		}
		if _, err := here.open(t.Context(), kept); err == nil {
			t.Error("the keyset was replaced although the rows were not dropped")
		}
		if dropped, err := here.reset(t.Context(), kept, nil); dropped != 1 || err != nil {
			t.Errorf("once more: %d, %v", dropped, err)
		}
		box := here.box(t, kept)
		wantOpen(t, box, sealed(t, box, "t", place()), place(), "t")
		if _, err := box.Open(t.Context(), closed, place()); err == nil {
			t.Error("what was sealed before opens")
		}
		if got := shared(t, box, "one", "canary-second"); got == first {
			t.Error("a shared secret was found again without its key")
		}
		of := rows{kept, box}
		of.fill(t, 1)
		of.wantSecrets(t, 1)
		late := rows{kept, old}
		if err := late.set(t.Context(), row(1), "late"); err == nil {
			t.Error("a host with the lost keys still seals")
		}
	})
}

func wantNotReset(t *testing.T, here *host, kept store.Keysets, want error) {
	t.Helper()
	if dropped, err := here.reset(t.Context(), kept, nil); dropped != 0 || !errors.Is(err, want) {
		t.Errorf("dropped %d times, %v; want %v", dropped, err, want)
	}
}

// A key that is there and cannot be read is no reason to forget anything, nor is a damaged keyset to whom keys cannot be had.
func TestResetWantsAGoodKey(t *testing.T) {
	t.Parallel()
	here, kept := newHost(t), &keysets{}
	here.box(t, kept)
	before := kept.kept
	path := filepath.Join(here.data, seal.KeyFile)
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	dropped, err := here.reset(t.Context(), kept, nil)
	if _, ok := errors.AsType[*seal.KeyError](err); !ok || dropped != 0 || kept.kept.Version != before.Version {
		t.Errorf("dropped %d times, %v", dropped, err)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		t.Fatal(err)
	}
	damaged := before
	damaged.Sealed = []byte("{")
	kept.put(damaged)
	if _, err := here.open(t.Context(), kept); err == nil {
		t.Error("a damaged keyset opens")
	}
	if dropped, err := here.reset(t.Context(), kept, nil); dropped != 1 || err != nil {
		t.Errorf("a damaged keyset: dropped %d times, %v", dropped, err)
	}
	here.box(t, kept)
}
