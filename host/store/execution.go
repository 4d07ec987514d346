package store

import (
	"context"
	"time"

	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/sdk/engine"
	"github.com/hookstep-dev/hookstep/sdk/fault"
	"github.com/hookstep-dev/hookstep/sdk/hostapi"
	"github.com/hookstep-dev/hookstep/sdk/value"
)

// Executions is the durable queue.
type Executions interface {
	Intake
	Claims
}

// Intake takes executions in.
type Intake interface {
	// Accept keeps an execution, its dedupe key, its place in its lanes and its job in one transaction. What an accepted execution's
	// Input points at is not to be changed any more: its first claim may have the same.
	Accept(ctx context.Context, asked *Acceptance) (Accepted, error)
	// Reserve keeps the dedupe key of a synchronous execution before it runs, and the execution as Running. Record ends it; if the
	// host dies before, the execution fails with WorkerLost and the key is free again.
	Reserve(ctx context.Context, asked *Acceptance) (Accepted, error)
	// Answer gives what the first execution of a key answered: ErrConflict while it runs, ErrNotFound when the key is free.
	Answer(ctx context.Context, flow Flow, key string) (integration.ExecutionID, *integration.Response, error)
	// Record keeps synchronous executions that have ended, in one transaction. One that is kept as ended already stays as it is: a caller
	// who does not know whether a call was kept makes it again.
	Record(ctx context.Context, ended []*Recording) error
	// Cancel ends an execution that waits and stops one that runs, on whichever host. ErrConflict when it has ended, and for one that Reserve
	// kept: its caller waits for it.
	Cancel(ctx context.Context, id integration.ExecutionID, why *fault.Fault) error
}

// Claims gives executions to workers and takes what became of them.
type Claims interface {
	// Work hands executions that are due to take, each in a goroutine of its own and at most slots at once, until ctx ends; then it
	// waits for those under way and returns. Instances take turns, so that one with many does not hold up the others; within
	// an instance the oldest comes first. The ctx of take ends, with a fault of the code Canceled as its cause, when the execution
	// is cancelled or no longer this host's; it does not end with the ctx of Work. When take returns without having
	// finished or postponed its claim, the execution is given out again after a pause.
	Work(ctx context.Context, slots int, take func(ctx context.Context, claim *Claim)) error
	// Commit keeps the result of a step and the log up to it. ErrLost if the claim is not the caller's any more. What is kept
	// already stays as it is: a caller to whom the store was Unavailable does not know, and makes the same call again. So it
	// is with Finish and Postpone.
	Commit(ctx context.Context, claim *Claim, step *Step, logs []hostapi.Line) error
	// Log keeps lines of a claimed execution, so that they can be followed while a step runs.
	Log(ctx context.Context, claim *Claim, lines []hostapi.Line) error
	// Finish ends a claimed execution and lets the next of its lanes go. ErrLost as for Commit. A fault of the code ResultSize says
	// that the states would be over their ceiling: nothing is kept, and the caller finishes with that fault instead.
	Finish(ctx context.Context, claim *Claim, end *End) error
	// Postpone gives a claimed execution back until a time. It keeps its lanes.
	Postpone(ctx context.Context, claim *Claim, wait *Postponement) error
}

// Status is where an execution is.
type Status string

// The statuses. Those from Succeeded on are ends.
const (
	Held       Status = "held"        // waits for a place in a lane
	Queued     Status = "queued"      // waits for a worker
	Running    Status = "running"     //
	Waiting    Status = "waiting"     // for its next try, or its time
	Succeeded  Status = "succeeded"   //
	Failed     Status = "failed"      // and its caller was told
	DeadLetter Status = "dead-letter" // asynchronous, failed for good: waits for somebody to replay it
	Rejected   Status = "rejected"    // by its trigger
	Canceled   Status = "canceled"    //
)

// Statuses lists all, in the order of an execution's life.
func Statuses() []Status {
	return []Status{Held, Queued, Running, Waiting, Succeeded, Failed, DeadLetter, Rejected, Canceled}
}

// Ended tells whether nothing will happen to the execution any more.
func (s Status) Ended() bool {
	switch s {
	case Held, Queued, Running, Waiting:
		return false
	default:
		return true
	}
}

// EndOf is the status of an execution that came to an outcome and is not tried again: Succeeded, Rejected or Failed.
func EndOf(outcome *integration.Outcome) Status {
	switch {
	case outcome.Fault != nil:
		return Failed
	case outcome.Trigger != nil && outcome.Trigger.Response.Rejected():
		return Rejected
	}
	return Succeeded
}

// Source is what started an execution.
type Source string

// The sources.
const (
	Webhook  Source = "webhook"
	Schedule Source = "schedule"
	Invoke   Source = "invoke" // a sibling flow
	Replay   Source = "replay"
	Deploy   Source = "deploy" // the instance was deployed
	Remove   Source = "remove" // the instance was removed
)

// Execution is the narrow row of one execution.
type Execution struct {
	ID          integration.ExecutionID
	Flow        Flow
	Status      Status
	Source      Source
	Synchronous bool
	StartedAt   time.Time               // when it was accepted, to the millisecond
	EndedAt     time.Time               // zero until then
	Due         time.Time               // of Waiting: when it goes on
	Elapsed     time.Duration           // that code ran, all tries together
	Attempt     int                     // repeats of the whole execution so far, by the flow's retry
	Losses      int                     // times in a row that its engine process was lost without a step done
	StepsDone   int                     // steps whose results are kept, the trigger's code among them
	Fault       *fault.Fault            // of the last try that failed; stack and causes are in the detail only
	ReplayOf    integration.ExecutionID // 0: none
	ReplayedAs  integration.ExecutionID // the newest replay of it, kept by the Accept of that one; 0: none
}

// Input is what started an execution, as it came.
type Input struct {
	Request      *integration.Request
	PathFragment string
	Data         *value.Value // of invokeFlow: what the sibling was given, instead of the request's body; nil otherwise
	Frame        []byte       // JSON of executionFrame; nil unless a sibling flow started it
	Depth        int          // how many flows called each other to get here
}

// Step is the kept result of one step.
type Step struct {
	Position int               // in the flow, from 0; the trigger's code is first if it has any
	Result   engine.StepResult // with its Fault if that was ignored, or was the end
	Tries    int               // repeats of the step by its onError
	Ignored  bool              // it failed, and its onError ignored that
	EndedAt  time.Time
}

// Lane holds at most Limit executions at once; the others wait in the order of their ids.
type Lane struct {
	Key   string // unique in the database; whoever makes it puts the flow or instance into it
	Limit int    // at least 1; the newest one asked for holds
	Skip  bool   // with no place free, the execution is not accepted at all
}

// Dedupe lets only one execution of a flow come of a key.
type Dedupe struct {
	Key string        // any text; within the flow of the instance
	For time.Duration // from the start of the execution, and as long as a synchronous one runs
}

// Acceptance asks for an execution to be kept and run.
type Acceptance struct {
	ID        integration.ExecutionID
	Flow      Flow
	Source    Source
	StartedAt time.Time
	Input     *Input
	Done      []Step                  // results that are there already: of the trigger's code; of a replay, of the steps before it
	Logs      []hostapi.Line          // of the trigger's code
	Due       time.Time               // not before; zero: at once
	Lanes     []Lane                  // taken one after the other; all who share two of them name them in the same order
	Dedupe    *Dedupe                 // nil: none
	Answer    *integration.Response   // what the caller is told, for duplicates; nil for Reserve
	CancelKey string                  // ends older executions of the flow with the same key that wait for their next try; empty: none
	ReplayOf  integration.ExecutionID // becomes ReplayedAs of the execution that it names, in the same transaction
	Fire      *Fire                   // nil unless a schedule started it
}

// Fire moves a schedule on in the transaction that accepts its execution.
type Fire struct {
	Schedule ScheduleName
	At       time.Time // the time that is due: if the schedule stands elsewhere by now, nothing is accepted
	Next     time.Time // zero: never again
}

// Accepted is what became of an Acceptance.
type Accepted struct {
	// Duplicate is the first execution of the same dedupe key, and First what its caller was told: nil while it runs. Nothing was kept.
	Duplicate integration.ExecutionID
	First     *integration.Response
	// Skipped says that nothing was kept: a lane with Skip was full (a Fire still moves its schedule on then), or the
	// schedule stood elsewhere than at the Fire's time.
	Skipped bool
}

// Recording is a synchronous execution that has ended.
type Recording struct {
	Execution Execution
	Input     *Input                // nil when it was dropped under load
	Steps     []Step                // nil likewise
	Logs      []hostapi.Line        //
	States    []StateChange         // only with a Succeeded execution
	Reserved  *Dedupe               // of an execution that Reserve kept
	Answer    *integration.Response // for duplicates, with Reserved; nil frees the key: the next with it is a first one
}

// Claim is one execution in this host's hands.
type Claim struct {
	Execution Execution
	Input     *Input
	Done      []Step // in order, without gaps
	Epoch     int64  // of this claim; another claim of the execution has another
}

// End is how a claimed execution ends.
type End struct {
	Status  Status
	Fault   *fault.Fault // nil for Succeeded
	Last    *Step        // the last step's result, if it is not committed yet
	Logs    []hostapi.Line
	States  []StateChange // only with Succeeded
	Elapsed time.Duration // of this claim
	At      time.Time
}

// Postponement is why and until when a claimed execution waits.
type Postponement struct {
	Until   time.Time
	Fault   *fault.Fault // of the try that failed
	Retry   bool         // it counts as an Attempt; otherwise as one of the Losses, unless Idle
	Idle    bool         // nothing ran, for want of a place: it counts as neither
	Logs    []hostapi.Line
	Elapsed time.Duration
}
