package connect_test

import (
	"encoding/json"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/hookstep-dev/hookstep/host/connect"
	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/store"
	"github.com/hookstep-dev/hookstep/sdk/connection"
)

// accessToken is what code would find; empty without a token.
func accessToken(tb testing.TB, room *connect.Room, of *integration.Integration, within time.Duration) string {
	tb.Helper()
	values, err := room.Values(tb.Context(), target(of), within)
	if err != nil {
		tb.Fatal(err)
	}
	return tokenIn(tb, values.JSON["Shop API"])
}

func tokenIn(tb testing.TB, text json.RawMessage) string {
	tb.Helper()
	var seen struct{ Token map[string]any }
	if err := json.Unmarshal(text, &seen); err != nil {
		tb.Fatal(err)
	}
	token, _ := seen.Token["access_token"].(string)
	return token
}

func TestClientCredentialsAreObtainedOnFirstUse(t *testing.T) {
	t.Parallel()
	w, server := newWorld(t), newAuthority(t)
	of := shop(server.declared(t, "clientCredentials"), server.fields("clientCredentials"))
	room := w.host(of)
	if n := server.count("client_credentials"); n != 0 {
		t.Fatalf("%d tokens were asked for before anybody wanted one", n)
	}
	first := accessToken(t, room, of, time.Minute)
	if !server.good(first) {
		t.Fatalf("the token %q is not good", first)
	}
	if again := accessToken(t, w.host(of), of, time.Minute); again != first {
		t.Errorf("another host has the token %q, not %q", again, first)
	}
	w.clock.advance(tokenLife - time.Minute + time.Second)
	if second := accessToken(t, room, of, time.Minute); second == first || !server.good(second) {
		t.Errorf("a token that lives for 59 s was given to an execution of 60 s")
	}
	if n := server.count("client_credentials"); n != 2 {
		t.Errorf("%d tokens were asked for, not 2", n)
	}
}

func TestManyExecutionsWaitForOneToken(t *testing.T) {
	t.Parallel()
	w, server := newWorld(t), newAuthority(t)
	of := shop(server.declared(t, "clientCredentials"), server.fields("clientCredentials"))
	rooms := []*connect.Room{w.host(of), w.host(of), w.host(of), w.host(of)}
	var work sync.WaitGroup
	tokens := make([]string, 64)
	for i := range tokens {
		work.Go(func() {
			values, err := rooms[i%len(rooms)].Values(t.Context(), target(of), time.Minute)
			if err == nil {
				tokens[i] = tokenIn(t, values.JSON["Shop API"])
			}
		})
	}
	work.Wait()
	for i, token := range tokens {
		if token == "" || token != tokens[0] {
			t.Errorf("execution %d has the token %q, the first one %q", i, token, tokens[0])
		}
	}
	if n := server.count("client_credentials"); n != 1 {
		t.Errorf("%d tokens were asked for, not 1", n)
	}
}

func TestWrongClientIsToldAndNotAskedAgainAndAgain(t *testing.T) {
	t.Parallel()
	w, server := newWorld(t), newAuthority(t)
	server.refuse(errors.New("invalid_client"))
	of := shop(server.declared(t, "clientCredentials"), server.fields("clientCredentials"))
	room := w.host(of)
	for range 20 {
		if token := accessToken(t, room, of, 0); token != "" {
			t.Fatalf("there is a token: %q", token)
		}
	}
	if n := server.count("client_credentials"); n != 1 {
		t.Errorf("the service was asked %d times, not once", n)
	}
	shown, err := room.Show(t.Context(), key())
	if err != nil || shown.Status.Status != store.ConnectionFailed || shown.Cause == "" || len(shown.Events) != 1 {
		t.Errorf("shown: %+v, %+v, %v", shown.Status, shown.Events, err)
	}
	server.refuse(nil)
	if _, err := room.Set(t.Context(), key(), connection.Values{"scopes": "read"}); err != nil {
		t.Fatal(err)
	}
	if token := accessToken(t, room, of, 0); !server.good(token) {
		t.Errorf("after the settings were changed there is no good token, but %q", token)
	}
}
