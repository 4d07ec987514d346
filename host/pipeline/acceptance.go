package pipeline

import (
	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/queue"
	"github.com/hookstep-dev/hookstep/host/store"
	"github.com/hookstep-dev/hookstep/host/trigger"
)

// acceptance asks for an execution to be kept, with the results that it has already. Its keys are what the flow's references
// point at in the trigger's results; where the trigger's code has yet to run, in the payload. An execution without a dedupe key
// has no duplicates, one without a cancel key ends no others; in a queue by key, all without one share a lane.
func (p *Pipeline) acceptance(in *entry, done []store.Step) *store.Acceptance {
	target := &in.execution.Target
	asked := &store.Acceptance{
		ID: in.execution.ID, Flow: store.FlowOf(target), Source: in.source, StartedAt: in.execution.StartedAt,
		Input: in.input(), Done: done,
	}
	limits := queue.Limits{Flow: target.Flow.Queue.Limit, Instance: target.Instance.Limit, Single: in.single}
	if limits.Keyed = !target.Flow.Queue.Key.IsZero(); limits.Keyed {
		limits.Key, _ = in.lookup(target.Flow.Queue.Key, done)
	}
	asked.Lanes = queue.Lanes(asked.Flow, limits)
	if key, found := in.lookup(target.Flow.Dedupe.Key, done); found {
		asked.Dedupe = &store.Dedupe{Key: key, For: target.Flow.Dedupe.For}
	}
	asked.CancelKey, _ = in.lookup(target.Flow.Retry.CancelKey, done)
	return asked
}

// lookup gives what a reference points at, if it is set and there is such a value.
func (e *entry) lookup(reference integration.Reference, done []store.Step) (string, bool) {
	switch {
	case reference.IsZero():
		return "", false
	case e.plan.HasTrigger() && len(done) > 0:
		return trigger.Lookup(reference, done[0].Result.Results)
	}
	return trigger.LookupPayload(reference, e.payload)
}
