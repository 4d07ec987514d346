// Package connect keeps connections: the credentials that integrations need, obtained, renewed and lent to running code.
//
// A connection is a config variable of an integration, one for each of its instances or one that all share. Its inputs come from
// the instance's file and from the database, its token from the service that it is for, by way of a provider plugin. What is kept
// is sealed; what is in memory is at most freshFor old, so that several hosts of one database see the same.
package connect

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/hookstep-dev/hookstep/host/handle"
	"github.com/hookstep-dev/hookstep/host/seal"
	"github.com/hookstep-dev/hookstep/host/store"
	"github.com/hookstep-dev/hookstep/sdk/connection"
	"github.com/hookstep-dev/hookstep/sdk/hostapi"
)

// Store is where connections are kept.
type Store interface {
	store.Connections
	store.Authorizations
}

// Sealer encrypts what is kept. What was sealed for one place does not open in another.
type Sealer interface {
	Seal(ctx context.Context, plain []byte, place seal.Place) ([]byte, error)
	Open(ctx context.Context, sealed []byte, place seal.Place) ([]byte, error)
	// Stale tells that something sealed is not sealed with the newest key.
	Stale(sealed []byte) bool
}

// Providers finds the provider of a type. What it gives may be kept, and called at any time.
type Providers interface {
	Provider(ctx context.Context, connectionType string) (connection.Provider, error)
}

// Hide is told the secrets of a connection before its provider is: what a provider writes to the log may hold them.
type Hide func(key store.ConnectionKey, secrets []Secret)

// Fetch makes an outbound exchange under the host's address policy.
type Fetch func(ctx context.Context, request hostapi.FetchRequest) (hostapi.FetchResponse, error)

// Options are what a Room is made of.
type Options struct {
	Store     Store
	Sealer    Sealer
	Providers Providers
	Hide      Hide       // nil: nobody wants to know
	Fetch     Fetch      // for Test; nil: Test asks for no URL
	Callback  string     // full URL at which browsers come back, ending in CallbackPath; empty: nobody can authorize here
	Back      []string   // origins, as in https://app.example, to which a browser may be sent in the end
	Handles   handle.Key // of what code sees in place of secrets, where an integration hides them
	Holder    string     // this host, different for each life of each
	Now       func() time.Time
	Random    func() float64 // from 0 up to 1
	Log       *slog.Logger
}

// Room keeps connections. Its methods may be called from several goroutines at once, until Close.
type Room struct {
	options  Options
	served   atomic.Pointer[served]
	versions atomic.Uint64 // of Values
	turns    atomic.Uint64
	flights  flights
	unsaved  unsaved
	counts   counts
	page     *page
}

// New makes a room that serves nothing yet, see Use. The caller must Close it.
func New(options Options) *Room {
	room := &Room{options: options, page: newPage()}
	room.flights.open, room.flights.ending = map[store.ConnectionKey]*flight{}, make(chan struct{})
	room.unsaved.drafts = map[store.ConnectionKey]*draft{}
	room.served.Store(&served{})
	return room
}

// Close waits until what was begun is kept, at most until ctx ends. A token that could not be kept by then is lost, and that is
// logged. Afterwards nothing is renewed any more.
func (r *Room) Close(ctx context.Context) { r.flights.close(ctx) }

func (r *Room) now() time.Time { return r.options.Now() }

// provider gives who is to be told a connection's secrets now.
func (r *Room) provider(ctx context.Context, of *state) (connection.Provider, error) {
	if r.options.Hide != nil {
		r.options.Hide(of.member.key, of.whole.secrets)
	}
	return r.options.Providers.Provider(ctx, of.settings.Type)
}
