package pipeline

import (
	"github.com/hookstep-dev/hookstep/host/history"
	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/queue"
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
	single    bool         // it is not accepted while another one that is single has not ended
}

// entry makes one. With collect, its log is in its report.
func (p *Pipeline) entry(
	plan *steps.Plan, execution *integration.Execution, payload *engine.Payload, source store.Source, collect bool,
) *entry {
	host := p.rooms.Scope.For(execution, collect || p.rooms.Recorder.Collects() || p.isKept(execution))
	return &entry{plan: plan, execution: execution, payload: payload, host: host, source: source}
}

// isKept tells whether the store keeps an execution before its caller is answered.
func (p *Pipeline) isKept(execution *integration.Execution) bool {
	return p.rooms.Store != nil && !queue.Synchronous(execution.Target.Flow, execution.Request)
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
		p.rooms.Recorder.Ended(p.historical(in, ended))
	}
	return report
}

// historical is what is recorded of an execution that ran in memory.
func (p *Pipeline) historical(in *entry, ended *steps.Ended) *history.Ended {
	return &history.Ended{
		Execution: in.execution, Source: in.source, Data: in.data, Outcome: ended.Outcome,
		Steps: ended.Steps, Logs: in.host.Drain(), At: p.rooms.Now(),
	}
}
