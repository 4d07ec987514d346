package connect_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/hookstep-dev/hookstep/host/connect"
	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/seal"
	"github.com/hookstep-dev/hookstep/host/store"
	"github.com/hookstep-dev/hookstep/host/store/sqlite"
	"github.com/hookstep-dev/hookstep/plugins/apikey"
	"github.com/hookstep-dev/hookstep/plugins/basic"
	"github.com/hookstep-dev/hookstep/plugins/oauth2"
	"github.com/hookstep-dev/hookstep/plugins/privatekey"
	"github.com/hookstep-dev/hookstep/sdk/connection"
	"github.com/hookstep-dev/hookstep/sdk/fault"
)

// patience is how long tests wait for what has to happen, also on a busy machine.
const patience = 60 * time.Second

// clock is a time that a test sets.
type clock struct {
	lock sync.Mutex
	now  time.Time
}

func newClock() *clock { return &clock{now: time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)} }

func (c *clock) Now() time.Time {
	c.lock.Lock()
	defer c.lock.Unlock()
	return c.now
}

func (c *clock) advance(by time.Duration) {
	c.lock.Lock()
	defer c.lock.Unlock()
	c.now = c.now.Add(by)
}

// providers are the bundled ones, called in this process.
type providers map[string]connection.Provider

func (p providers) Provider(_ context.Context, kind string) (connection.Provider, error) {
	if found := p[kind]; found != nil {
		return found, nil
	}
	return nil, fault.New(fault.Engine, fault.Unavailable, "no plugin offers %q", kind)
}

func bundled() providers {
	made := providers{}
	for _, one := range []struct {
		provider    connection.Provider
		description connection.Description
	}{
		{apikey.New(), apikey.Description()},
		{basic.New(), basic.Description()},
		{oauth2.New(), oauth2.Description()},
		{privatekey.New(), privatekey.Description()},
	} {
		for _, kind := range one.description.Types {
			made[kind.Key] = one.provider
		}
	}
	return made
}

// types lists the bundled types.
func types() []connection.Type {
	return slices.Concat(apikey.Description().Types, basic.Description().Types, oauth2.Description().Types, privatekey.Description().Types)
}

func typeOf(tb testing.TB, key string) connection.Type {
	tb.Helper()
	found, known := integration.FindType(types(), key)
	if !known {
		tb.Fatalf("there is no type %s", key)
	}
	return found
}

// book is a log that can be read.
type book struct {
	lock sync.Mutex
	text bytes.Buffer
}

func (b *book) Write(text []byte) (int, error) {
	b.lock.Lock()
	defer b.lock.Unlock()
	return b.text.Write(text)
}

func (b *book) String() string {
	b.lock.Lock()
	defer b.lock.Unlock()
	return b.text.String()
}

// world is what a room needs, with real parts: an embedded database and a box for secrets.
type world struct {
	tb        testing.TB
	database  store.Store
	box       *seal.Box
	clock     *clock
	log       *book
	providers connect.Providers
	hosts     int
	change    func(*connect.Options) // before a room is made; may be nil
}

func newWorld(tb testing.TB) *world {
	tb.Helper()
	made := &world{tb: tb, clock: newClock(), log: &book{}, providers: bundled()}
	opened, err := sqlite.Open(tb.Context(), sqlite.Options{
		Path: filepath.Join(tb.TempDir(), "hookstep.db"), Now: made.clock.Now, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := opened.Close(context.WithoutCancel(tb.Context())); err != nil {
			tb.Error(err)
		}
	})
	made.database = opened
	made.box = newBox(tb, opened)
	return made
}

func newBox(tb testing.TB, kept store.Keysets) *seal.Box {
	tb.Helper()
	box, err := seal.Open(tb.Context(), seal.Options{
		Source: seal.Source{Data: tb.TempDir(), LookupEnv: func(string) (string, bool) { return "", false }},
		Kept:   kept, Now: time.Now, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		tb.Fatal(err)
	}
	return box
}

// host makes a room as one host of the database has it.
func (w *world) host(of ...*integration.Integration) *connect.Room {
	w.tb.Helper()
	w.hosts++
	options := connect.Options{
		Store: w.database, Sealer: w.box, Providers: w.providers, Callback: "https://hooks.example/oauth2/callback",
		Holder: fmt.Sprintf("host-%d", w.hosts), Now: w.clock.Now, Random: func() float64 { return 0 },
		Log: slog.New(slog.NewTextHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	if w.change != nil {
		w.change(&options)
	}
	made := connect.New(options)
	w.tb.Cleanup(func() { made.Close(context.WithoutCancel(w.tb.Context())) })
	if err := made.Use(w.tb.Context(), of); err != nil {
		w.tb.Fatal(err)
	}
	return made
}

// shop declares one connection, "Shop API", in an integration of one instance.
func shop(declaration *integration.Declaration, given connection.Values) *integration.Integration {
	return &integration.Integration{
		ID: "shop", Name: "Shop", File: "shop/integration.yaml",
		ConfigVars: []integration.ConfigVar{{Name: "Shop API", Type: integration.VarConnection, Declaration: declaration, Line: 7}},
		Flows:      []integration.Flow{{Name: "Sync", Slug: "sync"}},
		Instances: []integration.Instance{{
			Name: "acme", ConfigVars: []byte("{}"), Shown: "shop/instances/acme.yaml", Connections: map[string]connection.Values{"Shop API": given},
		}},
	}
}

// target is the first flow of the first instance.
func target(of *integration.Integration) *integration.Target {
	return &integration.Target{Integration: of, Instance: &of.Instances[0], Flow: &of.Flows[0]}
}

// key is that of shop's connection.
func key() store.ConnectionKey {
	return store.ConnectionKey{Integration: "shop", Instance: "acme", Name: "Shop API"}
}

func hosts(tb testing.TB, texts ...string) []integration.HostPattern {
	tb.Helper()
	var read []integration.HostPattern
	for _, text := range texts {
		one, err := integration.ParseHostPattern(text)
		if err != nil {
			tb.Fatal(err)
		}
		read = append(read, one)
	}
	return read
}
