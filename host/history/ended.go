package history

import (
	"time"

	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/store"
	"github.com/hookstep-dev/hookstep/sdk/fault"
	"github.com/hookstep-dev/hookstep/sdk/hostapi"
	"github.com/hookstep-dev/hookstep/sdk/value"
)

// Policy says which executions that ran in memory are recorded.
type Policy string

// The policies.
const (
	All    Policy = "all"
	Failed Policy = "failed" // those that failed
	None   Policy = "none"
)

// Wants tells whether an execution of this outcome is recorded. One that found no place is not: no code of it ran, its caller was asked
// to come again, and a record of each would make an overload worse.
func (p Policy) Wants(outcome *integration.Outcome) bool {
	switch {
	case p == None, outcome.Fault != nil && outcome.Fault.Code == fault.Overloaded && outcome.Fault.Step == "":
		return false
	default:
		return p == All || outcome.Fault != nil
	}
}

// Ended is an execution that ran in memory, as it stands when its answer is known. Nothing of it changes any more.
type Ended struct {
	Execution *integration.Execution
	Source    store.Source
	Data      *value.Value // of invokeFlow; nil otherwise
	Outcome   *integration.Outcome
	Steps     []store.Step
	Logs      []hostapi.Line
	At        time.Time
}

// Recording is what the store keeps of it. It holds on to the request and the results, not to the integration.
func (e *Ended) Recording() *store.Recording {
	row := store.Execution{
		ID: e.Execution.ID, Flow: store.FlowOf(&e.Execution.Target), Status: store.EndOf(e.Outcome), Source: e.Source, Synchronous: true,
		StartedAt: e.Execution.StartedAt, EndedAt: e.At, Elapsed: e.Outcome.Elapsed, Fault: e.Outcome.Fault,
	}
	for i := range e.Steps {
		if step := &e.Steps[i]; step.Result.Fault == nil || step.Ignored {
			row.StepsDone++
		}
	}
	input := &store.Input{
		Request: e.Execution.Request, PathFragment: e.Execution.Target.PathFragment, Data: e.Data, Frame: e.Execution.Frame, Depth: e.Execution.Depth,
	}
	made := &store.Recording{Execution: row, Input: input, Steps: e.Steps, Logs: e.Logs}
	if made.Steps == nil {
		made.Steps = []store.Step{} // there were none; nil says that load took them
	}
	return made
}
