package pipeline

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/respond"
	"github.com/hookstep-dev/hookstep/host/script"
	"github.com/hookstep-dev/hookstep/host/steps"
	"github.com/hookstep-dev/hookstep/host/store"
	"github.com/hookstep-dev/hookstep/sdk/fault"
)

const (
	firstLook = 5 * time.Millisecond // for the answer of the first execution of a key; doubled up to lastLook
	lastLook  = 500 * time.Millisecond
)

// once runs a synchronous execution unless another one has its dedupe key: then its answer is that one's. The trigger's code
// runs before, for the key may come of its results; what it rejects takes no key.
func (p *Pipeline) once(ctx context.Context, in *entry) *Report {
	ctx, cancel := script.Bound(ctx, in.plan.Timeout())
	defer cancel()
	var done []store.Step
	if in.plan.HasTrigger() {
		triggered := p.rooms.Steps.Trigger(ctx, in.job())
		if store.EndOf(triggered.Outcome) != store.Succeeded {
			return p.ended(in, triggered)
		}
		done = triggered.Steps
	}
	job := in.job()
	job.Done = done
	asked := p.acceptance(in, done)
	asked.Lanes, asked.CancelKey = nil, "" // those are for executions whose caller does not wait
	if asked.Dedupe == nil {
		return p.ended(in, p.rooms.Steps.Run(ctx, job))
	}
	first, answer, err := p.reserve(ctx, asked)
	switch {
	case err != nil && first != 0:
		return p.late(in, first, err) //nolint:contextcheck // that the caller's time is over says nothing of the store
	case err != nil:
		return p.unreserved(in, asked, err)
	case first != 0:
		return p.duplicate(in, first, answer)
	}
	return p.recorded(ctx, in, asked, p.rooms.Steps.Run(ctx, job))
}

// reserve takes the key, or gives the first execution that has it with its answer, which it waits for. With a key that
// is free again, because the first one was lost, it begins anew.
func (p *Pipeline) reserve(ctx context.Context, asked *store.Acceptance) (integration.ExecutionID, *integration.Response, error) {
	for {
		kept, err := p.rooms.Store.Reserve(ctx, asked)
		if err != nil {
			return 0, nil, unavailable(ctx, err)
		}
		if kept.Duplicate == 0 || kept.First != nil {
			return kept.Duplicate, kept.First, nil
		}
		first, answer, err := p.await(ctx, asked)
		if !errors.Is(err, store.ErrNotFound) {
			return max(first, kept.Duplicate), answer, err
		}
	}
}

// await looks for the answer of the first execution of a key until it is there, in growing intervals.
func (p *Pipeline) await(ctx context.Context, asked *store.Acceptance) (integration.ExecutionID, *integration.Response, error) {
	for pause := firstLook; ; pause = min(2*pause, lastLook) {
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return 0, nil, context.Cause(ctx)
		}
		first, answer, err := p.rooms.Store.Answer(ctx, asked.Flow, asked.Dedupe.Key)
		if !errors.Is(err, store.ErrConflict) {
			return first, answer, err
		}
	}
}

// late answers a duplicate whose time ran out before the first execution had an answer: with the id of that one.
func (p *Pipeline) late(in *entry, first integration.ExecutionID, err error) *Report {
	failed := unavailable(context.Background(), err)
	if fault.Is(err, fault.Deadline) {
		failed = fault.New(fault.Limit, fault.Deadline, "the execution %s, which has the same dedupe key, has no answer yet", first)
	}
	report := p.refuse(in.execution, failed)
	report.Response = respond.Fault(first, failed)
	return report
}

// unreserved answers an execution that did not come to run, because the store did not say in time that it has the key. It may
// have it all the same, and duplicates would wait for an answer that nobody gives: so the store is told that it failed.
func (p *Pipeline) unreserved(in *entry, asked *store.Acceptance, err error) *Report {
	report := p.refuse(in.execution, err)
	recording := p.historical(in, &steps.Ended{Outcome: report.Outcome, Steps: asked.Done}).Recording()
	recording.Reserved = asked.Dedupe
	p.rooms.Recorder.Record(recording)
	return report
}

// recorded answers an execution that has reserved its key when the store has its answer too. What came of the host or the
// engine, not of the code, frees the key: whoever asks again gets another try. A store that is down now gets the record
// later; until then, duplicates find no answer.
func (p *Pipeline) recorded(ctx context.Context, in *entry, asked *store.Acceptance, ended *steps.Ended) *Report {
	report := &Report{Execution: in.execution, Outcome: ended.Outcome, Response: respond.Outcome(in.execution.ID, ended.Outcome)}
	past := p.historical(in, ended)
	recording := past.Recording()
	recording.Reserved = asked.Dedupe
	if isFinal(ended.Outcome.Fault) {
		recording.Answer = &report.Response
	}
	within, cancel := context.WithTimeout(context.WithoutCancel(ctx), storeWithin)
	defer cancel()
	if err := p.rooms.Store.Record(within, []*store.Recording{recording}); err != nil {
		p.rooms.Scope.Log.LogAttrs(ctx, slog.LevelError, "the answer for duplicates is kept later",
			slog.String("execution", in.execution.ID.String()), slog.Any("error", err))
		p.rooms.Recorder.Record(recording)
	}
	report.Lines, report.Dropped = past.Logs, 0
	p.rooms.Watch.Answered(in.execution, ended.Outcome, report.Response.Status, true)
	return report
}

// isFinal tells whether the end of an execution is of its own code's making, so that it would end so again.
func isFinal(of *fault.Fault) bool {
	switch {
	case of == nil:
		return true
	case of.Source == fault.Engine, of.Code == fault.Canceled:
		return false
	}
	return of.Step != "" || of.Source != fault.Host && of.Code != fault.Overloaded
}
