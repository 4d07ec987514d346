package connect

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"github.com/hookstep-dev/hookstep/host/handle"
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
	return r.composeValues(at, target, parts)
}

func (c *composed) isOf(parts []part) bool {
	for i := range parts {
		if c.parts[i] != parts[i] {
			return false
		}
	}
	return true
}

func (r *Room) composeValues(at *seat, target *integration.Target, parts []part) (Values, error) {
	made := &composed{values: Values{JSON: make(map[string]json.RawMessage, len(parts)), Version: r.versions.Add(1)}, parts: append([]part{}, parts...)}
	for i, part := range parts {
		name, seen := at.members[i].declared.name, part.state.view(part.alive)
		made.values.Secrets = append(made.values.Secrets, seen.secrets...)
		text := seen.text
		if target.Integration.HidesSecrets {
			var err error
			if text, err = r.hide(target, name, seen); err != nil {
				return Values{}, err
			}
		}
		made.values.JSON[name] = text
	}
	at.values.Store(made)
	return made.values, nil
}

// hide puts handles in the place of secrets.
func (r *Room) hide(target *integration.Target, name string, seen *view) (json.RawMessage, error) {
	owner := handle.Owner{Integration: target.Integration.ID, Instance: string(target.Instance.Name), Connection: name}
	secrets := make([]handle.Secret, len(seen.secrets))
	for i, secret := range seen.secrets {
		secrets[i] = handle.Secret{Field: strings.TrimPrefix(secret.Name, name+"."), Value: secret.Value}
	}
	return r.options.Handles.Hide(owner, seen.text, secrets)
}

// Secrets gives every secret of the connections of a target's instance, as they are known now: no service is asked, and what has run
// out is among them. The error is that of Values.
func (r *Room) Secrets(ctx context.Context, target *integration.Target) ([]Secret, error) {
	at := r.served.Load().find(target)
	if at == nil {
		return nil, nil
	}
	var secrets []Secret
	for _, m := range at.members {
		now, err := r.current(ctx, m)
		if err != nil {
			return nil, err
		}
		secrets = append(secrets, now.whole.secrets...)
	}
	return secrets, nil
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
		if now.mayRenew(r.now(), false) == nil {
			return r.renewedOrNot(ctx, m, wish{seen: now.row.TokenAt})
		}
	}
	return now, nil
}

// renewedOrNot renews, and if nothing comes of it gives the connection as it is: its token may still live.
func (r *Room) renewedOrNot(ctx context.Context, m *member, want wish) (*state, error) {
	fresh, err := r.renewed(ctx, m, want)
	switch {
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case err != nil:
		return r.current(ctx, m)
	}
	return fresh, nil
}
