package plugin2host

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hookstep-dev/hookstep/sdk/engine"
	"github.com/hookstep-dev/hookstep/sdk/fault"
	pb "github.com/hookstep-dev/hookstep/sdk/internal/pb/enginev1"
	"github.com/hookstep-dev/hookstep/sdk/internal/wire/fromproto"
	"github.com/hookstep-dev/hookstep/sdk/internal/wire/logline"
	"github.com/hookstep-dev/hookstep/sdk/internal/wire/toproto"
)

// execution is one run on a lane, and the Host of its code.
type execution struct {
	lane    *lane
	run     engine.Run
	limit   time.Duration
	done    atomic.Int32     // steps that are done
	confirm chan *pb.Confirm // nil unless the run asks for it

	mu     sync.Mutex
	cancel context.CancelCauseFunc // nil until work has begun
	reason *fault.Fault            // why it ended before work began
	calls  map[uint32]chan *pb.Reply
	call   uint32
	quota  logline.Quota
}

func newExecution(l *lane, run engine.Run, timeout uint32) *execution {
	x := &execution{
		lane:  l,
		run:   run,
		limit: time.Duration(timeout) * time.Millisecond,
		quota: logline.NewQuota(run.Limits.LogLines),
	}
	if run.Confirm {
		x.confirm = make(chan *pb.Confirm, 1)
	}
	return x
}

// work runs the execution and answers with Done.
func (x *execution) work(base context.Context) {
	if refusal := x.lane.server.runs.add(x); refusal != nil {
		x.finish(refusal)
		return
	}
	ctx, cancel := context.WithCancelCause(base) //nolint:contextcheck // base is the stream's own
	x.begin(cancel)
	if x.limit > 0 {
		late := time.AfterFunc(x.limit, x.late)
		defer late.Stop()
		ctx = timed{ctx, time.Now().Add(x.limit)}
	}
	x.lane.emitter.begin(x)
	err := x.runEngine(ctx)
	cancel(x.lane.over)
	x.finish(err)
	x.lane.server.runs.remove(x)
}

func (x *execution) runEngine(ctx context.Context) (err error) {
	defer x.lane.server.recovered(&err)
	return x.lane.inner.Run(ctx, x.run, x, x.stepDone)
}

// finish sends Done. From then on the host may send the next Start, so everything is put back before.
func (x *execution) finish(err error) {
	x.lane.in.Reset()
	x.lane.current.Store(nil)
	done := x.lane.done
	if err != nil {
		done = doneEvent(fault.As(err, fault.Engine))
	}
	x.mu.Lock()
	closing, dropped := x.quota.Closing()
	x.mu.Unlock()
	if dropped {
		x.lane.emitter.finish(logEvent(&closing), done)
	} else {
		x.lane.emitter.finish(done)
	}
	x.abandon()
}

func doneEvent(reason *fault.Fault) *pb.Event {
	return &pb.Event{Event: &pb.Event_Done{Done: &pb.Done{Fault: toproto.Fault(reason)}}}
}

// timed is a run's context with its deadline. The end itself comes from late, which knows the step under way.
type timed struct {
	context.Context //nolint:containedctx // it is a context

	deadline time.Time
}

func (t timed) Deadline() (time.Time, bool) { return t.deadline, true }

func (x *execution) late() {
	x.end(fault.New(fault.Limit, fault.Deadline, "the execution ran longer than its limit of %s", x.limit).At(x.step()))
}

// halt implements run.
func (x *execution) halt(reason *fault.Fault) { x.end(reason.At(x.step())) }

func (x *execution) begin(cancel context.CancelCauseFunc) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.cancel = cancel
	if x.reason != nil {
		cancel(x.reason)
	}
}

// end ends the run's context with a reason, now or as soon as there is one. The first reason counts.
func (x *execution) end(reason *fault.Fault) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.cancel != nil {
		x.cancel(reason)
	} else if x.reason == nil {
		x.reason = reason
	}
}

// step is the key of the step under way.
func (x *execution) step() string {
	if done := int(x.done.Load()); done < len(x.run.Steps) {
		return x.run.Steps[done].Key
	}
	return ""
}

// stepDone is the engine's StepDone. A result that cannot be sent makes the step fail.
func (x *execution) stepDone(ctx context.Context, result engine.StepResult) error {
	err := x.report(ctx, &result)
	if !fault.Is(err, fault.ResultSize) {
		return err
	}
	reason := fault.As(err, fault.Engine).At(result.Key)
	if err := x.report(ctx, &engine.StepResult{Key: result.Key, Elapsed: result.Elapsed, Fault: reason}); err != nil {
		return err
	}
	return reason
}

func (x *execution) report(ctx context.Context, result *engine.StepResult) error {
	out := x.lane.emitter.message(x)
	event := &pb.Event{Event: &pb.Event_StepDone{StepDone: toproto.StepDone(out, result)}}
	if err := out.Err(); err != nil {
		return err
	}
	if err := x.lane.emitter.emit(x, event, x.urgency(result)); err != nil {
		return err
	}
	x.done.Add(1)
	if x.run.Confirm {
		return x.awaitConfirm(ctx)
	}
	return nil
}

func (x *execution) urgency(result *engine.StepResult) urgency {
	switch {
	case x.run.Confirm:
		return now
	case result.Fault != nil || int(x.done.Load())+1 >= len(x.run.Steps):
		return with // Done follows at once
	default:
		return soon
	}
}

func (x *execution) awaitConfirm(ctx context.Context) error {
	select {
	case message := <-x.confirm:
		if reason := fromproto.Fault(message.GetFault()); reason != nil {
			return reason
		}
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (x *execution) confirmed(message *pb.Confirm) {
	select {
	case x.confirm <- message:
	default: // nobody asked: ignored
	}
}
