package queue

import (
	"time"

	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/script"
	"github.com/hookstep-dev/hookstep/host/store"
	"github.com/hookstep-dev/hookstep/sdk/fault"
)

const (
	longestWait  = 24 * time.Hour
	spread       = 0.2             // part of a pause that chance may add to it
	maxLosses    = 10              // in a row without a step done
	longestPause = 5 * time.Minute // after a loss
	firstPause   = time.Second     // after the second loss; the first one is not waited for
	idlePause    = time.Second     // for a place in an engine process
)

// Failure is how a try of a claimed execution went wrong.
type Failure struct {
	Fault    *fault.Fault
	Progress bool // a step was done in it
	Absent   bool // this host does not have the flow
}

// Next decides how an execution goes on after a failed try at a moment. Random gives a number from 0 to below 1 and spreads
// what failed at once over time. First rule that fits:
//
//   - no place in an engine process: soon, and it counts as nothing, because nothing ran
//   - the engine process was lost, or the flow is not here: at once the first time where that may help, then after pauses that
//     double from 1 s to 5 min, ten times in a row without a step done
//   - all else: after the flow's retry delay (doubled with each attempt if it is exponential), or what the fault's RetryAfter
//     asks for if that is longer, at most 24 h, and at most as often as the flow says
//
// With a nil postponement it has failed for good, of the fault.
func Next(retry integration.FlowRetry, of *store.Execution, failed Failure, now time.Time, random func() float64) (*store.Postponement, *fault.Fault) {
	switch {
	case isIdle(failed.Fault):
		pause := max(failed.Fault.RetryAfter, idlePause)
		return &store.Postponement{Until: now.Add(spreadOut(pause, random)), Fault: failed.Fault, Idle: true}, nil
	case failed.Absent, script.Lost(failed.Fault):
		return afterLoss(of, failed, now, random)
	case of.Attempt >= retry.Attempts:
		return nil, failed.Fault
	}
	pause := min(max(Delay(retry, of.Attempt+1), failed.Fault.RetryAfter), longestWait)
	return &store.Postponement{Until: now.Add(spreadOut(pause, random)), Fault: failed.Fault, Retry: true}, nil
}

// Delay before the repeat of a number, from 1, without what chance adds.
func Delay(retry integration.FlowRetry, number int) time.Duration {
	pause := min(retry.Delay, longestWait)
	for range number - 1 {
		if retry.Exponential {
			pause = min(2*pause, longestWait)
		}
	}
	return pause
}

// isIdle tells that no code ran because its process had no place. A fault with a step is one that code passed on.
func isIdle(of *fault.Fault) bool { return of.Code == fault.Overloaded && of.Step == "" }

func afterLoss(of *store.Execution, failed Failure, now time.Time, random func() float64) (*store.Postponement, *fault.Fault) {
	losses := of.Losses
	if failed.Progress {
		losses = 0
	}
	if losses >= maxLosses {
		return nil, givenUp(failed.Fault)
	}
	pause := max(lossPause(losses, failed.Absent), min(failed.Fault.RetryAfter, longestPause))
	return &store.Postponement{Until: now.Add(spreadOut(pause, random)), Fault: failed.Fault}, nil
}

// lossPause is how long to wait after as many losses before this one.
func lossPause(losses int, absent bool) time.Duration {
	if losses == 0 && !absent {
		return 0
	}
	pause := firstPause
	for range losses - 1 {
		pause = min(2*pause, longestPause)
	}
	return pause
}

func givenUp(last *fault.Fault) *fault.Fault {
	made := *last
	made.Message = "given up after 10 tries in a row in which no step was done: " + last.Message
	return &made
}

func spreadOut(pause time.Duration, random func() float64) time.Duration {
	return min(pause+time.Duration(spread*random()*float64(pause)), longestWait)
}
