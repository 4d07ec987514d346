package integration

import (
	"github.com/hookstep-dev/hookstep/host/integration/document"
)

func (r *reader) flows(from *document.Node) {
	if !from.Is(document.List) {
		return
	}
	if len(from.Items) == 0 {
		r.file.Errorf(from, "an integration needs a flow")
	}
	lines := map[Slug]int{}
	for _, item := range from.Items {
		flow := r.flow(item)
		if line, twice := lines[flow.Slug]; twice {
			r.file.Errorf(item.Get("name"), "flow %q has the URL name %q of the flow in line %d", flow.Name, flow.Slug, line)
			continue
		}
		if flow.Slug != "" {
			lines[flow.Slug] = flow.Line
			r.out.Flows = append(r.out.Flows, flow)
		}
	}
}

func (r *reader) flow(from *document.Node) Flow {
	name := from.Get("name")
	flow := Flow{
		Name: FlowName(name.String()), Slug: SlugOf(name.String()), Description: from.Get("description").String(),
		Synchronous: from.Get("synchronous").True(), Timeout: from.Get("timeout").Duration(), Line: from.Line,
	}
	if name.String() != "" && flow.Slug == "" {
		r.file.Errorf(name, "the name %q has no letter or digit, so there is no name for its URL", name.Text)
	}
	lines := map[StepKey]int{}
	flow.Trigger = r.trigger(from.Get("trigger"), &flow, lines)
	flow.Retry = r.flowRetry(from.Get("retry"), &flow)
	flow.Queue = r.queue(from.Get("queue"), &flow)
	flow.Dedupe = r.dedupe(from.Get("dedupe"), &flow)
	if steps := from.Get("steps"); steps.Is(document.List) {
		for _, item := range steps.Items {
			flow.Steps = append(flow.Steps, r.step(item, &flow, lines))
		}
	}
	if len(flow.Steps) == 0 && flow.Trigger.Code.IsZero() && from.Get("trigger").Get("file") == nil {
		r.file.Errorf(from, "flow %q has no code: neither steps nor a trigger with file or code", flow.Name)
	}
	return flow
}

func (r *reader) flowRetry(from *document.Node, flow *Flow) FlowRetry {
	if !from.Is(document.Map) {
		return FlowRetry{}
	}
	if flow.Synchronous {
		r.file.Errorf(from, "retry is for asynchronous flows: the caller of a synchronous one decides itself")
	}
	return FlowRetry{
		Attempts: int(from.Get("attempts").Int()), Delay: from.Get("delay").Duration(),
		Exponential: from.Get("exponential").True(), CancelKey: r.reference(from.Get("cancelKey"), flow),
	}
}

// defaultTriggerName is the name of a trigger that has none.
const defaultTriggerName = "Trigger"

func (r *reader) trigger(from *document.Node, flow *Flow, lines map[StepKey]int) Trigger {
	trigger := Trigger{
		Name: or(from.Get("name"), defaultTriggerName), APIKey: from.Get("apiKey").String() == "required",
		Secret: from.Get("endpoint").String() == "unguessable", Timeout: from.Get("timeout").Duration(), Line: flow.Line,
		On: r.on(from, flow), Schedule: r.schedule(from.Get("schedule"), flow),
	}
	if trigger.Schedule != nil && trigger.Schedule.ConfigVar == "" {
		r.scheduled[flow.Name] = r.timetable(from.Get("schedule"))
	}
	at := from
	if from != nil {
		trigger.Line = from.Line
	}
	if name := from.Get("name"); name != nil {
		at = name
	}
	trigger.Key = r.key(trigger.Name, "trigger", at, lines, trigger.Line)
	trigger.Code = r.code(from, flow.Slug, trigger.Key)
	return trigger
}

func (r *reader) step(from *document.Node, flow *Flow, lines map[StepKey]int) Step {
	name := from.Get("name")
	step := Step{
		Name: name.String(), Timeout: from.Get("timeout").Duration(), OnError: r.onError(from.Get("onError")), Line: from.Line,
	}
	if step.Name != "" {
		step.Key = r.key(step.Name, "step", name, lines, name.Line)
	}
	step.Code = r.code(from, flow.Slug, step.Key)
	if from.Is(document.Map) && from.Get("file") == nil && from.Get("code") == nil {
		r.file.Errorf(from, "step %q needs file or code", step.Name)
	}
	return step
}

// key gives the key of a name and reports a name without one, and a key that is taken.
func (r *reader) key(name, what string, at *document.Node, lines map[StepKey]int, line int) StepKey {
	stepKey := KeyOf(name)
	if stepKey == "" {
		r.file.Errorf(at, "the %s's name %q has no letter (A–Z) or digit, so there is no key for stepResults", what, name)
		return ""
	}
	if taken, twice := lines[stepKey]; twice {
		r.file.Errorf(at, "%s %q has the key %q, which the name in line %d has already; rename one of them", what, name, stepKey, taken)
		return stepKey
	}
	lines[stepKey] = line
	return stepKey
}

func (r *reader) onError(from *document.Node) OnError {
	if from == nil {
		return OnError{}
	}
	if from.Kind == document.Text {
		return OnError{Do: Action(from.Text)}
	}
	rule := OnError{
		Do: Action(from.Get("do").String()), Attempts: int(from.Get("attempts").Int()),
		Delay: from.Get("delay").Duration(), Exponential: from.Get("exponential").True(),
	}
	if rule.Do == Retry && from.Get("attempts") == nil {
		r.file.Errorf(from, "retry needs attempts, 0 to 5")
	}
	for _, name := range []string{"attempts", "delay", "exponential"} {
		if given := from.Get(name); given != nil && rule.Do != Retry {
			r.file.Errorf(given, "%s is for `do: retry`", name)
		}
	}
	return rule
}
