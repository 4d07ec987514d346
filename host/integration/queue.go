package integration

import (
	"slices"

	"github.com/hookstep-dev/hookstep/host/integration/document"
)

// queue reads how many executions of a flow run at once.
func (r *reader) queue(from *document.Node, flow *Flow) Queue {
	if from == nil {
		return Queue{}
	}
	if flow.Synchronous {
		r.file.Errorf(from, "queue is for asynchronous flows: an execution whose caller waits cannot wait for others")
	}
	mode, limit, key := from.String(), from.Get("limit"), from.Get("key")
	if from.Is(document.Map) {
		mode = r.modeOf(from)
	}
	read := Queue{Limit: int(limit.Int()), Key: r.reference(key, flow)}
	switch {
	case mode == "throttled" && limit == nil:
		r.file.Errorf(from, "throttled needs a limit, as in {mode: throttled, limit: 5}")
	case mode == "sequential" && limit != nil:
		r.file.Errorf(limit, "limit is for `mode: throttled`; sequential ones run one at a time")
	case mode == "parallel" && key != nil:
		r.file.Errorf(key, "key is for `mode: sequential` and `mode: throttled`; parallel ones wait for nothing")
	case mode == "parallel" && limit != nil:
		r.file.Errorf(limit, "limit is for `mode: throttled`; parallel ones have none")
	case mode == "sequential":
		read.Limit = 1
	}
	return read
}

// modeOf gives the mode of a mapping, which need not be written: with a limit it is throttled, with a key alone sequential.
func (r *reader) modeOf(from *document.Node) string {
	switch {
	case from.Get("mode") != nil:
		return from.Get("mode").String()
	case from.Get("limit") != nil:
		return "throttled"
	case from.Get("key") != nil:
		return "sequential"
	}
	r.file.Errorf(from, "queue needs a mode, a limit or a key")
	return ""
}

func (r *reader) dedupe(from *document.Node, flow *Flow) Dedupe {
	if !from.Is(document.Map) {
		return Dedupe{}
	}
	read := Dedupe{Key: r.reference(from.Get("key"), flow), For: DedupeFor}
	if given := from.Get("for"); given != nil {
		read.For = given.Duration()
		if _, ok := document.ParseDuration(given.String()); ok && read.For <= 0 {
			r.file.Errorf(given, "a key that is kept for no time finds no duplicate")
		}
	}
	if read.Key.IsZero() {
		return Dedupe{}
	}
	return read
}

// on reads what starts a flow besides webhooks.
func (r *reader) on(from *document.Node, flow *Flow) Event {
	event := Event(or(from.Get("on"), string(OnWebhook)))
	if event == OnWebhook {
		return event
	}
	if flow.Synchronous {
		r.file.Errorf(from.Get("on"), "nobody waits for the result of a flow that a deployment starts: leave `synchronous` out")
	}
	if from.Get("schedule") != nil {
		r.file.Errorf(from.Get("on"), "a flow is started by its schedule or by `on: %s`; make two flows", event)
	}
	return event
}

// schedule reads when a flow starts by itself.
func (r *reader) schedule(from *document.Node, flow *Flow) *Schedule {
	if from == nil {
		return nil
	}
	if flow.Synchronous {
		r.file.Errorf(from, "nobody waits for the result of a flow that a schedule starts: leave `synchronous` out")
	}
	if !from.Is(document.Map) {
		return nil
	}
	read := &Schedule{
		ConfigVar: from.Get("configVar").String(), Missed: Missed(or(from.Get("missed"), string(SkipMissed))), Singleton: from.Get("singleton").True(),
	}
	given := 0
	for _, name := range []string{"cron", "every", "at", "configVar"} {
		if from.Get(name) != nil {
			given++
		}
	}
	if given != 1 {
		r.file.Errorf(from, "a schedule needs one of cron, every, at and configVar")
		return nil
	}
	if read.ConfigVar != "" {
		r.scheduleVar(from)
	}
	return read
}

// scheduleVar reports a config variable that is not there, or is no schedule.
func (r *reader) scheduleVar(from *document.Node) {
	at := from.Get("configVar")
	if zone := from.Get("timeZone"); zone != nil {
		r.file.Errorf(zone, "timeZone is for cron and at; the config variable says its own")
	}
	var names []string
	for _, variable := range r.out.ConfigVars {
		switch {
		case variable.Name == at.Text && variable.Type == VarSchedule:
			return
		case variable.Name == at.Text:
			r.file.Errorf(at, "config variable %q is a %s, no schedule", at.Text, variable.Type)
			return
		case variable.Type == VarSchedule:
			names = append(names, variable.Name)
		}
	}
	r.file.Errorf(at, "there is no config variable %q of type schedule%s", at.Text, document.DidYouMean(at.Text, names))
}

// limitOf gives the limit of an instance: its own, else its integration's.
func limitOf(file, instance *document.Node) int {
	queues := []*document.Node{instance.Get("queue"), file.Get("queue")}
	i := slices.IndexFunc(queues, func(queue *document.Node) bool { return queue != nil })
	if i < 0 {
		return 0
	}
	return int(queues[i].Get("limit").Int())
}
