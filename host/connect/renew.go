package connect

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/hookstep-dev/hookstep/host/store"
	"github.com/hookstep-dev/hookstep/sdk/connection"
	"github.com/hookstep-dev/hookstep/sdk/fault"
)

const (
	askTime    = 20 * time.Second // that a service gets to answer, by way of its provider
	claimTime  = 30 * time.Second // more than askTime: who holds a claim is done before others may try
	answerTime = 10 * time.Second // that a provider gets for what reaches no service
	waitTime   = 90 * time.Second // for the turns of others
)

// wish says what is wanted of a renewal.
type wish struct {
	seen   int64 // version of the token (store.ConnectionRow.TokenAt) that will not do
	forced bool  // because a service has refused it
}

// renewed gives a connection whose token is another than the one that was seen, by renewing it unless somebody else has. All who ask
// at once in this process wait for one and the same. The error is ctx's cause, or the fault of the try.
func (r *Room) renewed(ctx context.Context, m *member, want wish) (*state, error) {
	for {
		under, mine, err := r.flights.join(ctx, m.key, func(ctx context.Context) (*state, error) { return r.renew(ctx, m, want) })
		if err != nil {
			return nil, err
		}
		select {
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		case <-under.done:
		}
		if mine || under.err != nil || under.state.row.TokenAt != want.seen {
			return under.state, under.err
		}
	}
}

// renewBehind renews without anybody waiting for it.
func (r *Room) renewBehind(ctx context.Context, m *member, now *state) {
	if now.mayRenew(r.now(), false) == nil {
		_, _, _ = r.flights.join(ctx, m.key, func(ctx context.Context) (*state, error) {
			return r.renew(ctx, m, wish{seen: now.row.TokenAt})
		})
	}
}

// renews tells that a newer token can be had without a person.
func (s *state) renews() bool {
	if s.kind().Token == connection.Obtains {
		return true
	}
	return s.kind().Token == connection.Authorizes && s.hasToken() && s.token.Renews && s.row.Status != store.ConnectionNeedsReconnect
}

// mayRenew tells why it is not tried now to renew the token; nil if it is.
func (s *state) mayRenew(now time.Time, forced bool) error {
	status, cause := s.standing(now)
	switch {
	case s.problem != nil, len(s.missing) > 0, !s.renews():
		return fault.New(fault.Host, fault.Refused, "%s is not usable (%s): %s", s.member.title(), status, cause)
	case s.token.Identity == s.identity && now.Before(s.token.NotBefore):
		failed := fault.New(fault.Downstream, fault.Unreachable, "%s could not be renewed: %s", s.member.title(), s.token.Failure)
		failed.RetryAfter = s.token.NotBefore.Sub(now)
		return failed
	case forced && s.hasToken() && s.token.Forced && now.Before(s.token.ObtainedAt.Add(forcedRest)):
		return fault.New(fault.Downstream, fault.Reauthorize, "%s has a new token already, which is refused too", s.member.title())
	}
	return nil
}

// renew takes its turn at a connection, asks for a token, and keeps it before anybody uses it.
func (r *Room) renew(ctx context.Context, m *member, want wish) (*state, error) {
	waiting, cancel := context.WithTimeoutCause(ctx, waitTime, fault.New(fault.Host, fault.Unavailable, "%s is being renewed elsewhere, for too long", m.title()))
	defer cancel()
	mine, err := r.turn(waiting, m, func(now *state) error {
		if now.row.TokenAt != want.seen {
			return errDone
		}
		return now.mayRenew(r.now(), want.forced)
	})
	if errors.Is(err, errDone) {
		return mine.state, nil
	}
	if err != nil {
		return nil, err
	}
	asked := r.now()
	token, err := r.ask(ctx, mine)
	if err != nil {
		return nil, r.failed(ctx, mine, want, err)
	}
	r.counts.renewed(resultRenewed)
	return r.install(ctx, mine, taken(token, asked, mine.state, want.forced))
}

// errDone says that a turn is not needed any more.
var errDone = errors.New("done already")

// ask has the provider make a token, while the turn lasts: it may have taken long to get it, or the host may have stood still since.
func (r *Room) ask(ctx context.Context, held *turn) (connection.Token, error) {
	within := min(askTime, held.until.Sub(r.now()))
	ctx, cancel := context.WithTimeoutCause(ctx, within, fault.New(fault.Downstream, fault.Unreachable, "no answer within %s", max(within, 0)))
	defer cancel()
	if within <= 0 {
		return connection.Token{}, fault.New(fault.Host, fault.Unavailable, "the turn to renew it was over before its service was asked")
	}
	provider, err := r.provider(ctx, held.state)
	if err != nil {
		return connection.Token{}, err
	}
	before := connection.Token{}
	if held.hasToken() {
		before = held.token.token()
	}
	token, err := provider.Refresh(ctx, held.settings, before)
	if err == nil {
		err = judge(token)
	}
	if err != nil && ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	return token, err
}

// judge refuses what is no token.
func judge(token connection.Token) error {
	for what, text := range map[string][]byte{"token": token.Response, "context": token.Context} {
		var members map[string]json.RawMessage
		if text != nil && json.Unmarshal(text, &members) != nil {
			return fault.New(fault.Engine, fault.Protocol, "the provider's %s is no JSON object", what)
		}
	}
	if token.Response == nil {
		return fault.New(fault.Engine, fault.Protocol, "the provider gave no token")
	}
	if words := tooMuch(token); words != "" {
		return fault.New(fault.Engine, fault.Protocol, "the provider's token has %s", words)
	}
	return nil
}

// taken makes what is kept of a token. Its times are set anew by the host's clock, as they lie apart: the moment from which it lives is
// the one before it was asked for.
func taken(token connection.Token, asked time.Time, by *state, forced bool) keptToken {
	made := keptToken{
		Response: token.Response, Context: token.Context, ObtainedAt: asked, ExpiresAt: token.ExpiresAt,
		Renews: token.Renews, Identity: by.identity, Forced: forced,
	}
	if !token.ExpiresAt.IsZero() && !token.ObtainedAt.IsZero() {
		made.ExpiresAt = asked.Add(token.ExpiresAt.Sub(token.ObtainedAt))
	}
	return made
}

// install keeps a token that a renewal has made.
func (r *Room) install(ctx context.Context, mine *turn, token keptToken) (*state, error) {
	kind := "renewed"
	if !mine.hasToken() {
		kind = "obtained"
	}
	made := mine.draft()
	made.replace(token)
	made.become(store.ConnectionActive, "", r.now())
	r.plan(made, mine.kind())
	saved, err := r.secure(ctx, mine, made, &store.ConnectionEvent{At: r.now(), Kind: kind, Text: lifeOf(&token, r.now())})
	if err != nil {
		return nil, err
	}
	r.options.Log.LogAttrs(ctx, slog.LevelInfo, "a token was "+kind, append(mine.member.attrs(), slog.Time("expires", token.ExpiresAt))...)
	return saved, nil
}

// plan sets when a draft's token is to be renewed without being asked for: one that a person authorized, so that the grant stays alive.
// What can be obtained at any time is renewed by its use.
func (r *Room) plan(d *draft, kind *connection.Type) {
	switch {
	case kind.Token != connection.Authorizes:
		d.row.RenewAt = time.Time{}
	case d.token.Renews:
		d.row.RenewAt = d.token.dueEarlier(r.options.Random())
	default:
		d.row.RenewAt = d.token.ExpiresAt
	}
}

func lifeOf(token *keptToken, now time.Time) string {
	if token.ExpiresAt.IsZero() {
		return "the token has no end"
	}
	return fmt.Sprintf("the token lives for %s", token.ExpiresAt.Sub(now).Round(time.Second))
}
