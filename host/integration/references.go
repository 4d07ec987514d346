package integration

import (
	"fmt"
	"slices"

	"github.com/hookstep-dev/hookstep/host/integration/document"
	"github.com/hookstep-dev/hookstep/host/integration/reference"
)

// place is a step of a flow, as a user of a source.
type place struct {
	flow *Flow
	step int
}

// references reports names in the steps' code that stand for no earlier step. A file that several steps share is only at
// fault for a key that none of them has before it.
func (r *reader) references() {
	users := map[string][]place{}
	var entries []string
	for i := range r.out.Flows {
		flow := &r.out.Flows[i]
		for step := range flow.Steps {
			entry := flow.Steps[step].Code.Entry
			if entry == "" {
				continue
			}
			if users[entry] == nil {
				entries = append(entries, entry)
			}
			users[entry] = append(users[entry], place{flow, step})
		}
	}
	for _, entry := range entries {
		if source := r.source(entry); source != nil {
			r.referencesOf(source, users[entry])
		}
	}
}

func (r *reader) referencesOf(source *SourceFile, users []place) {
	for _, found := range reference.Find(source.Engine, source.Content) {
		key := StepKey(found.Key)
		if slices.ContainsFunc(users, func(user place) bool { return slices.Contains(user.earlier(), found.Key) }) {
			continue
		}
		severity := document.Warning
		if found.Needed {
			severity = document.Error
		}
		file, line, column := r.out.Position(source.Path, found.Line, found.Column)
		r.others = append(r.others, Problem{
			File: file, Line: line, Column: column, Severity: severity, Message: users[0].explain(key),
		})
	}
}

// earlier lists the keys that the step finds in its step results.
func (p place) earlier() []string {
	keys := []string{string(p.flow.Trigger.Key)}
	for _, step := range p.flow.Steps[:p.step] {
		keys = append(keys, string(step.Key))
	}
	return keys
}

func (p place) explain(key StepKey) string {
	for i, step := range p.flow.Steps[p.step:] {
		switch {
		case step.Key == key && i == 0:
			return fmt.Sprintf("%q is this step itself; its results are there for later steps only", key)
		case step.Key == key:
			return fmt.Sprintf("%q is the key of step %q (line %d), which runs later", key, step.Name, step.Line)
		}
	}
	return fmt.Sprintf("no earlier step of flow %q has the key %q%s", p.flow.Name, key, document.DidYouMean(string(key), p.earlier()))
}
