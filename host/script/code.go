package script

import (
	"context"
	"sync/atomic"

	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/sdk/engine"
	"github.com/hookstep-dev/hookstep/sdk/fault"
)

// Code is the code of one integration in one language. All instances of the integration share it.
type Code struct {
	engine string
	tenant string
	memory int64
	source engine.Source
	places map[string]place // by path as loaded

	loading chan struct{} // holds one token while a load is under way
	loaded  atomic.Pointer[loaded]
}

// place is where a source file stands for its author.
type place struct {
	shown        string
	line, column int
	oneLine      bool // the whole file stands on that line
}

// loaded is what a process made of the source.
type loaded struct {
	boot    string
	program string
	failure error // the diagnostics, when there is no program
}

// CodeOf gathers the code of an integration per engine that its triggers and steps name. A file goes to the engine it
// is for, data files to all.
func CodeOf(of *integration.Integration) map[string]*Code {
	entries := entriesOf(of)
	all := make(map[string]*Code, len(entries))
	for name, paths := range entries {
		code := &Code{engine: name, tenant: of.ID, memory: of.Memory, places: map[string]place{}, loading: make(chan struct{}, 1)}
		code.source = engine.Source{Name: of.Name, Entries: paths}
		for _, file := range of.Sources {
			if file.Engine != "" && file.Engine != name {
				continue
			}
			code.source.Files = append(code.source.Files, file.File)
			code.places[file.Path] = place{file.Shown, file.Line, file.Column, file.OneLine}
		}
		all[name] = code
	}
	return all
}

// entriesOf gives the paths of all triggers' and steps' code by engine, each once.
func entriesOf(of *integration.Integration) map[string][]string {
	entries := map[string][]string{}
	seen := map[integration.Code]bool{{}: true}
	add := func(code integration.Code) {
		if !seen[code] {
			seen[code] = true
			entries[code.Engine] = append(entries[code.Engine], code.Entry)
		}
	}
	for _, flow := range of.Flows {
		add(flow.Trigger.Code)
		for _, step := range flow.Steps {
			add(step.Code)
		}
	}
	return entries
}

// load gives the program's id in the process, loading it there if need be, one caller at a time.
func (c *Code) load(ctx context.Context, process Process) (string, error) {
	boot := process.BootID()
	if known := c.loaded.Load(); known != nil && known.boot == boot {
		return known.program, known.failure
	}
	select {
	case c.loading <- struct{}{}:
		defer func() { <-c.loading }()
	case <-ctx.Done():
		return "", context.Cause(ctx)
	}
	if known := c.loaded.Load(); known != nil && known.boot == boot {
		return known.program, known.failure
	}
	program, err := process.Load(ctx, c.source)
	if err != nil {
		return "", c.locate(fault.As(err, fault.Engine))
	}
	made := &loaded{boot: boot, program: program.ID, failure: c.failure(program)}
	c.loaded.Store(made)
	return made.program, made.failure
}

// forget makes the next load ask the process again, unless another load took place meanwhile.
func (c *Code) forget(program string) {
	if known := c.loaded.Load(); known != nil && known.program == program {
		c.loaded.CompareAndSwap(known, nil)
	}
}

// failure makes a fault of the first finding that keeps a program from running, nil if there is none.
func (c *Code) failure(program engine.Program) error {
	for _, finding := range c.shown(program.Diagnostics) {
		if finding.Severity != engine.Error {
			continue
		}
		failed := fault.New(fault.User, fault.Syntax, "%s:%d:%d: %s", finding.File, finding.Line, finding.Column, finding.Message)
		if finding.Code != "" {
			failed.Code = finding.Code
		}
		failed.Stack = []fault.Frame{{File: finding.File, Line: finding.Line, Column: finding.Column}}
		return failed
	}
	return nil
}
