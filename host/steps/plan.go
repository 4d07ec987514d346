package steps

import (
	"time"

	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/script"
	"github.com/hookstep-dev/hookstep/host/store"
	"github.com/hookstep-dev/hookstep/sdk/engine"
	"github.com/hookstep-dev/hookstep/sdk/fault"
)

// Plan is a flow of one instance, made ready to run. It does not change.
type Plan struct {
	Target  integration.Target // without a path fragment
	course  *course
	context *contextual
}

// course is the work of a flow, which its instances share: the trigger's code, if it has any, before the steps.
type course struct {
	work     []engine.Step
	pieces   []piece // beside work
	trigger  bool    // the first piece is the trigger's code
	timeout  time.Duration
	patience time.Duration // the timeout where nobody waits
}

// piece is what the host knows of one engine.Step.
type piece struct {
	code    *script.Code
	onError integration.OnError
	end     int // index after the last piece of the stretch of one engine that this piece is in
}

// Times limit executions.
type Times struct {
	Usual   time.Duration // of a flow that does not say, while a caller waits
	Longest time.Duration // of any flow, whatever it says; and of one that does not say when nobody waits
}

// HasTrigger tells whether the flow's trigger has code of its own.
func (p *Plan) HasTrigger() bool { return p.course.trigger }

// Timeout is the limit of an execution while a caller waits.
func (p *Plan) Timeout() time.Duration { return p.course.timeout }

// Position finds the step of a key in the flow, counted as in store.Step.
func (p *Plan) Position(key string) (int, bool) {
	for i := range p.course.work {
		if p.course.work[i].Key == key {
			return i, true
		}
	}
	return 0, false
}

// Keys are the keys that Position knows, in their order.
func (p *Plan) Keys() []string {
	keys := make([]string, len(p.course.work))
	for i := range p.course.work {
		keys[i] = p.course.work[i].Key
	}
	return keys
}

// Fits tells whether kept results are those of the flow's first steps as they are now. If not, the fault names the
// first that is not: the flow was changed since.
func (p *Plan) Fits(done []store.Step) error {
	for i, step := range done {
		switch {
		case i >= len(p.course.work):
			return fault.New(fault.Host, fault.Refused, "the flow was changed: the step %q, whose result is kept, is not in it any more", step.Result.Key)
		case step.Result.Key != p.course.work[i].Key:
			return fault.New(fault.Host, fault.Refused,
				"the flow was changed: where the step %q is now, the result of the step %q is kept", p.course.work[i].Key, step.Result.Key)
		}
	}
	return nil
}

// Plans makes the plans of all flows of all instances of an integration, in that order. Base is the URL before /hooks.
func Plans(of *integration.Integration, codes map[string]*script.Code, times Times, base string, connections Connections) []*Plan {
	courses := make([]*course, len(of.Flows))
	for i := range of.Flows {
		courses[i] = newCourse(&of.Flows[i], codes, times)
	}
	plans := make([]*Plan, 0, len(of.Instances)*len(of.Flows))
	for i := range of.Instances {
		for j := range of.Flows {
			target := integration.Target{Integration: of, Instance: &of.Instances[i], Flow: &of.Flows[j]}
			plans = append(plans, &Plan{Target: target, course: courses[j], context: newContextual(of, base, connections)})
		}
	}
	return plans
}

func newCourse(flow *integration.Flow, codes map[string]*script.Code, times Times) *course {
	made := &course{timeout: times.Usual, patience: times.Longest, trigger: !flow.Trigger.Code.IsZero()}
	if flow.Timeout > 0 {
		made.timeout = min(flow.Timeout, times.Longest)
		made.patience = made.timeout
	}
	var engines []string
	add := func(kind engine.Kind, key integration.StepKey, name string, code integration.Code, limit time.Duration, onError integration.OnError) {
		made.work = append(made.work, engine.Step{Key: string(key), Name: name, Entry: code.Entry, Kind: kind, Timeout: limit})
		made.pieces = append(made.pieces, piece{code: codes[code.Engine], onError: onError})
		engines = append(engines, code.Engine)
	}
	if trigger := flow.Trigger; made.trigger {
		add(engine.KindTrigger, trigger.Key, trigger.Name, trigger.Code, trigger.Timeout, integration.OnError{})
	}
	for _, step := range flow.Steps {
		add(engine.KindStep, step.Key, step.Name, step.Code, step.Timeout, step.OnError)
	}
	end := len(engines)
	for i := len(engines) - 1; i >= 0; i-- {
		if i+1 < len(engines) && engines[i] != engines[i+1] {
			end = i + 1
		}
		made.pieces[i].end = end
	}
	return made
}
