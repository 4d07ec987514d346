package supervisor

import (
	"context"
	"errors"
	"time"

	"github.com/hookstep-dev/hookstep/sdk/connection"
	"github.com/hookstep-dev/hookstep/sdk/fault"
)

// Provider gives a client for a type of connections: of the plugin that Providers lists with it, whose one process answers for all
// tenants. The client may be kept, and each of its calls starts a process if none runs; it stays with the plugin, so that a caller
// who asks again after Providers has changed may get another. The fault is Unavailable when no plugin offers the type.
//
// A call has the time that the configuration gives, or until its context ends. Beyond the former, its fault is a Deadline, and the
// process takes no more calls: the next one gets another process. So it is when several deadlines in a row have passed. A process that
// dies in the middle of a call is a WorkerLost fault; what reaches no network is done once more in the next process. Where no process
// can be had, the fault is Unavailable, or Overloaded when too many call.
func (s *Supervisor) Provider(ctx context.Context, connectionType string) (connection.Provider, error) {
	plugin, err := s.catalog.offering(ctx, connectionType)
	if err != nil {
		return nil, err
	}
	return client{s.providers(plugin)}, nil
}

// client calls a provider in whatever process runs.
type client struct{ pool *pool }

// ask makes one call.
func ask[A any](ctx context.Context, c client, call func(context.Context, connection.Provider) (A, error)) (A, error) {
	var none A
	granted, err := c.pool.place(ctx, 0)
	if err != nil {
		return none, err
	}
	w := granted.worker
	defer c.pool.giveBack(w, nil)
	limit := c.pool.sup.config.ProviderTime
	late := fault.New(fault.Limit, fault.Deadline, "%s did not answer within %s", c.pool.of.title, limit)
	within, cancel := context.WithTimeoutCause(ctx, limit, late)
	defer cancel()
	asked := time.Now()
	answer, err := call(within, w.process.Provider())
	switch {
	case err == nil, within.Err() == nil && !w.isGone():
		w.served.Store(true)
		w.unanswered.Store(0)
	case within.Err() != nil && ctx.Err() == nil: // whatever it asked of a service should have ended long before
		w.refusing.give()
	case errors.Is(ctx.Err(), context.DeadlineExceeded) && time.Since(asked) >= limit/patiencePart && w.unanswered.Add(1) >= mostUnanswered:
		w.refusing.give()
	}
	return answer, err
}

// Callers have less time than a provider. A process that so many of them left without an answer, one after the other and after that
// part of its time each, answers nobody.
const (
	mostUnanswered = 5
	patiencePart   = 10
)

// again is ask for what can be done twice without harm.
func again[A any](ctx context.Context, c client, call func(context.Context, connection.Provider) (A, error)) (A, error) {
	answer, err := ask(ctx, c, call)
	if fault.Is(err, fault.WorkerLost) && ctx.Err() == nil {
		return ask(ctx, c, call)
	}
	return answer, err
}

// Describe implements connection.Provider.
func (c client) Describe(ctx context.Context) (connection.Description, error) {
	return again(ctx, c, func(ctx context.Context, to connection.Provider) (connection.Description, error) {
		return to.Describe(ctx)
	})
}

// Schema implements connection.Provider.
func (c client) Schema(ctx context.Context, declared connection.Declared) (connection.Schema, error) {
	return again(ctx, c, func(ctx context.Context, to connection.Provider) (connection.Schema, error) {
		return to.Schema(ctx, declared)
	})
}

// Validate implements connection.Provider.
func (c client) Validate(ctx context.Context, settings connection.Settings) ([]connection.Finding, error) {
	return again(ctx, c, func(ctx context.Context, to connection.Provider) ([]connection.Finding, error) {
		return to.Validate(ctx, settings)
	})
}

// BeginAuthorize implements connection.Provider.
func (c client) BeginAuthorize(ctx context.Context, begin connection.Begin) (string, error) {
	return again(ctx, c, func(ctx context.Context, to connection.Provider) (string, error) {
		return to.BeginAuthorize(ctx, begin)
	})
}

// Exchange implements connection.Provider.
func (c client) Exchange(ctx context.Context, exchange connection.Exchange) (connection.Token, error) {
	return ask(ctx, c, func(ctx context.Context, to connection.Provider) (connection.Token, error) {
		return to.Exchange(ctx, exchange)
	})
}

// Refresh implements connection.Provider.
func (c client) Refresh(ctx context.Context, settings connection.Settings, token connection.Token) (connection.Token, error) {
	return ask(ctx, c, func(ctx context.Context, to connection.Provider) (connection.Token, error) {
		return to.Refresh(ctx, settings, token)
	})
}

// Revoke implements connection.Provider.
func (c client) Revoke(ctx context.Context, settings connection.Settings, token connection.Token) error {
	_, err := ask(ctx, c, func(ctx context.Context, to connection.Provider) (struct{}, error) {
		return struct{}{}, to.Revoke(ctx, settings, token)
	})
	return err
}

// Apply implements connection.Provider.
func (c client) Apply(
	ctx context.Context, settings connection.Settings, token connection.Token, request connection.Request,
) (connection.Additions, error) {
	return again(ctx, c, func(ctx context.Context, to connection.Provider) (connection.Additions, error) {
		return to.Apply(ctx, settings, token, request)
	})
}
