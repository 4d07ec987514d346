package connect_test

import (
	"net/http"
	"testing"

	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/sdk/connection"
)

// BenchmarkCredential is what a call with a connection without a token costs here: to find the credential, ask whether it may go
// there, and put it into the request.
func BenchmarkCredential(b *testing.B) {
	w := newWorld(b)
	of := shop(&integration.Declaration{Type: typeOf(b, "apiKey"), Hosts: hosts(b, "*.cdn.example", "api.shop.example")}, connection.Values{"apiKey": "k3y-of-acme"})
	room, at := w.host(of), target(of)
	request, err := http.NewRequestWithContext(b.Context(), http.MethodGet, "https://api.shop.example/orders?open=1", http.NoBody)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		credential, err := room.Credential(b.Context(), at, "Shop API")
		if err != nil || !credential.Allows(request.URL) {
			b.Fatal(err)
		}
		if err := credential.Add(b.Context(), request, nil); err != nil {
			b.Fatal(err)
		}
	}
}
