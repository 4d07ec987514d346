package ledger

import (
	"slices"
	"time"
)

// Kill is the end of one host, and when its next life began.
type Kill struct{ At, Restarted time.Time }

// Figures is what a run came to.
type Figures struct {
	Finished int             // events that were accepted and came to their last step
	Effects  int             // of all steps
	Repeated int             // of them, those of a step that had its effect before
	Next     []time.Duration // of each kill: from the restart to the next finished execution, of whichever host
	Moved    []time.Duration // of each kill: until all that had been accepted before was finished
	Longest  time.Duration   // from acceptance to the last step, of any execution
}

// span is an execution's time, from its acceptance to the effect of its last step.
type span struct{ accepted, ended time.Time }

// Measure reads the figures off a record.
func Measure(record *Record, kills []Kill) Figures {
	spans, repeated := spansOf(record)
	made := Figures{Finished: len(spans), Effects: len(record.Effects), Repeated: repeated}
	ends := make([]time.Time, 0, len(spans))
	for _, each := range spans {
		made.Longest = max(made.Longest, each.ended.Sub(each.accepted))
		ends = append(ends, each.ended)
	}
	slices.SortFunc(ends, time.Time.Compare)
	for _, done := range kills {
		if at, _ := slices.BinarySearchFunc(ends, done.Restarted, time.Time.Compare); at < len(ends) {
			made.Next = append(made.Next, ends[at].Sub(done.Restarted))
		}
		made.Moved = append(made.Moved, movedAfter(spans, done.At))
	}
	return made
}

// spansOf gives the executions that were accepted and came to their end, and how many effects were repeats.
func spansOf(record *Record) (spans []span, repeated int) {
	type step struct {
		execution string
		number    int
	}
	first := map[step]time.Time{}
	for _, effect := range record.Effects {
		here := step{effect.Execution, effect.Step}
		if _, known := first[here]; known {
			repeated++
			continue
		}
		first[here] = effect.At
	}
	told := map[string]bool{}
	for _, answer := range record.Answers {
		ended, known := first[step{answer.Execution, record.Steps}]
		if known && !told[answer.Execution] {
			told[answer.Execution] = true
			spans = append(spans, span{answer.At, ended})
		}
	}
	return spans, repeated
}

// movedAfter is how long after a kill the last of what had been accepted before had ended.
func movedAfter(spans []span, kill time.Time) time.Duration {
	var longest time.Duration
	for _, each := range spans {
		if each.accepted.Before(kill) {
			longest = max(longest, each.ended.Sub(kill))
		}
	}
	return longest
}
