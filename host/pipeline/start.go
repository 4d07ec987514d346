package pipeline

import (
	"context"
	"fmt"

	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/respond"
	"github.com/hookstep-dev/hookstep/host/steps"
	"github.com/hookstep-dev/hookstep/host/store"
	"github.com/hookstep-dev/hookstep/host/trigger"
	"github.com/hookstep-dev/hookstep/sdk/engine"
	"github.com/hookstep-dev/hookstep/sdk/fault"
)

// Start asks for an execution that no webhook started.
type Start struct {
	Flow    store.Flow
	Source  store.Source
	Request *integration.Request // what the flow's trigger gets; Path, InvokeURL and ReceivedAt are filled in where they are empty
	Fire    *store.Fire          // of a schedule
	Single  bool                 // it is skipped while an execution that was started so has not ended
}

// Started is what became of a Start.
type Started struct {
	ID      integration.ExecutionID
	Skipped bool // nothing was accepted, see store.Accepted
}

// Start accepts an execution to be run, whether its flow is synchronous or not; the trigger's code runs as its first step.
// The faults: NotFound when the flow is not served, Unavailable when the store cannot keep it.
func (p *Pipeline) Start(ctx context.Context, asked Start) (Started, error) {
	prepared, err := p.Prepare(asked)
	if err != nil {
		return Started{}, err
	}
	return p.Begin(ctx, prepared)
}

// Prepare makes what Start has the store accept, for one who accepts it together with something else.
func (p *Pipeline) Prepare(asked Start) (*store.Acceptance, error) {
	plan, err := p.catalog.Load().named(asked.Flow)
	if err != nil {
		return nil, err
	}
	request := asked.Request
	if request.Path == "" {
		request.Path = plan.Target.Instance.Endpoints[plan.Target.Flow.Name].Path()
	}
	if request.InvokeURL == "" {
		request.InvokeURL = p.catalog.Load().base + request.Path
	}
	if request.ReceivedAt.IsZero() {
		request.ReceivedAt = p.rooms.Now()
	}
	in, err := p.again(plan, &store.Input{Request: request}, asked.Source)
	if err != nil {
		return nil, err
	}
	in.execution.StartedAt = request.ReceivedAt
	in.single = asked.Single
	made := p.acceptance(in, nil)
	made.Fire, made.Dedupe = asked.Fire, nil
	return made, nil
}

// Begin has the store accept what Prepare made, or another execution whose answer nobody waits for.
func (p *Pipeline) Begin(ctx context.Context, asked *store.Acceptance) (Started, error) {
	answer := respond.Outcome(asked.ID, &integration.Outcome{})
	asked.Answer = &answer
	if p.rooms.Store == nil {
		return Started{}, fault.New(fault.Host, fault.Unsupported, "this host keeps no executions")
	}
	accepted, err := p.submit(ctx, asked)
	if err != nil {
		return Started{}, fmt.Errorf("accepting an execution of the flow %s: %w", asked.Flow.Flow, err)
	}
	return Started{ID: asked.ID, Skipped: accepted.Skipped}, nil
}

// again makes the entry of an execution that begins with an input that is kept.
func (p *Pipeline) again(plan *steps.Plan, input *store.Input, source store.Source) (*entry, error) {
	now := p.rooms.Now()
	execution := &integration.Execution{ID: p.rooms.NewID(now), StartedAt: now}
	return p.rebuilt(plan, execution, input, source)
}

// rebuilt makes the entry of an execution from the input that is kept. Its depth is 0, for nobody waits for it.
func (p *Pipeline) rebuilt(plan *steps.Plan, execution *integration.Execution, input *store.Input, source store.Source) (*entry, error) {
	execution.Target, execution.Request = plan.Target, input.Request
	execution.Target.PathFragment = input.PathFragment
	execution.Frame = input.Frame
	payload, err := payloadOf(input)
	if err != nil {
		return nil, err
	}
	in := p.entry(plan, execution, payload, source, true)
	in.data = input.Data
	return in, nil
}

func payloadOf(input *store.Input) (*engine.Payload, error) {
	if input.Data != nil {
		return trigger.Invoked(input.Request, *input.Data)
	}
	return trigger.Payload(input.Request, input.PathFragment)
}
