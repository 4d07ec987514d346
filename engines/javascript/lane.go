package javascript

import (
	"context"
	"slices"

	"github.com/hookstep-dev/hookstep/engines/javascript/realm"
	"github.com/hookstep-dev/hookstep/sdk/engine"
	"github.com/hookstep-dev/hookstep/sdk/fault"
	"github.com/hookstep-dev/hookstep/sdk/hostapi"
)

// lane implements engine.Lane; each run has a realm of its own.
type lane struct {
	engine *Engine
}

// Run implements engine.Lane.
func (l *lane) Run(ctx context.Context, run engine.Run, host hostapi.Host, done engine.StepDone) error {
	program, ok := l.engine.program(run.Program)
	if !ok {
		return fault.New(fault.Engine, fault.NotLoaded, "the program %q is not loaded in this process", run.Program)
	}
	environment, err := realm.Open(l.engine.library, program, run, host, l.engine.slots)
	if err != nil {
		return err
	}
	defer environment.Close()
	earlier := slices.Clone(run.Results)
	for _, step := range run.Steps {
		if err := context.Cause(ctx); err != nil {
			return err
		}
		result := environment.Step(ctx, step, earlier)
		if err := done(ctx, result); err != nil {
			return err
		}
		if result.Fault != nil {
			return result.Fault
		}
		if step.Kind == engine.KindTrigger && result.Response.Rejected() {
			return nil
		}
		earlier = append(earlier, engine.Result{Key: step.Key, Value: result.Results})
	}
	return nil
}

// Close implements engine.Lane.
func (l *lane) Close() error { return nil }
