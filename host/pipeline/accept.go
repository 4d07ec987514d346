package pipeline

import (
	"context"
	"errors"
	"time"

	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/respond"
	"github.com/hookstep-dev/hookstep/host/store"
	"github.com/hookstep-dev/hookstep/sdk/fault"
)

// storeWithin is how long a caller waits for the store before it is told that nothing was kept.
const storeWithin = 10 * time.Second

// accept runs the trigger's code, keeps the execution, and only then answers. What the trigger rejects, or fails of, is not
// kept to be run.
func (p *Pipeline) accept(ctx context.Context, in *entry) *Report {
	outcome, done := &integration.Outcome{}, []store.Step(nil)
	if in.plan.HasTrigger() {
		triggered := p.rooms.Steps.Trigger(ctx, in.job())
		if store.EndOf(triggered.Outcome) != store.Succeeded {
			return p.ended(in, triggered)
		}
		outcome, done = triggered.Outcome, triggered.Steps
	}
	asked := p.acceptance(in, done)
	answer := respond.Outcome(in.execution.ID, outcome)
	asked.Answer, asked.Logs = &answer, in.host.Drain()
	report := &Report{Execution: in.execution, Outcome: outcome, Response: answer}
	report.Lines, report.Dropped = asked.Logs, 0
	return p.keep(ctx, in, asked, report)
}

// keep has the store accept an execution. The report becomes that of a duplicate, or of the store's fault, if it is one.
func (p *Pipeline) keep(ctx context.Context, in *entry, asked *store.Acceptance, report *Report) *Report {
	begun := time.Now()
	accepted, err := p.submit(ctx, asked)
	switch {
	case err != nil:
		refused := p.refuse(in.execution, err)
		refused.unkept = err
		return refused
	case accepted.Duplicate != 0:
		return p.duplicate(in, accepted.Duplicate, accepted.First)
	}
	p.rooms.Watch.Accepted(in.execution, time.Since(begun))
	p.rooms.Watch.Answered(in.execution, report.Outcome, report.Response.Status, false)
	return report
}

// duplicate answers as the first execution of the key did. While that one has no answer, its id is the answer.
func (p *Pipeline) duplicate(in *entry, first integration.ExecutionID, stored *integration.Response) *Report {
	if stored == nil {
		accepted := respond.Outcome(first, &integration.Outcome{})
		stored = &accepted
	}
	report := &Report{Execution: in.execution, Outcome: &integration.Outcome{}, Response: respond.Duplicate(stored)}
	report.first = &report.Response
	p.rooms.Watch.Answered(in.execution, report.Outcome, report.Response.Status, false)
	return report
}

// submit has the store accept, within the time that a caller has. The error is a fault.
func (p *Pipeline) submit(ctx context.Context, asked *store.Acceptance) (store.Accepted, error) {
	within, cancel := context.WithTimeout(ctx, storeWithin)
	defer cancel()
	accepted, err := p.rooms.Store.Accept(within, asked)
	return accepted, unavailable(ctx, err)
}

// unavailable makes a fault of what a store said. A context that ended before its time is the caller's doing.
func unavailable(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	if _, known := errors.AsType[*fault.Fault](err); known {
		return err
	}
	if ctx.Err() != nil {
		return fault.New(fault.Host, fault.Canceled, "the caller did not wait for the answer: %v", context.Cause(ctx))
	}
	return store.Unavailable(err)
}
