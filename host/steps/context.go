package steps

import (
	"context"
	"encoding/json"
	"slices"
	"sync/atomic"
	"time"

	"github.com/hookstep-dev/hookstep/host/integration"
)

// Connections gives what code sees of an instance's connections.
type Connections interface {
	// Connected gives them with tokens that live at least as long as `within`, where their life allows. It is asked at the
	// beginning of each run of a flow whose integration declares connections.
	Connected(ctx context.Context, target *integration.Target, within time.Duration) (Connected, error)
}

// Connected is what code sees of an instance's connections.
type Connected struct {
	JSON    map[string]json.RawMessage // by variable name, see integration.Connected
	Version uint64                     // of all of JSON: equal ones have equal content, for one instance
}

// contextual makes the constant part of a flow's context, and keeps it as long as the connections stay as they are.
type contextual struct {
	base        string      // URL before /hooks
	connections Connections // nil: the integration declares none
	made        atomic.Pointer[madeContext]
}

// madeContext does not change.
type madeContext struct {
	version uint64
	text    []byte
}

func (c *contextual) json(ctx context.Context, target *integration.Target, within time.Duration) ([]byte, error) {
	var connected Connected
	if c.connections != nil {
		var err error
		if connected, err = c.connections.Connected(ctx, target, within); err != nil {
			return nil, err
		}
	}
	if made := c.made.Load(); made != nil && made.version == connected.Version {
		return made.text, nil
	}
	text, err := integration.ContextJSON(target.Integration, target.Instance, target.Flow, c.base, connected.JSON)
	if err != nil {
		return nil, err
	}
	c.made.Store(&madeContext{version: connected.Version, text: text})
	return text, nil
}

// newContextual asks for no connections where none are declared.
func newContextual(of *integration.Integration, base string, connections Connections) *contextual {
	if !slices.ContainsFunc(of.ConfigVars, func(variable integration.ConfigVar) bool { return variable.Declaration != nil }) {
		connections = nil
	}
	return &contextual{base: base, connections: connections}
}
