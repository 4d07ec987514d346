package pipeline

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/queue"
	"github.com/hookstep-dev/hookstep/host/scope"
	"github.com/hookstep-dev/hookstep/host/steps"
	"github.com/hookstep-dev/hookstep/host/store"
	"github.com/hookstep-dev/hookstep/sdk/fault"
	"github.com/hookstep-dev/hookstep/sdk/hostapi"
)

const (
	logEvery    = time.Second            // how long lines of a running step wait to be kept
	firstRepeat = 100 * time.Millisecond // before the store is asked again; doubled up to lastRepeat
	lastRepeat  = 5 * time.Second
)

// try is one run of a claimed execution, from its last kept step as far as it comes.
type try struct {
	pipeline  *Pipeline
	claim     *store.Claim
	cut       <-chan struct{} // closed when the host cuts off what runs
	execution *integration.Execution
	host      *scope.Scope // nil before there is code to run

	mu     sync.Mutex // held while lines are on their way, so that pieces of the log keep their order
	unsent []hostapi.Line
	unkept error // of a step that the store did not take
}

// job goes on from the last kept step.
func (t *try) job(in *entry) steps.Job {
	job := in.job()
	job.Done, job.Keep = t.claim.Done, t.commit
	return job
}

// commit keeps a step's result and the log up to it.
func (t *try) commit(ctx context.Context, step *store.Step) error {
	t.unkept = t.withLines(ctx, func(lines []hostapi.Line) error {
		return t.pipeline.rooms.Store.Commit(ctx, t.claim, step, lines)
	})
	return t.unkept
}

// settle keeps what became of the execution. Of one that is cancelled or in other hands nothing is to be kept; one that the
// host's end cut off, or whose results the store would not take, is given out again.
func (t *try) settle(ctx context.Context, ended *steps.Ended) {
	outcome := t.thisRun(ended)
	failed := outcome.Fault
	switch {
	case ctx.Err() != nil, errors.Is(t.unkept, store.ErrLost):
		t.log(ctx, slog.LevelInfo, "execution is in other hands, or cancelled", context.Cause(ctx))
	case failed == nil:
		t.end(ctx, outcome, &store.End{Status: store.EndOf(ended.Outcome), Last: ended.Last(), States: ended.States})
	case t.isCut(), fault.Is(t.unkept, fault.Unavailable), isStores(failed):
		t.log(ctx, slog.LevelWarn, "execution is cut off and goes on later", failed)
		t.mu.Lock()
		defer t.mu.Unlock()
		t.flush(ctx)
	default:
		last := ended.Last()
		if t.unkept != nil { // the store refuses that one
			last = nil
		}
		t.failed(ctx, outcome, queue.Failure{Fault: failed, Progress: ended.Kept > len(t.claim.Done)}, last)
	}
}

func (t *try) isCut() bool {
	select {
	case <-t.cut:
		return true
	default:
		return false
	}
}

// isStores tells the fault of a store that could not be read.
func isStores(of *fault.Fault) bool {
	return of.Source == fault.Host && of.Code == fault.Unavailable && of.Step == ""
}

// thisRun is the outcome with the steps of this run only.
func (t *try) thisRun(ended *steps.Ended) *integration.Outcome {
	outcome := *ended.Outcome
	if skip := len(t.claim.Done); skip > 0 {
		if outcome.Trigger != nil {
			outcome.Trigger = nil
			skip--
		}
		outcome.Steps = outcome.Steps[min(skip, len(outcome.Steps)):]
	}
	return &outcome
}

// failed has the execution tried again, or ends it for good.
func (t *try) failed(ctx context.Context, outcome *integration.Outcome, failure queue.Failure, last *store.Step) {
	rooms := &t.pipeline.rooms
	var retry integration.FlowRetry
	if flow := t.execution.Target.Flow; flow != nil {
		retry = flow.Retry
	}
	wait, final := queue.Next(retry, &t.claim.Execution, failure, rooms.Now(), rooms.Random)
	if wait == nil {
		outcome.Fault = final
		t.end(ctx, outcome, &store.End{Status: store.DeadLetter, Fault: final, Last: last})
		return
	}
	outcome.Fault, wait.Elapsed = failure.Fault, outcome.Elapsed
	err := t.withLines(ctx, func(lines []hostapi.Line) error {
		wait.Logs = lines
		return rooms.Store.Postpone(ctx, t.claim, wait)
	})
	t.told(ctx, outcome, store.Waiting, err)
}

// end keeps the end of the execution. States that are too large by now make it a failure. An end that the store refuses, though it
// is there, is kept without what came of the code: nothing would be better the next time, and its last step would run for ever.
func (t *try) end(ctx context.Context, outcome *integration.Outcome, end *store.End) {
	end.Elapsed = outcome.Elapsed
	err := t.withLines(ctx, func(lines []hostapi.Line) error {
		end.Logs, end.At = lines, t.pipeline.rooms.Now()
		return t.pipeline.rooms.Store.Finish(ctx, t.claim, end)
	})
	if end.Status == store.Succeeded && fault.Is(err, fault.ResultSize) {
		t.failed(ctx, outcome, queue.Failure{Fault: fault.As(err, fault.Host), Progress: true}, end.Last)
		return
	}
	if isRefusal(err) && (end.Last != nil || end.Status != store.DeadLetter) {
		t.log(ctx, slog.LevelError, "the end of an execution was refused", err)
		outcome.Fault = fault.As(err, fault.Host)
		t.end(ctx, outcome, &store.End{Status: store.DeadLetter, Fault: outcome.Fault})
		return
	}
	t.told(ctx, outcome, end.Status, err)
}

// isRefusal tells the error of a store that is there, about what it was asked to keep for an execution that is still this host's.
func isRefusal(err error) bool {
	return err != nil && !errors.Is(err, store.ErrLost) && !fault.Is(err, fault.Unavailable) && !fault.Is(err, fault.Canceled)
}

// told tells what became of the run, or why nothing of it was kept.
func (t *try) told(ctx context.Context, outcome *integration.Outcome, status store.Status, err error) {
	switch {
	case err == nil:
		t.pipeline.rooms.Watch.Tried(t.execution, outcome, status)
	case errors.Is(err, store.ErrLost):
		t.log(ctx, slog.LevelInfo, "execution is in other hands, or cancelled", err)
	default:
		t.log(ctx, slog.LevelError, "the end of an execution was not kept; it goes on later", err)
	}
}

func (t *try) log(ctx context.Context, level slog.Level, what string, err error) {
	t.pipeline.rooms.Scope.Log.LogAttrs(ctx, level, what,
		slog.String("execution", t.claim.Execution.ID.String()), slog.Any("error", err))
}

// withLines hands the lines that wait to the store, again and again while it is not available. Lines that it did not take wait
// for the next time.
func (t *try) withLines(ctx context.Context, keep func(lines []hostapi.Line) error) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.host != nil {
		t.unsent = append(t.unsent, t.host.Drain()...)
	}
	err := t.persist(ctx, keep)
	if err == nil {
		t.unsent = nil
	}
	return err
}

// persist repeats what the store could not do now, until ctx or the host ends.
func (t *try) persist(ctx context.Context, keep func(lines []hostapi.Line) error) error {
	for pause := firstRepeat; ; pause = min(2*pause, lastRepeat) {
		err := keep(t.unsent)
		if err == nil || !fault.Is(err, fault.Unavailable) {
			return err
		}
		t.log(ctx, slog.LevelWarn, "the store does not keep an execution's progress; asking again", err)
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
			continue
		case <-ctx.Done():
		case <-t.cut:
		}
		timer.Stop()
		return err
	}
}

// follow keeps lines of the log while a step runs, until stop is called.
func (t *try) follow(ctx context.Context) (stop func()) {
	over := make(chan struct{})
	timer := time.AfterFunc(logEvery, func() {
		for {
			if t.mu.TryLock() { // whoever holds it takes the lines along
				t.flush(ctx)
				t.mu.Unlock()
			}
			select {
			case <-over:
				return
			case <-time.After(logEvery):
			}
		}
	})
	return func() {
		timer.Stop()
		close(over)
	}
}

// flush keeps the lines that wait. What the store does not take now waits on. The caller holds mu.
func (t *try) flush(ctx context.Context) {
	t.unsent = append(t.unsent, t.host.Drain()...)
	if len(t.unsent) > 0 && t.pipeline.rooms.Store.Log(ctx, t.claim, t.unsent) == nil {
		t.unsent = nil
	}
}
