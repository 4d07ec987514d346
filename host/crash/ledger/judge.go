package ledger

import (
	"fmt"
	"slices"
)

// Violation is a promise that was not kept.
type Violation struct {
	Rule      string
	Execution string // empty if it is of none
	Text      string
}

// String is one line for people.
func (v Violation) String() string {
	if v.Execution == "" {
		return v.Rule + ": " + v.Text
	}
	return v.Rule + ": " + v.Execution + ": " + v.Text
}

// The rules.
const (
	Lost     = "lost"     // accepted, and not finished
	Failed   = "failed"   // finished, but not well
	Twice    = "twice"    // two executions of one dedupe key
	Skipped  = "skipped"  // a step without its effect
	Unknown  = "unknown"  // an effect of an execution that the store does not have
	Repeated = "repeated" // a step ran again after it was committed
	Order    = "order"    // a step ran before the one before it
	Result   = "result"   // a step saw another result than the one that was committed
	Key      = "key"      // an idempotency key that does not tell repeats
	Lane     = "lane"     // two executions of one lane at the same time, or in the wrong order
	Odd      = "answer"   // an answer that no caller should get
)

// Judge gives every violation in a record, in a stable order.
func Judge(record *Record) []Violation {
	court := newCourt(record)
	court.promises()
	court.store()
	for _, execution := range court.order {
		court.steps(execution, court.trails[execution])
	}
	court.keys()
	court.lanes()
	for _, words := range record.Odd {
		court.addf(Odd, "", "%s", words)
	}
	return court.found
}

// court is one judgement.
type court struct {
	record *Record
	kept   map[string]Kept
	events map[string]string   // first execution that was named for an event, by a promise or an effect
	trails map[string][]Effect // by execution, in order
	order  []string            // executions with effects, by their first
	found  []Violation
}

func newCourt(record *Record) *court {
	made := &court{record: record, kept: map[string]Kept{}, events: map[string]string{}, trails: map[string][]Effect{}}
	for _, each := range record.Kept {
		made.kept[each.Execution] = each
	}
	for _, effect := range record.Effects {
		if made.trails[effect.Execution] == nil {
			made.order = append(made.order, effect.Execution)
		}
		made.trails[effect.Execution] = append(made.trails[effect.Execution], effect)
	}
	return made
}

func (c *court) addf(rule, execution, format string, args ...any) {
	c.found = append(c.found, Violation{rule, execution, fmt.Sprintf(format, args...)})
}

// promises holds that every accepted event has one execution, and that it is finished.
func (c *court) promises() {
	for _, answer := range c.record.Answers {
		first, known := c.events[answer.Event]
		switch {
		case !known:
			c.events[answer.Event] = answer.Execution
			c.finished(answer)
		case first != answer.Execution:
			c.addf(Twice, answer.Execution, "event %s was accepted as %s before", answer.Event, first)
		}
	}
	for _, execution := range c.order {
		event := c.trails[execution][0].Event
		first, known := c.events[event]
		switch {
		case !known:
			c.addf(Unknown, execution, "its event %s was never accepted", event)
		case first != execution:
			c.addf(Twice, execution, "event %s was accepted as %s, and this one ran too", event, first)
		}
	}
}

func (c *court) finished(answer Answer) {
	kept, known := c.kept[answer.Execution]
	switch {
	case !known:
		c.addf(Lost, answer.Execution, "event %s was accepted, but the store does not know the execution", answer.Event)
	case !kept.Ended:
		c.addf(Lost, answer.Execution, "event %s was accepted, but the execution is still %s", answer.Event, kept.Status)
	case !kept.Succeeded:
		c.addf(Failed, answer.Execution, "event %s ended as %s: %s", answer.Event, kept.Status, kept.Reason)
	}
}

// store holds that there is no execution but those that were promised. What was refused may be kept for operators to look
// at, if none of its steps ran.
func (c *court) store() {
	promised := make(map[string]bool, len(c.events))
	for _, execution := range c.events {
		promised[execution] = true
	}
	times := map[string]int{}
	for _, kept := range c.record.Kept {
		if times[kept.Execution]++; times[kept.Execution] == 2 {
			c.addf(Twice, kept.Execution, "the store lists it twice")
		}
		if refused := kept.Refused && c.trails[kept.Execution] == nil; !promised[kept.Execution] && !refused {
			c.addf(Twice, kept.Execution, "no caller was told of it, and every event has its execution")
		}
		if c.trails[kept.Execution] == nil && kept.Succeeded {
			c.addf(Skipped, kept.Execution, "it succeeded, but no step had an effect")
		}
	}
	for _, execution := range c.order {
		if _, known := c.kept[execution]; !known {
			c.addf(Unknown, execution, "it had effects, but the store does not know it")
		}
	}
}

// steps holds the order of one execution: each step after the one before, none again once a later one was seen, and
// each with the results that were committed before it.
func (c *court) steps(execution string, trail []Effect) {
	last := make([]int64, c.record.Steps) // token of the newest call of each step
	reached := 0
	for _, effect := range trail {
		switch {
		case effect.Step < 1 || effect.Step > c.record.Steps:
			c.addf(Order, execution, "there is no step %d", effect.Step)
			continue
		case effect.Step > reached+1:
			c.addf(Order, execution, "step %d ran before step %d", effect.Step, effect.Step-1)
		case effect.Step < reached:
			c.addf(Repeated, execution, "step %d ran again after step %d had begun", effect.Step, reached)
		}
		reached = max(reached, effect.Step)
		if want := last[:effect.Step-1]; !slices.Equal(effect.Seen, want) {
			c.addf(Result, execution, "step %d saw the results %v, committed were %v", effect.Step, effect.Seen, want)
		}
		last[effect.Step-1] = effect.Token
	}
	if c.kept[execution].Succeeded {
		for i, token := range last {
			if token == 0 {
				c.addf(Skipped, execution, "it succeeded, but step %d had no effect", i+1)
			}
		}
	}
}

// keys holds that all calls of a step of an execution carry one key, and no others do.
func (c *court) keys() {
	type place struct {
		execution string
		step      int
	}
	keys, owners := map[place]string{}, map[string]place{}
	for _, effect := range c.record.Effects {
		here := place{effect.Execution, effect.Step}
		known, repeat := keys[here]
		owner, taken := owners[effect.Key]
		switch {
		case effect.Key == "":
			c.addf(Key, effect.Execution, "step %d has none", effect.Step)
		case repeat && known != effect.Key:
			c.addf(Key, effect.Execution, "step %d had %q first and %q when it was repeated", effect.Step, known, effect.Key)
		case taken && owner != here:
			c.addf(Key, effect.Execution, "step %d has %q, the key of step %d of %s", effect.Step, effect.Key, owner.step, owner.execution)
		}
		if !repeat {
			keys[here] = effect.Key
		}
		if !taken {
			owners[effect.Key] = here
		}
	}
}

// lanes holds that executions of a lane ran one after the other, as they were sent. Ids of one millisecond and two hosts
// may be the other way round than they were sent: the lane goes by the ids.
func (c *court) lanes() {
	type turn struct {
		execution string
		number    int
	}
	now := map[string]turn{}
	over := map[string]bool{}
	for _, effect := range c.record.Effects {
		before, begun := now[effect.Lane]
		if effect.Lane == "" || begun && before.execution == effect.Execution {
			continue
		}
		if begun {
			over[before.execution] = true
		}
		switch {
		case over[effect.Execution]:
			c.addf(Lane, effect.Execution, "step %d ran after %s of lane %s had begun", effect.Step, before.execution, effect.Lane)
		case effect.Number < before.number && effect.Execution < before.execution:
			c.addf(Lane, effect.Execution, "number %d of lane %s came after number %d", effect.Number, effect.Lane, before.number)
		}
		now[effect.Lane] = turn{effect.Execution, effect.Number}
	}
}
