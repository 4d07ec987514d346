package connect

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/bits"
	"sync/atomic"
	"time"

	"github.com/hookstep-dev/hookstep/host/store"
	"github.com/hookstep-dev/hookstep/sdk/connection"
	"github.com/hookstep-dev/hookstep/sdk/fault"
)

const (
	firstPause  = 2 * time.Second // after a try to renew that came to nothing
	longPause   = 5 * time.Minute // the longest, but for what a service asks for
	failedAfter = 5 * time.Minute // of tries that came to nothing, a connection counts as failed
)

// result is what a try to renew came to.
type result string

const (
	resultRenewed       result = "renewed"
	resultReconnect     result = "needs reconnect"
	resultMisconfigured result = "misconfigured"
	resultUnreachable   result = "unreachable"
)

// counts are tries to renew by what they came to.
type counts struct{ renewals, reconnects, misconfigured, unreachable atomic.Int64 }

func (c *counts) renewed(to result) {
	switch to {
	case resultRenewed:
		c.renewals.Add(1)
	case resultReconnect:
		c.reconnects.Add(1)
	case resultMisconfigured:
		c.misconfigured.Add(1)
	default:
		c.unreachable.Add(1)
	}
}

// Renewals gives how many tries to renew this host has made, by what they came to: "renewed", "needs reconnect", "misconfigured", or
// "unreachable" for what is tried again.
func (r *Room) Renewals() map[string]int64 {
	return map[string]int64{
		string(resultRenewed): r.counts.renewals.Load(), string(resultReconnect): r.counts.reconnects.Load(),
		string(resultMisconfigured): r.counts.misconfigured.Load(), string(resultUnreachable): r.counts.unreachable.Load(),
	}
}

// classify says what a try came to.
func classify(err error, kind *connection.Type) result {
	switch fault.As(err, fault.Engine).Code {
	case fault.Reauthorize:
		if kind.Token == connection.Authorizes {
			return resultReconnect
		}
		return resultMisconfigured // nobody authorizes it: the client itself is refused
	case fault.Misconfigured, fault.Unsupported:
		return resultMisconfigured
	}
	return resultUnreachable
}

// failed keeps what became of a try to renew, tells it, and gives the fault of it. A row that cannot be written now is no loss: the
// claim runs out, and the next try finds out again.
func (r *Room) failed(ctx context.Context, mine *turn, want wish, err error) error {
	to := classify(err, mine.kind())
	r.counts.renewed(to)
	now, words := r.now(), mine.hide(wordsOf(err))
	made := mine.draft()
	token := &made.token
	if token.Failures == 0 || token.Identity != mine.identity {
		token.Failures, token.FailingAt = 0, now
	}
	if !mine.hasToken() {
		token.Response, token.Identity = nil, mine.identity
	}
	token.Failures++
	token.Failure = words
	var kind string
	switch to {
	case resultReconnect:
		kind = string(store.ConnectionNeedsReconnect)
		token.Rejected = want.forced
		made.row.RenewAt = time.Time{}
		made.become(store.ConnectionNeedsReconnect, words, now)
	default:
		kind = "renewal failed"
		token.NotBefore = now.Add(r.pause(token.Failures, to, err))
		if mine.kind().Token == connection.Authorizes {
			made.row.RenewAt = token.NotBefore
		}
		if to == resultMisconfigured || !mine.lives(now) || now.Sub(token.FailingAt) >= failedAfter {
			made.become(store.ConnectionFailed, words, now)
		}
	}
	r.tell(ctx, mine, made, kind, words)
	told := fault.New(fault.Downstream, codeOf(to), "%s could not be renewed: %s", mine.member.title(), words)
	told.RetryAfter = max(0, token.NotBefore.Sub(now))
	return told
}

func codeOf(to result) fault.Code {
	switch to {
	case resultReconnect:
		return fault.Reauthorize
	case resultMisconfigured:
		return fault.Misconfigured
	}
	return fault.Unreachable
}

// tell keeps and logs a failed try. Tries that come to the same again and again are an event at the 1st, 2nd, 4th, 8th and so on.
func (r *Room) tell(ctx context.Context, mine *turn, made *draft, kind, words string) {
	tries := made.token.Failures
	event := &store.ConnectionEvent{At: r.now(), Kind: kind, Text: words}
	switch {
	case words == mine.token.Failure && bits.OnesCount(uint(tries)) != 1:
		event = nil
	case tries > 1:
		event.Text = fmt.Sprintf("%s (%d tries since %s)", words, tries, made.token.FailingAt.UTC().Format(time.RFC3339))
	}
	ctx, cancel := context.WithTimeout(ctx, saveTime)
	defer cancel()
	if err := r.keep(ctx, made, event); err == nil {
		r.see(mine.member, made.state(mine.member, mine.schema))
	} else if !errors.Is(err, store.ErrConflict) {
		r.options.Log.LogAttrs(ctx, slog.LevelWarn, "what became of a connection cannot be kept", append(mine.member.attrs(), slog.Any("error", err))...)
	}
	level := slog.LevelWarn
	if made.row.Status != store.ConnectionActive {
		level = slog.LevelError
	}
	r.options.Log.LogAttrs(ctx, level, "a connection could not be renewed", append(mine.member.attrs(), slog.String("status", string(made.row.Status)),
		slog.String("cause", words), slog.Int("tries", tries), slog.Time("next", made.token.NotBefore))...)
}

// pause is how long nothing is tried after a number of tries: twice as long each time, more by chance, and no less than was asked for.
func (r *Room) pause(tries int, to result, err error) time.Duration {
	pause := longPause
	if to == resultUnreachable && tries < 10 {
		pause = min(firstPause<<(tries-1), longPause)
	}
	pause = max(pause, fault.As(err, fault.Engine).RetryAfter)
	return pause + time.Duration(r.options.Random()*float64(pause)/4)
}

// wordsOf gives the words of a fault, as for people.
func wordsOf(err error) string {
	found := fault.As(err, fault.Engine)
	return cmp.Or(found.Story(), string(found.Code))
}
