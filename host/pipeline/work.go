package pipeline

import (
	"context"

	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/queue"
	"github.com/hookstep-dev/hookstep/host/store"
	"github.com/hookstep-dev/hookstep/sdk/fault"
)

// Work runs kept executions, at most slots at once, until ctx ends; it returns when those under way have ended. What is under
// way when cut ends is cut off, which is no failure: it goes on from its last kept step when a host has it again.
func (p *Pipeline) Work(ctx, cut context.Context, slots int) error {
	return p.rooms.Store.Work(ctx, slots, func(ctx context.Context, claim *store.Claim) { p.take(ctx, cut, claim) })
}

// take runs a claimed execution as far as it comes now. Ctx ends when the claim is worth nothing any more.
func (p *Pipeline) take(ctx, cut context.Context, claim *store.Claim) {
	t := &try{pipeline: p, claim: claim, cut: cut.Done()}
	plan, err := p.catalog.Load().named(claim.Execution.Flow)
	if err != nil {
		t.execution = unknown(claim)
		t.failed(ctx, &integration.Outcome{}, queue.Failure{Fault: fault.As(err, fault.Host), Absent: true}, nil)
		return
	}
	t.execution = &integration.Execution{ID: claim.Execution.ID, StartedAt: claim.Execution.StartedAt}
	in, err := p.rebuilt(plan, t.execution, claim.Input, claim.Execution.Source)
	if err == nil {
		err = plan.Fits(claim.Done)
	}
	if err != nil {
		unfit := fault.As(err, fault.Host)
		t.end(ctx, &integration.Outcome{Fault: unfit}, &store.End{Status: store.DeadLetter, Fault: unfit})
		return
	}
	t.host = in.host
	running, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	unlink := context.AfterFunc(cut, func() { cancel(context.Cause(cut)) })
	defer unlink()
	stop := t.follow(ctx)
	ended := p.rooms.Steps.Run(running, t.job(in))
	stop()
	t.settle(ctx, ended)
}

// unknown stands for an execution whose flow is not served.
func unknown(claim *store.Claim) *integration.Execution {
	return &integration.Execution{ID: claim.Execution.ID, StartedAt: claim.Execution.StartedAt, Request: claim.Input.Request}
}
