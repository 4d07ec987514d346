package connect_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hookstep-dev/hookstep/host/connect"
	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/store"
	"github.com/hookstep-dev/hookstep/sdk/connection"
	"github.com/hookstep-dev/hookstep/sdk/fault"
)

// call asks the API with a connection as fetch does: once more with a newer token if it is refused.
func (s *site) call(room *connect.Room) int {
	s.tb.Helper()
	credential, err := room.Credential(s.tb.Context(), target(s.of), "Shop API")
	if err != nil {
		s.tb.Error(err)
		return 0
	}
	status := s.callWith(credential)
	if status != http.StatusUnauthorized {
		return status
	}
	again, err := credential.Again(s.tb.Context())
	if err != nil {
		s.tb.Error(err)
	}
	if again == nil {
		return status
	}
	return s.callWith(again)
}

func (s *site) callWith(credential *connect.Credential) int {
	s.tb.Helper()
	request, err := http.NewRequestWithContext(s.tb.Context(), http.MethodGet, s.authority.URL+"/me", nil)
	if err == nil {
		err = credential.Add(s.tb.Context(), request, nil)
	}
	if err != nil {
		s.tb.Error(err)
		return 0
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		s.tb.Error(err)
		return 0
	}
	answer.Body.Close()
	return answer.StatusCode
}

// hosts makes rooms as other hosts of the database have them.
func (s *site) rooms(number int) []*connect.Room {
	made := []*connect.Room{s.room}
	for len(made) < number {
		made = append(made, s.host(s.of))
	}
	return made
}

func TestStormOfRefusalsIsOneRenewal(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	s.authorize()
	rooms := s.rooms(4)
	for round := range 3 {
		s.authority.expire()
		s.clock.advance(2 * time.Minute)
		var work sync.WaitGroup
		for i := range 64 {
			work.Go(func() {
				if status := s.call(rooms[i%len(rooms)]); status != http.StatusOK {
					t.Errorf("round %d, execution %d: the API answered %d", round, i, status)
				}
			})
		}
		work.Wait()
		if n := s.authority.count("refresh_token"); n != round+1 {
			t.Fatalf("%d renewals after %d storms", n, round+1)
		}
	}
}

// TestServiceThatRefusesEveryToken must not cost a renewal for each execution.
func TestServiceThatRefusesEveryToken(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	s.authorize()
	for range 20 {
		s.authority.expire()
		s.call(s.room)
	}
	if n := s.authority.count("refresh_token"); n != 1 {
		t.Errorf("%d renewals within a minute, not 1", n)
	}
}

func TestRotatingTokenSurvivesExpiriesOnManyHosts(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	s.authorize()
	rooms := s.rooms(8)
	for expiry := range 5 {
		s.clock.advance(tokenLife + time.Second)
		var work sync.WaitGroup
		for _, room := range rooms {
			work.Go(func() {
				values, err := room.Values(t.Context(), target(s.of), 0)
				if err != nil {
					t.Error(err)
				} else if token := tokenIn(t, values.JSON["Shop API"]); !s.authority.good(token) {
					t.Errorf("expiry %d: the token %q is not good", expiry, token)
				}
			})
		}
		work.Wait()
	}
	if n := s.authority.count("refresh_token"); n != 5 {
		t.Errorf("%d renewals, not 5", n)
	}
	if status := s.show().Status.Status; status != store.ConnectionActive {
		t.Errorf("the status is %s", status)
	}
}

func TestGrantThatIsGoneNeedsReconnect(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	s.authorize()
	s.authority.end()
	s.clock.advance(tokenLife + time.Second)
	for range 10 {
		if token := s.token(0); token != "" {
			t.Fatalf("there is a token: %s", token)
		}
	}
	if n := s.authority.count("refresh_token"); n != 1 {
		t.Errorf("the service was asked %d times, not once", n)
	}
	shown := s.show()
	if shown.Status.Status != store.ConnectionNeedsReconnect || shown.Cause == "" || shown.Events[0].Kind != "needs reconnect" || !shown.RenewAt.IsZero() {
		t.Errorf("shown: %+v %+v", shown.Status, shown.Events)
	}
	if !shown.ChangedAt.Equal(s.clock.Now()) {
		t.Errorf("it changed at %s, and it is %s", shown.ChangedAt, s.clock.Now())
	}
	if log := s.log.String(); !strings.Contains(log, "level=ERROR") || !strings.Contains(log, "needs reconnect") {
		t.Errorf("the log says:\n%s", log)
	}
	_, err := s.room.Credential(t.Context(), target(s.of), "Shop API")
	if !fault.Is(err, fault.Refused) || !strings.Contains(err.Error(), "needs reconnect") {
		t.Errorf("fetch is told: %v", err)
	}
	if s.room.Renewals()["needs reconnect"] != 1 {
		t.Errorf("counted: %v", s.room.Renewals())
	}
	s.authorize()
	if !s.authority.good(s.token(0)) || s.show().Status.Status != store.ConnectionActive {
		t.Error("authorizing again did not mend it")
	}
}

// TestServiceThatIsDown lets a token be used as long as it lives, and asks less and less often.
func TestServiceThatIsDown(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	s.authorize()
	before := s.token(0)
	s.authority.meddle = func(writer http.ResponseWriter, _ *http.Request) bool {
		writer.Header().Set("Content-Type", "text/html")
		writer.WriteHeader(http.StatusBadGateway)
		_, _ = writer.Write([]byte("<h1>bad gateway</h1>"))
		return true
	}
	s.authority.refuse(errors.New("unused")) // so that no refresh token is spent
	s.clock.advance(tokenLife - 8*time.Minute)
	tries := func() int { return s.authority.count("refresh_token") }
	if token := s.token(10 * time.Minute); token != before {
		t.Errorf("the token that still lives is not used, but %q", token)
	}
	if tries() != 1 {
		t.Errorf("%d tries", tries())
	}
	if status := s.show().Status.Status; status != store.ConnectionActive {
		t.Errorf("after one try the status is %s", status)
	}
	for range 60 {
		s.clock.advance(5 * time.Second)
		s.token(10 * time.Minute)
	}
	if n := tries(); n < 5 || n > 9 {
		t.Errorf("%d tries in 5 minutes", n)
	}
	shown := s.show()
	if shown.Status.Status != store.ConnectionFailed || !strings.Contains(shown.Cause, "502") {
		t.Errorf("after five minutes: %+v", shown.Status)
	}
	if events := len(shown.Events); events > 5 {
		t.Errorf("%d events of what is one and the same: %v", events, shown.Events)
	}
	if token := s.token(0); token != before {
		t.Errorf("the token that still lives is not used, but %q", token)
	}
	s.authority.refuse(nil)
	s.authority.meddle = nil
	s.clock.advance(10 * time.Minute)
	if !s.authority.good(s.token(0)) || s.show().Status.Status != store.ConnectionActive {
		t.Errorf("it does not recover: %+v", s.show().Status)
	}
}

func TestClockThatJumps(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	s.authorize()
	first := s.token(0)
	s.clock.advance(-48 * time.Hour)
	if token := s.token(0); token != first {
		t.Errorf("with the clock put back the token is %q", token)
	}
	s.authority.expire()
	if status := s.call(s.room); status != http.StatusOK {
		t.Errorf("a token that the clock holds for good, and the service does not: %d", status)
	}
	s.clock.advance(30 * 24 * time.Hour)
	if token := s.token(0); !s.authority.good(token) {
		t.Errorf("with the clock ahead the token %q is not good", token)
	}
	if n := s.authority.count("refresh_token"); n != 2 {
		t.Errorf("%d renewals, not 2", n)
	}
}

// TestAnswerThatIsLost loses the answer of a renewal: the next try shows the same refresh token again.
func TestAnswerThatIsLost(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		forgiving bool
		want      store.ConnectionStatus
	}{
		"a server with reuse detection": {false, store.ConnectionNeedsReconnect},
		"a server that forgives":        {true, store.ConnectionActive},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, nil)
			s.authority.forgiving = test.forgiving
			s.authorize()
			var lost atomic.Bool
			s.authority.meddle = func(writer http.ResponseWriter, _ *http.Request) bool {
				if lost.Swap(true) {
					return false
				}
				connection, _, err := http.NewResponseController(writer).Hijack()
				if err == nil {
					connection.Close()
				}
				return err == nil
			}
			s.clock.advance(tokenLife + time.Second)
			if token := s.token(0); token != "" {
				t.Errorf("there is a token: %s", token)
			}
			s.clock.advance(time.Minute)
			s.token(0)
			if shown := s.show(); shown.Status.Status != test.want {
				t.Errorf("shown: %+v", shown.Status)
			}
			if n := s.authority.count("refresh_token"); n != 2 {
				t.Errorf("%d tries, not 2", n)
			}
		})
	}
}

// flaky is a store whose writes fail while it is down.
type flaky struct {
	connect.Store

	down atomic.Bool
}

func (f *flaky) SaveConnection(ctx context.Context, row *store.ConnectionRow, event *store.ConnectionEvent) error {
	if f.down.Load() {
		return store.Unavailable(errors.New("no space left"))
	}
	return f.Store.SaveConnection(ctx, row, event)
}

// TestNewTokenIsNotLostWithTheDatabase has the database take nothing when the new token is there.
func TestNewTokenIsNotLostWithTheDatabase(t *testing.T) {
	t.Parallel()
	var disk *flaky
	s := newSite(t, func(options *connect.Options) {
		if disk == nil {
			disk = &flaky{Store: options.Store}
			options.Store = disk
		}
	})
	s.authorize()
	before := s.show()
	disk.down.Store(true)
	s.clock.advance(tokenLife + time.Second)
	fresh := s.token(0)
	if !s.authority.good(fresh) {
		t.Fatalf("the new token is not used meanwhile, but %q", fresh)
	}
	if log := s.log.String(); !strings.Contains(log, "in this host's memory alone") {
		t.Errorf("the log says:\n%s", log)
	}
	kept, err := s.database.FindConnection(t.Context(), key())
	if err != nil || kept.TokenAt == 0 || !kept.ExpiresAt.Equal(before.ExpiresAt) {
		t.Fatalf("kept: %+v, %v", kept, err)
	}
	disk.down.Store(false)
	until(t, "the new token is kept", func() bool {
		row, err := s.database.FindConnection(t.Context(), key())
		return err == nil && row.TokenAt > kept.TokenAt
	})
	if token := accessToken(t, s.host(s.of), s.of, 0); token != fresh {
		t.Errorf("another host has %q, not %q", token, fresh)
	}
	if n := s.authority.count("refresh_token"); n != 1 {
		t.Errorf("%d renewals, not 1", n)
	}
}

func TestSettingsThatAreChangedUnderWay(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	s.authorize()
	was := s.token(0)
	use := func(change func(connection.Values)) {
		fields := s.authority.fields("authorizationCode")
		change(fields)
		s.of = shop(s.authority.declared(t, "authorizationCode"), fields)
		if err := s.room.Use(t.Context(), []*integration.Integration{s.of}); err != nil {
			t.Fatal(err)
		}
	}
	use(func(fields connection.Values) {
		fields["scopes"], fields["clientSecret"] = "read write", "another-secret"
	})
	if token := s.token(0); token != was {
		t.Errorf("with another secret and other scopes the token is %q", token)
	}
	use(func(fields connection.Values) { fields["tokenUrl"] = s.authority.URL + "/elsewhere" })
	s.clock.advance(tokenLife + time.Second)
	if token := s.token(0); token != "" {
		t.Errorf("a token of another service is used: %s", token)
	}
	if shown := s.show(); shown.Status.Status != store.ConnectionNeedsReconnect || !strings.Contains(shown.Cause, "settings were changed") {
		t.Errorf("shown: %+v", shown.Status)
	}
	use(func(connection.Values) {})
	if token := s.token(0); !s.authority.good(token) {
		t.Errorf("with the settings put back there is no good token, but %q", token)
	}
}

func TestSetOnTwoHostsAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	of := shop(&integration.Declaration{Type: typeOf(t, "apiKeySecret")}, nil)
	one, other := w.host(of), w.host(of)
	var work sync.WaitGroup
	set := func(room *connect.Room, fields connection.Values) {
		if _, err := room.Set(t.Context(), key(), fields); err != nil {
			t.Error(err)
		}
	}
	work.Go(func() { set(one, connection.Values{"apiKey": "public"}) })
	work.Go(func() { set(other, connection.Values{"apiSecret": "secret"}) })
	work.Wait()
	values, err := w.host(of).Values(t.Context(), target(of), 0)
	if err != nil {
		t.Fatal(err)
	}
	sees(t, values, `{"key":"apiKeySecret","configVarKey":"Shop API","fields":{"apiKey":"public","apiSecret":"secret"}}`)
}

func TestRevocation(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	s.authorize()
	was := s.token(0)
	other := s.host(s.of)
	accessToken(t, other, s.of, 0)
	if err := s.room.Revoke(t.Context(), key()); err != nil {
		t.Fatal(err)
	}
	if s.authority.good(was) || len(s.authority.revoked) == 0 {
		t.Errorf("the service still takes the token; it was told of %v", s.authority.revoked)
	}
	if token := s.token(0); token != "" {
		t.Errorf("there is a token: %s", token)
	}
	shown := s.show()
	if shown.Status.Status != store.ConnectionPending || !strings.Contains(shown.Cause, "disconnected") || shown.HasToken || shown.Events[0].Kind != "revoked" {
		t.Errorf("shown: %+v", shown)
	}
	s.clock.advance(2 * time.Second)
	if token := accessToken(t, other, s.of, 0); token != "" {
		t.Errorf("two seconds later another host still has %s", token)
	}
	if err := s.room.Revoke(t.Context(), key()); !errors.Is(err, store.ErrConflict) {
		t.Errorf("once more: %v", err)
	}
	s.authorize()
	if err := s.room.Delete(t.Context(), key()); err != nil {
		t.Fatal(err)
	}
	if err := s.room.Delete(t.Context(), key()); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("deleting once more: %v", err)
	}
	if shown := s.show(); shown.HasToken || len(shown.Events) > 0 {
		t.Errorf("after its deletion: %+v", shown)
	}
}
