package host

import (
	"context"
	crypto "crypto/rand"
	"math/rand/v2"
	"net/http"
	"strings"
	"time"

	"github.com/hookstep-dev/hookstep/host/config"
	"github.com/hookstep-dev/hookstep/host/connect"
	"github.com/hookstep-dev/hookstep/host/handle"
	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/pipeline"
	"github.com/hookstep-dev/hookstep/host/scope"
	"github.com/hookstep-dev/hookstep/host/steps"
	"github.com/hookstep-dev/hookstep/host/store"
	"github.com/hookstep-dev/hookstep/host/telemetry"
)

// connect makes the room of connections. A transient host has them in memory, as they are, and nobody can authorize there.
func (h *Host) connect(rooms *pipeline.Rooms) {
	options := connect.Options{
		Store: connect.NewMemory(), Sealer: connect.Unsealed{}, Providers: h.supervisor, Fetch: h.fetcher.Fetch, Hide: h.secrets.ofProvider, Back: h.options.Config.OAuth2.Back,
		Handles: handle.Key(crypto.Text()), Holder: crypto.Text(), Now: time.Now, Random: rand.Float64, Log: h.log,
	}
	if h.store != nil {
		options.Store, options.Sealer, options.Handles, options.Callback = h.store, h.box, h.shared.hiding, callbackURL(&h.options.Config)
	}
	h.connections = connect.New(options)
	rooms.Scope.Credentials, rooms.Scope.Handles = lending{h.connections}, options.Handles
	if h.store != nil {
		h.metrics.Connections(h.counted)
	}
}

// callbackURL is where services send browsers back to.
func callbackURL(set *config.Config) string {
	base := set.OAuth2.Callback
	if base == "" {
		base = "http://" + set.Admin
	}
	return strings.TrimSuffix(base, "/") + connect.CallbackPath
}

// counted counts connections, or gives none while the store does not answer.
func (h *Host) counted() telemetry.Connections {
	ctx, cancel := context.WithTimeout(context.Background(), storeWithin)
	defer cancel()
	counted := telemetry.Connections{Renewals: h.connections.Renewals()}
	if all, err := h.connections.List(ctx, store.ConnectionFilter{}); err == nil {
		counted.ByStatus = map[string]int{
			string(store.ConnectionPending): 0, string(store.ConnectionActive): 0, string(store.ConnectionFailed): 0, string(store.ConnectionNeedsReconnect): 0,
		}
		for i := range all {
			counted.ByStatus[string(all[i].Status)]++
		}
	}
	return counted
}

// withConnections answers what is below connect.Prefix beside another handler.
func (h *Host) withConnections(other http.Handler) http.Handler {
	serves := h.connections.Handler()
	return http.HandlerFunc(func(writer http.ResponseWriter, request *http.Request) {
		if strings.HasPrefix(request.URL.Path, connect.Prefix) {
			serves.ServeHTTP(writer, request)
			return
		}
		other.ServeHTTP(writer, request)
	})
}

// connected shows connections to code.
type connected struct{ room *connect.Room }

// Connected implements steps.Connections.
func (c connected) Connected(ctx context.Context, target *integration.Target, within time.Duration) (steps.Connected, error) {
	values, err := c.room.Values(ctx, target, within)
	return steps.Connected{JSON: values.JSON, Version: values.Version}, err
}

// lending lends credentials to the calls of code.
type lending struct{ room *connect.Room }

// Credential implements scope.Credentials.
func (l lending) Credential(ctx context.Context, target *integration.Target, name string) (scope.Credential, error) {
	found, err := l.room.Credential(ctx, target, name)
	if err != nil {
		return nil, err
	}
	return lent{found}, nil
}

type lent struct{ *connect.Credential }

// Again implements scope.Credential.
func (l lent) Again(ctx context.Context) (scope.Credential, error) {
	again, err := l.Credential.Again(ctx)
	if again == nil {
		return nil, err
	}
	return lent{again}, err
}

// Secrets implements scope.Credential.
func (l lent) Secrets() []scope.Secret {
	known := l.Credential.Secrets()
	secrets := make([]scope.Secret, len(known))
	for i, one := range known {
		secrets[i] = scope.Secret(one)
	}
	return secrets
}
