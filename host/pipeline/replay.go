package pipeline

import (
	"context"
	"strings"

	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/steps"
	"github.com/hookstep-dev/hookstep/host/store"
	"github.com/hookstep-dev/hookstep/sdk/fault"
)

// Replay runs an execution that has ended once more, as a new one that points to it: with what it was given, and with the
// kept results of the steps before the one of a key. With the empty key it begins at the start; the results of the
// trigger's code are taken over where there are any. A dedupe key does not hold it back.
//
// The errors: store.ErrNotFound without the execution, store.ErrConflict while it has not ended; the faults NotFound when the
// flow or step is not there any more, Refused when what is needed was not kept or the flow was changed since.
func (p *Pipeline) Replay(ctx context.Context, id integration.ExecutionID, from integration.StepKey) (integration.ExecutionID, error) {
	old, err := p.rooms.Store.Execution(ctx, id)
	if err != nil {
		return 0, err
	}
	switch {
	case !old.Execution.Status.Ended():
		return 0, store.Conflictf("the execution %s is %s: it can be replayed when it has ended", id, old.Execution.Status)
	case old.Input == nil:
		return 0, fault.New(fault.Host, fault.Refused, "the payload of the execution %s was not kept", id)
	}
	plan, err := p.catalog.Load().named(old.Execution.Flow)
	if err != nil {
		return 0, err
	}
	done, err := replayed(plan, old, from)
	if err != nil {
		return 0, err
	}
	in, err := p.again(plan, old.Input, store.Replay)
	if err != nil {
		return 0, err
	}
	asked := p.acceptance(in, done)
	asked.Dedupe, asked.ReplayOf = nil, id
	started, err := p.Begin(ctx, asked)
	return started.ID, err
}

// replayed are the results of an execution that its replay takes over.
func replayed(plan *steps.Plan, old *store.Detail, from integration.StepKey) ([]store.Step, error) {
	kept := good(old.Steps)
	if from == "" {
		count := min(len(kept), triggers(plan))
		if count > 0 && (kept[0].Result.Response.Rejected() || plan.Fits(kept[:1]) != nil) {
			count = 0
		}
		return kept[:count], nil
	}
	count, known := plan.Position(string(from))
	switch {
	case !known:
		return nil, fault.New(fault.Host, fault.NotFound, "the flow %s has no step %q; it has %s",
			old.Execution.Flow.Flow, from, strings.Join(plan.Keys(), ", "))
	case count > len(kept):
		return nil, fault.New(fault.Host, fault.Refused, "the results of the steps before %q were not kept: there are %d of %d", from, len(kept), count)
	}
	return kept[:count], plan.Fits(kept[:count])
}

// good are the first steps that have results.
func good(all []store.Step) []store.Step {
	for i := range all {
		if all[i].Result.Fault != nil && !all[i].Ignored {
			return all[:i:i]
		}
	}
	return all
}

// triggers is the number of pieces that are a trigger's code.
func triggers(plan *steps.Plan) int {
	if plan.HasTrigger() {
		return 1
	}
	return 0
}

// Cancel ends an execution that waits and stops one that runs, on whichever host. The errors are store.ErrNotFound, and
// store.ErrConflict when it has ended.
func (p *Pipeline) Cancel(ctx context.Context, id integration.ExecutionID, why *fault.Fault) error {
	return p.rooms.Store.Cancel(ctx, id, why)
}
