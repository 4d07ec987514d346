package connect_test

import (
	"testing"
	"time"

	"github.com/hookstep-dev/hookstep/host/connect"
	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/sdk/connection"
)

// BenchmarkValues is what an execution pays for connections.
func BenchmarkValues(b *testing.B) {
	measure := func(b *testing.B, room *connect.Room, of *integration.Integration) {
		b.Helper()
		at := target(of)
		for b.Loop() {
			if _, err := room.Values(b.Context(), at, time.Minute); err != nil {
				b.Fatal(err)
			}
		}
	}
	onTime := func(options *connect.Options) { options.Now = time.Now }
	b.Run("none", func(b *testing.B) {
		w := newWorld(b)
		w.change = onTime
		of := shop(nil, nil)
		measure(b, w.host(of, shop(&integration.Declaration{Type: typeOf(b, "apiKey")}, nil)), of)
	})
	b.Run("static, in the file", func(b *testing.B) {
		w := newWorld(b)
		w.change = onTime
		of := shop(&integration.Declaration{Type: typeOf(b, "apiKey")}, connection.Values{"apiKey": "secret"})
		measure(b, w.host(of), of)
	})
	b.Run("static, in the database", func(b *testing.B) {
		w := newWorld(b)
		w.change = onTime
		of := shop(&integration.Declaration{Type: typeOf(b, "apiKey")}, nil)
		room := w.host(of)
		if _, err := room.Set(b.Context(), key(), connection.Values{"apiKey": "secret"}); err != nil {
			b.Fatal(err)
		}
		measure(b, room, of)
	})
	b.Run("token", func(b *testing.B) {
		w, server := newWorld(b), newAuthority(b)
		w.change = onTime
		of := shop(server.declared(b, "clientCredentials"), server.fields("clientCredentials"))
		measure(b, w.host(of), of)
	})
}
