package steps

import (
	"sync"
	"time"

	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/script"
	"github.com/hookstep-dev/hookstep/sdk/engine"
)

// Plan is a flow of one instance, made ready to run. It does not change.
type Plan struct {
	Target  integration.Target // without a path fragment
	course  *course
	context func() ([]byte, error) // JSON of the context's constant part, made when it is first asked for
}

// course is the work of a flow, which its instances share: the trigger's code, if it has any, before the steps.
type course struct {
	work    []engine.Step
	pieces  []piece // beside work
	trigger bool    // the first piece is the trigger's code
	timeout time.Duration
}

// piece is what the host knows of one engine.Step.
type piece struct {
	code    *script.Code
	onError integration.OnError
	end     int // index after the last piece of the stretch of one engine that this piece is in
}

// Times limit executions.
type Times struct {
	Usual   time.Duration // of a flow that does not say
	Longest time.Duration // of any flow, whatever it says
}

// Plans makes the plans of all flows of all instances of an integration, in that order. Base is the URL before /hooks.
func Plans(of *integration.Integration, codes map[string]*script.Code, times Times, base string) []*Plan {
	courses := make([]*course, len(of.Flows))
	for i := range of.Flows {
		courses[i] = newCourse(&of.Flows[i], codes, times)
	}
	plans := make([]*Plan, 0, len(of.Instances)*len(of.Flows))
	for i := range of.Instances {
		for j := range of.Flows {
			target := integration.Target{Integration: of, Instance: &of.Instances[i], Flow: &of.Flows[j]}
			plans = append(plans, &Plan{Target: target, course: courses[j], context: sync.OnceValues(func() ([]byte, error) {
				return integration.ContextJSON(of, target.Instance, target.Flow, base)
			})})
		}
	}
	return plans
}

func newCourse(flow *integration.Flow, codes map[string]*script.Code, times Times) *course {
	made := &course{timeout: times.Usual, trigger: !flow.Trigger.Code.IsZero()}
	if flow.Timeout > 0 {
		made.timeout = min(flow.Timeout, times.Longest)
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
