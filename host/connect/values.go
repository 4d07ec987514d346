package connect

import (
	"context"
	"encoding/json"
	"time"

	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/sdk/connection"
)

// Values are what code sees of an instance's connections. They are shared: nobody may change them.
type Values struct {
	JSON    map[string]json.RawMessage // by the names of the config variables; see integration.Connected
	Version uint64                     // of all of it: equal ones of one instance have equal content; 0: it has no connections
	Secrets []Secret                   // that are in JSON
}

// composed is Values and what they were made of.
type composed struct {
	values Values
	parts  []part
}

type part struct {
	state *state
	alive bool
}

// Values gives what code sees of the connections of a target's instance, with tokens that live at least as long as within, where
// their life allows, renewed or obtained for that as needed. A connection that cannot be used is there with its inputs and
// without a token. The error is the context's cause, or the database's for what was never read.
func (r *Room) Values(ctx context.Context, target *integration.Target, within time.Duration) (Values, error) {
	at := r.served.Load().find(target)
	if at == nil {
		return Values{}, nil
	}
	var few [4]part
	parts := few[:0]
	for _, m := range at.members {
		state, err := r.ready(ctx, m, within)
		if err != nil {
			return Values{}, err
		}
		parts = append(parts, part{state, state.lives(r.now())})
	}
	if made := at.values.Load(); made != nil && made.isOf(parts) {
		return made.values, nil
	}
	return r.composeValues(at, parts), nil
}

func (c *composed) isOf(parts []part) bool {
	for i := range parts {
		if c.parts[i] != parts[i] {
			return false
		}
	}
	return true
}

func (r *Room) composeValues(at *seat, parts []part) Values {
	made := &composed{values: Values{JSON: make(map[string]json.RawMessage, len(parts)), Version: r.versions.Add(1)}, parts: append([]part{}, parts...)}
	for i, part := range parts {
		seen := part.state.view(part.alive)
		made.values.JSON[at.members[i].declared.name] = seen.text
		made.values.Secrets = append(made.values.Secrets, seen.secrets...)
	}
	at.values.Store(made)
	return made.values
}

// ready gives a connection whose token lives for a time, if that can be had. The error is as that of Values.
func (r *Room) ready(ctx context.Context, m *member, within time.Duration) (*state, error) {
	now, err := r.current(ctx, m)
	if err != nil || now.kind().Token == connection.Static {
		return now, err
	}
	switch now.urgency(r.now(), within) {
	case aging:
		r.renewBehind(ctx, m, now)
	case dying:
		if now.mayRenew(r.now(), false) != nil {
			break
		}
		fresh, err := r.renewed(ctx, m, wish{seen: now.row.TokenAt})
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		if err == nil {
			return fresh, nil
		}
		return r.current(ctx, m)
	}
	return now, nil
}
