package pipeline

import (
	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/respond"
	"github.com/hookstep-dev/hookstep/host/scope"
	"github.com/hookstep-dev/hookstep/host/steps"
	"github.com/hookstep-dev/hookstep/host/store"
	"github.com/hookstep-dev/hookstep/sdk/engine"
	"github.com/hookstep-dev/hookstep/sdk/value"
)

// entry is an execution that may start.
type entry struct {
	plan      *steps.Plan
	execution *integration.Execution
	payload   *engine.Payload
	host      *scope.Scope
	source    store.Source
	data      *value.Value // of invokeFlow; nil otherwise
}

// entry makes one. With collect, its log is in its report.
func (p *Pipeline) entry(
	plan *steps.Plan, execution *integration.Execution, payload *engine.Payload, source store.Source, collect bool,
) *entry {
	host := p.rooms.Scope.For(execution, collect || p.rooms.Store != nil)
	return &entry{plan: plan, execution: execution, payload: payload, host: host, source: source}
}

func (e *entry) job() steps.Job {
	return steps.Job{Plan: e.plan, Execution: e.execution, Payload: e.payload, Host: e.host}
}

func (e *entry) input() *store.Input {
	return &store.Input{
		Request: e.execution.Request, PathFragment: e.execution.Target.PathFragment,
		Data: e.data, Frame: e.execution.Frame, Depth: e.execution.Depth,
	}
}

// ended answers and records an execution that ran as far as it will.
func (p *Pipeline) ended(in *entry, ended *steps.Ended) *Report {
	outcome := ended.Outcome
	report := &Report{Execution: in.execution, Outcome: outcome, Response: respond.Outcome(in.execution.ID, outcome)}
	report.Lines, report.Dropped = in.host.Lines()
	p.rooms.Watch.Answered(in.execution, outcome, report.Response.Status, true)
	if p.rooms.Recorder != nil {
		p.rooms.Recorder.Record(p.recording(in, ended))
	}
	return report
}

// recording is what is kept of an execution that ran in memory.
func (p *Pipeline) recording(in *entry, ended *steps.Ended) *store.Recording {
	kept := store.Execution{
		ID: in.execution.ID, Flow: store.FlowOf(&in.execution.Target), Status: statusOf(ended.Outcome), Source: in.source, Synchronous: true,
		StartedAt: in.execution.StartedAt, EndedAt: p.rooms.Now(), Elapsed: ended.Outcome.Elapsed, Fault: ended.Outcome.Fault,
	}
	for i := range ended.Steps {
		if step := &ended.Steps[i]; step.Result.Fault == nil || step.Ignored {
			kept.StepsDone++
		}
	}
	return &store.Recording{Execution: kept, Input: in.input(), Steps: ended.Steps, Logs: in.host.Drain()}
}

// statusOf is the end of an execution that nobody tries again.
func statusOf(outcome *integration.Outcome) store.Status {
	switch {
	case outcome.Fault != nil:
		return store.Failed
	case outcome.Trigger != nil && outcome.Trigger.Response.Rejected():
		return store.Rejected
	}
	return store.Succeeded
}
