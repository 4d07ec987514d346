// Package lua is the language engine for Lua 5.1.
//
// A step is a file that returns function(ctx, steps), a trigger one that returns function(ctx, payload). README.md says
// what such code can rely on.
package lua

import (
	"context"

	"github.com/hookstep-dev/hookstep/sdk/engine"
)

// Version of the engine.
const Version = "0.1.0"

// Engine runs Lua code inside this process. Make one with New; it may be used by many goroutines.
type Engine struct {
	programs *library
}

var _ engine.Engine = (*Engine)(nil)

// New makes an engine without programs.
func New() *Engine { return &Engine{programs: newLibrary()} }

// Description says what the engine is, for those who need no engine to know.
func Description() engine.Description {
	return engine.Description{
		Name:         "lua",
		Version:      Version,
		Language:     "Lua 5.1 (gopher-lua)",
		Extensions:   []string{".lua"},
		Capabilities: []string{"fetch", "invokeFlow", "bytes"},
		Limits:       []string{"deadline", "stack", "result"},
	}
}

// Describe says what the engine is.
func (e *Engine) Describe(context.Context) (engine.Description, error) { return Description(), nil }

// Load compiles the Lua files of source and keeps the program under an id that is made of the sources.
func (e *Engine) Load(ctx context.Context, source engine.Source) (engine.Program, error) {
	id := digest(source)
	if known := e.programs.find(id); known != nil {
		return engine.Program{ID: id, Diagnostics: known.warnings}, nil
	}
	compiled, findings, err := compile(ctx, source)
	if err != nil {
		return engine.Program{}, err
	}
	out := engine.Program{Diagnostics: findings}
	if out.Failed() {
		return out, nil
	}
	compiled.warnings = findings
	e.programs.keep(id, compiled)
	out.ID = id
	return out, nil
}

// Lane opens a place for executions.
func (e *Engine) Lane(context.Context) (engine.Lane, error) {
	return &lane{programs: e.programs}, nil
}
