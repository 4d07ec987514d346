// Package ledger keeps what happened in a run of crashes until it is judged.
//
// Callers note what they were promised, the counter server notes the effects of steps, and whoever reads the store
// afterwards notes what became of the executions. Judge compares the three.
package ledger

import (
	"sync"
	"time"
)

// Answer is a promise: a caller was told that its event was accepted.
type Answer struct {
	Event     string
	Execution string // that the answer named
	At        time.Time
}

// Effect is one call of a step at the counter server.
type Effect struct {
	Event     string
	Execution string
	Lane      string  // of executions that may not run at the same time; empty: any may
	Number    int     // of the event in its lane; each was sent when the one before was accepted
	Step      int     // from 1
	Key       string  // the idempotency key
	Seen      []int64 // the tokens in the results of the steps before, in order
	Token     int64   // that the counter server gave; no two are equal
	At        time.Time
}

// Kept is an execution as the store has it afterwards.
type Kept struct {
	Execution string
	Status    string
	Ended     bool // nothing will happen to it any more
	Succeeded bool
	Refused   bool   // it failed before it was accepted, and its caller was told so
	Reason    string // of one that failed
}

// Record is everything that was noted, in the order in which it happened.
type Record struct {
	Steps   int // of each execution
	Answers []Answer
	Effects []Effect
	Kept    []Kept
	Odd     []string // answers that no caller should get, in words
}

// Ledger takes notes. Its methods may be called from several goroutines at once.
type Ledger struct {
	mu     sync.Mutex
	record Record
	events map[string]bool // accepted
	ended  map[string]bool // executions whose last step had its effect
}

// New makes a ledger of executions with a number of steps.
func New(steps int) *Ledger {
	return &Ledger{record: Record{Steps: steps}, events: map[string]bool{}, ended: map[string]bool{}}
}

// Answered notes a promise.
func (l *Ledger) Answered(answer Answer) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.record.Answers = append(l.record.Answers, answer)
	l.events[answer.Event] = true
}

// Done notes the effect of a step and gives the token for its result.
func (l *Ledger) Done(effect Effect) int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	effect.Token = int64(len(l.record.Effects)) + 1
	l.record.Effects = append(l.record.Effects, effect)
	if effect.Step == l.record.Steps {
		l.ended[effect.Execution] = true
	}
	return effect.Token
}

// Odd notes an answer that no caller should get.
func (l *Ledger) Odd(words string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.record.Odd = append(l.record.Odd, words)
}

// Counts gives how many events were accepted, and how many executions have come to their last step.
func (l *Ledger) Counts() (accepted, ended int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.events), len(l.ended)
}

// Record gives what was noted so far. The caller owns it.
func (l *Ledger) Record() Record {
	l.mu.Lock()
	defer l.mu.Unlock()
	made := l.record
	made.Answers = append([]Answer(nil), made.Answers...)
	made.Effects = append([]Effect(nil), made.Effects...)
	made.Odd = append([]string(nil), made.Odd...)
	return made
}
