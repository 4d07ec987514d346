package main

import (
	"context"

	"github.com/hookstep-dev/hookstep/sdk"
	"github.com/hookstep-dev/hookstep/sdk/engine"
	"github.com/hookstep-dev/hookstep/sdk/hostapi"
	"github.com/hookstep-dev/hookstep/sdk/value"
)

// serve is a well-behaved plugin but for what run does with each step. A nil run answers "fine".
func serve(run func(ctx context.Context)) {
	sdk.Serve(sdk.Plugin{Name: "misbehave", Version: "1.0.0", Engine: stub{run}})
}

// stub is the least engine there can be.
type stub struct{ run func(context.Context) }

// Describe implements engine.Engine.
func (stub) Describe(context.Context) (engine.Description, error) {
	return engine.Description{Name: "misbehave", Version: "1.0.0", Language: "nothing at all", Extensions: []string{".any"}}, nil
}

// Load implements engine.Engine.
func (stub) Load(context.Context, engine.Source) (engine.Program, error) {
	return engine.Program{ID: "the only one"}, nil
}

// Lane implements engine.Engine.
func (s stub) Lane(context.Context) (engine.Lane, error) { return s, nil }

// Close implements engine.Lane.
func (stub) Close() error { return nil }

// Run implements engine.Lane.
func (s stub) Run(ctx context.Context, run engine.Run, _ hostapi.Host, done engine.StepDone) error {
	for _, step := range run.Steps {
		if s.run != nil {
			s.run(ctx)
		}
		if err := done(ctx, engine.StepResult{Key: step.Key, Results: value.JSON([]byte(`"fine"`))}); err != nil {
			return err
		}
	}
	return nil
}
