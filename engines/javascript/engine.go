// Package javascript is the JavaScript engine.
package javascript

import (
	"context"
	"runtime"
	"sync"

	"github.com/hookstep-dev/hookstep/engines/javascript/prelude"
	"github.com/hookstep-dev/hookstep/engines/javascript/realm"
	"github.com/hookstep-dev/hookstep/engines/javascript/slot"
	"github.com/hookstep-dev/hookstep/engines/javascript/source"
	"github.com/hookstep-dev/hookstep/sdk/engine"
)

// Version is the engine's own version.
const Version = "0.1.0"

// Options of an engine. The zero Options are good.
type Options struct {
	Machines int // virtual machines that compute at once; 0 means as many as processors
}

// Engine implements engine.Engine in process. It may be used by several goroutines at once.
type Engine struct {
	library *realm.Library
	slots   *slot.Pool

	mutex    sync.RWMutex
	programs map[string]*realm.Program
}

var _ engine.Engine = (*Engine)(nil)

// New makes an engine; it fails only if the engine itself is broken.
func New(options Options) (*Engine, error) {
	realm.LimitPatterns()
	library, err := realm.NewLibrary()
	if err != nil {
		return nil, err
	}
	machines := options.Machines
	if machines <= 0 {
		machines = runtime.GOMAXPROCS(0)
	}
	return &Engine{library: library, slots: slot.NewPool(machines), programs: map[string]*realm.Program{}}, nil
}

// Description says what the engine is, without making one.
func Description() engine.Description {
	return engine.Description{
		Name:         "javascript",
		Version:      Version,
		Language:     "JavaScript (ECMAScript 2023, goja)",
		Extensions:   []string{".js", ".cjs", ".mjs", ".ts", ".mts"},
		Capabilities: []string{"fetch", "invokeFlow", "bytes"},
		Limits:       []string{"deadline", "stack", "result", "logs"},
	}
}

// Describe implements engine.Engine.
func (e *Engine) Describe(context.Context) (engine.Description, error) { return Description(), nil }

// Load implements engine.Engine. Programs stay in memory until the process ends.
func (e *Engine) Load(_ context.Context, from engine.Source) (engine.Program, error) {
	if _, ok := e.program(source.Hash(from)); ok {
		return engine.Program{ID: source.Hash(from)}, nil
	}
	set, findings := source.Read(from, prelude.Has)
	if set == nil {
		return engine.Program{Diagnostics: findings}, nil
	}
	e.mutex.Lock()
	defer e.mutex.Unlock()
	e.programs[set.ID] = realm.NewProgram(set)
	return engine.Program{ID: set.ID, Diagnostics: findings}, nil
}

// Lane implements engine.Engine.
func (e *Engine) Lane(context.Context) (engine.Lane, error) { return &lane{engine: e}, nil }

func (e *Engine) program(id string) (*realm.Program, bool) {
	e.mutex.RLock()
	defer e.mutex.RUnlock()
	program, ok := e.programs[id]
	return program, ok
}
