package connect_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hookstep-dev/hookstep/host/connect"
	"github.com/hookstep-dev/hookstep/host/store"
)

// silent is a store that once keeps what it is given, and does not say so.
type silent struct {
	connect.Store

	once atomic.Bool
}

func (s *silent) SaveConnection(ctx context.Context, row *store.ConnectionRow, event *store.ConnectionEvent) error {
	err := s.Store.SaveConnection(ctx, row, event)
	if err == nil && s.once.CompareAndSwap(true, false) {
		return store.Unavailable(errors.New("the answer was lost"))
	}
	return err
}

// TestTokenThatIsKeptWithoutAWord is no lost token.
func TestTokenThatIsKeptWithoutAWord(t *testing.T) {
	t.Parallel()
	var disk *silent
	s := newSite(t, func(options *connect.Options) {
		disk = &silent{Store: options.Store}
		options.Store = disk
	})
	s.authorize()
	disk.once.Store(true)
	s.clock.advance(tokenLife + time.Second)
	fresh := s.token(0)
	s.room.Close(t.Context())
	if log := s.log.String(); strings.Contains(log, "is lost") || !strings.Contains(log, "is kept now") {
		t.Errorf("the log says:\n%s", log)
	}
	if token := accessToken(t, s.host(s.of), s.of, 0); token != fresh {
		t.Errorf("another host has %q, not %q", token, fresh)
	}
}

// late is a store that takes its time for a claim.
type late struct {
	connect.Store

	clock *clock
	by    time.Duration
}

func (l *late) ClaimConnection(ctx context.Context, claim store.ConnectionClaim) (bool, error) {
	held, err := l.Store.ClaimConnection(ctx, claim)
	l.clock.advance(l.by)
	return held, err
}

// TestTurnThatIsOver asks no service: somebody else may be doing so by then.
func TestTurnThatIsOver(t *testing.T) {
	t.Parallel()
	var slow *late
	s := newSite(t, func(options *connect.Options) {
		slow = &late{Store: options.Store}
		options.Store = slow
	})
	s.authorize()
	s.clock.advance(tokenLife + time.Second)
	slow.clock, slow.by = s.clock, 31*time.Second
	if token := s.token(0); token != "" {
		t.Errorf("there is a token: %q", token)
	}
	if n := s.authority.count("refresh_token"); n != 0 {
		t.Errorf("the service was asked %d times", n)
	}
}
