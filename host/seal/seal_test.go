package seal_test

import (
	"bytes"
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hookstep-dev/hookstep/host/seal"
	"github.com/hookstep-dev/hookstep/host/store"
)

// keysets is a database that keeps only keysets, in memory.
type keysets struct {
	mu   sync.Mutex
	kept store.Keyset
	down error // what every call answers; nil: it works
}

func (k *keysets) FindKeyset(context.Context) (store.Keyset, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	switch {
	case k.down != nil:
		return store.Keyset{}, k.down
	case k.kept.Version == 0:
		return store.Keyset{}, store.ErrNotFound
	}
	return k.kept, nil
}

func (k *keysets) SaveKeyset(_ context.Context, keyset store.Keyset) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	switch {
	case k.down != nil:
		return k.down
	case k.kept.Version != keyset.Version-1:
		return store.ErrConflict
	}
	k.kept = keyset
	return nil
}

func (k *keysets) put(kept store.Keyset) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.kept = kept
}

// place is where tests seal.
func place() seal.Place {
	return seal.Place{Integration: "orders", Instance: "acme", Name: "Shop API", Part: "inputs", Version: 3}
}

// host is one process with a data folder and an environment of its own.
type host struct {
	data        string
	environment map[string]string
	current     seal.Named
	previous    seal.Named
	now         func() time.Time
	log         diary
}

// diary is a log to which the boxes of a host write, each in its own goroutines.
type diary struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (d *diary) Write(part []byte) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.text.Write(part)
}

// String gives what was written since the last Reset.
func (d *diary) String() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.text.String()
}

func (d *diary) Reset() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.text.Reset()
}

func newHost(t *testing.T) *host {
	t.Helper()
	return &host{data: filepath.Join(t.TempDir(), "data"), environment: map[string]string{}, now: clock}
}

// clock stands.
func clock() time.Time { return time.Date(2026, 11, 22, 3, 0, 0, 0, time.UTC) }

func (h *host) open(ctx context.Context, kept store.Keysets) (*seal.Box, error) {
	return seal.Open(ctx, seal.Options{
		Source: seal.Source{Data: h.data, Current: h.current, Previous: h.previous, LookupEnv: func(name string) (string, bool) {
			text, ok := h.environment[name]
			return text, ok
		}},
		Kept: kept, Now: h.now, Log: slog.New(slog.NewTextHandler(&h.log, nil)),
	})
}

// box opens a box that must open.
func (h *host) box(t *testing.T, kept store.Keysets) *seal.Box {
	t.Helper()
	made, err := h.open(t.Context(), kept)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

func sealed(t *testing.T, box *seal.Box, plain string, at seal.Place) []byte {
	t.Helper()
	made, err := box.Seal(t.Context(), []byte(plain), at)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

func wantOpen(t *testing.T, box *seal.Box, closed []byte, at seal.Place, want string) {
	t.Helper()
	plain, err := box.Open(t.Context(), closed, at)
	if err != nil || string(plain) != want {
		t.Errorf("opens as %q, %v; want %q", plain, err, want)
	}
}

func TestSealedOpensAtItsPlaceOnly(t *testing.T) {
	t.Parallel()
	database := &keysets{}
	here := newHost(t)
	box := here.box(t, database)
	const secret = "canary-secret"
	closed := sealed(t, box, secret, place())
	wantOpen(t, box, closed, place(), secret)
	if bytes.Contains(closed, []byte(secret)) {
		t.Error("the secret can be read in what is sealed")
	}
	if again := sealed(t, box, secret, place()); bytes.Equal(again, closed) {
		t.Error("the same secret is sealed to the same bytes")
	}
	moved := map[string]func(*seal.Place){
		"integration":   func(p *seal.Place) { p.Integration = "other" },
		"instance":      func(p *seal.Place) { p.Instance = "other" },
		"no instance":   func(p *seal.Place) { p.Instance = "" },
		"name":          func(p *seal.Place) { p.Name = "other" },
		"part":          func(p *seal.Place) { p.Part = "token" },
		"older version": func(p *seal.Place) { p.Version-- },
		"newer version": func(p *seal.Place) { p.Version++ },
		"shifted texts": func(p *seal.Place) { p.Integration, p.Instance = "order", "sacme" },
		"swapped texts": func(p *seal.Place) { p.Integration, p.Instance = p.Instance, p.Integration },
	}
	for name, move := range moved {
		at := place()
		move(&at)
		if plain, err := box.Open(t.Context(), closed, at); err == nil || plain != nil {
			t.Errorf("%s: opens as %q", name, plain)
		} else if strings.Contains(err.Error(), secret) {
			t.Errorf("%s: the error holds the secret", name)
		}
	}
}

func TestChangedDoesNotOpen(t *testing.T) {
	t.Parallel()
	box := newHost(t).box(t, &keysets{})
	closed := sealed(t, box, "canary-secret", place())
	for length := range closed {
		if _, err := box.Open(t.Context(), closed[:length], place()); err == nil {
			t.Errorf("opens when cut to %d of %d bytes", length, len(closed))
		}
	}
	for bit := range len(closed) * 8 {
		changed := slices.Clone(closed)
		changed[bit/8] ^= 1 << (bit % 8)
		if _, err := box.Open(t.Context(), changed, place()); err == nil {
			t.Errorf("opens with bit %d changed", bit)
		}
	}
	if _, err := box.Open(t.Context(), append(slices.Clone(closed), 0), place()); err == nil {
		t.Error("opens with a byte more")
	}
	elsewhere := newHost(t).box(t, &keysets{})
	if _, err := elsewhere.Open(t.Context(), closed, place()); err == nil || !strings.Contains(err.Error(), "not in the keyset") {
		t.Errorf("with another keyset: %v", err)
	}
}

func TestEmptySecretIsSealedToo(t *testing.T) {
	t.Parallel()
	box := newHost(t).box(t, &keysets{})
	wantOpen(t, box, sealed(t, box, "", place()), place(), "")
}

func TestFirstStartMakesAKeyAndSaysSo(t *testing.T) {
	t.Parallel()
	database := &keysets{}
	here := newHost(t)
	box := here.box(t, database)
	path := filepath.Join(here.data, seal.KeyFile)
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	id, err := seal.IDOfKey(string(text))
	if err != nil {
		t.Fatal(err)
	}
	told := here.log.String()
	for _, want := range []string{"level=WARN", "back it up", path, id} {
		if !strings.Contains(told, want) {
			t.Errorf("the log does not tell %q:\n%s", want, told)
		}
	}
	if strings.Contains(told, strings.TrimSpace(string(text))) {
		t.Error("the log tells the key")
	}
	closed := sealed(t, box, "s", place())
	here.log.Reset()
	wantOpen(t, here.box(t, database), closed, place(), "s")
	if here.log.String() != "" {
		t.Errorf("the second start tells:\n%s", &here.log)
	}
	if entries, _ := os.ReadDir(here.data); len(entries) != 1 {
		t.Errorf("left in the folder: %v", entries)
	}
}

func TestKeyIsNowhereShown(t *testing.T) {
	t.Parallel()
	database := &keysets{}
	here := newHost(t)
	text := seal.NewKeyText()
	here.environment[seal.Variable] = text
	box := here.box(t, database)
	status, err := box.Status(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var told strings.Builder
	slog.New(slog.NewJSONHandler(&told, nil)).LogAttrs(t.Context(), slog.LevelInfo, "all", slog.Any("box", box), slog.Any("status", status))
	told.WriteString(box.String() + here.log.String() + string(database.kept.Sealed))
	if strings.Contains(told.String(), strings.TrimPrefix(text, "hsk1_")) {
		t.Error("the key is shown")
	}
	if diff := cmp.Diff([]bool{true}, primaries(status)); diff != "" {
		t.Errorf("primary keys (-want +got):\n%s", diff)
	}
}

func primaries(status seal.Status) []bool {
	var all []bool
	for _, key := range status.Keys {
		all = append(all, key.Primary)
	}
	return all
}
