package pipeline

import (
	"context"
	"time"

	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/queue"
	"github.com/hookstep-dev/hookstep/host/store"
	"github.com/hookstep-dev/hookstep/sdk/fault"
)

// Work runs kept executions, at most slots at once, until ctx ends. Those under way then may end within grace; what is left is
// cut off, which is no failure of theirs: they go on from their last kept step when a host has them again.
func (p *Pipeline) Work(ctx context.Context, slots int, grace time.Duration) error {
	cut, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	defer cancel(nil)
	unlink := context.AfterFunc(ctx, func() {
		time.AfterFunc(grace, func() { cancel(fault.New(fault.Host, fault.Canceled, "the host is stopping")) })
	})
	defer unlink()
	return p.rooms.Store.Work(ctx, slots, func(ctx context.Context, claim *store.Claim) { p.take(ctx, cut, claim) })
}

// take runs a claimed execution as far as it comes now. Ctx ends when the claim is worth nothing any more, cut when the host ends.
func (p *Pipeline) take(ctx, cut context.Context, claim *store.Claim) {
	t := &try{pipeline: p, claim: claim, cut: cut}
	plan, err := p.catalog.Load().named(claim.Execution.Flow)
	if err != nil {
		t.execution = unknown(claim)
		t.failed(ctx, &integration.Outcome{}, queue.Failure{Fault: fault.As(err, fault.Host), Absent: true})
		return
	}
	execution := &integration.Execution{ID: claim.Execution.ID, StartedAt: claim.Execution.StartedAt}
	in, err := p.rebuilt(plan, execution, claim.Input, claim.Execution.Source)
	if err == nil {
		err = plan.Fits(claim.Done)
	}
	t.execution = execution
	if err != nil {
		t.end(ctx, &integration.Outcome{Fault: fault.As(err, fault.Host)}, &store.End{Status: store.DeadLetter, Fault: fault.As(err, fault.Host)})
		return
	}
	t.host = in.host
	t.run(ctx, in)
}

// unknown stands for an execution whose flow is not served.
func unknown(claim *store.Claim) *integration.Execution {
	return &integration.Execution{ID: claim.Execution.ID, StartedAt: claim.Execution.StartedAt, Request: claim.Input.Request}
}
