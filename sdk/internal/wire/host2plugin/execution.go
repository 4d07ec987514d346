package host2plugin

import (
	"context"
	"errors"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/hookstep-dev/hookstep/sdk/engine"
	"github.com/hookstep-dev/hookstep/sdk/fault"
	"github.com/hookstep-dev/hookstep/sdk/hostapi"
	pb "github.com/hookstep-dev/hookstep/sdk/internal/pb/enginev1"
	"github.com/hookstep-dev/hookstep/sdk/internal/wire/logline"
	"github.com/hookstep-dev/hookstep/sdk/internal/wire/toproto"
)

// How long a process may take to end an execution before it is killed.
const patience = 500 * time.Millisecond

// execution is one run on a lane.
type execution struct {
	lane *lane
	run  *engine.Run
	host hostapi.Host
	done engine.StepDone

	steps    atomic.Int32 // that are done
	ended    bool         // a step failed or the trigger rejected: no step may follow
	quota    logline.Quota
	stopped  error // what done returned: the run ends with it
	answers  sync.WaitGroup
	slots    chan struct{}   // nil until the first call
	calls    context.Context //nolint:containedctx // of the answers; made with the first call, ended with the run
	endCalls context.CancelFunc

	mu   sync.Mutex  // never held while sending
	over bool        // nothing is to be cancelled any more
	kill *time.Timer // runs from the first abort
}

func newExecution(l *lane, run *engine.Run, host hostapi.Host, done engine.StepDone) *execution {
	lines := run.Limits.LogLines
	if lines <= 0 {
		lines = logline.DefaultLines
	}
	return &execution{
		lane:  l,
		run:   run,
		host:  host,
		done:  done,
		quota: logline.NewQuota(lines + 1), // the engine's last line tells what it dropped
	}
}

// work sends Start and handles events until Done.
func (x *execution) work(ctx context.Context) error {
	x.lane.in.Reset()
	x.lane.out.Reset()
	x.lane.begin(x)
	if err := x.start(ctx); err != nil {
		return err
	}
	for {
		frame, err := x.lane.stream.Recv()
		if err != nil && ctx.Err() != nil {
			return x.lane.broke(cause(ctx)) // nobody waits for the end of a process that was killed for this
		}
		if err != nil {
			return x.lane.broke(x.broken(err))
		}
		over, err := x.handle(ctx, frame.GetEvents())
		if over || err != nil {
			return err
		}
	}
}

func (x *execution) start(ctx context.Context) error {
	var left time.Duration
	if deadline, limited := ctx.Deadline(); limited {
		left = max(time.Until(deadline), time.Millisecond)
	}
	out := x.lane.message(x)
	message := toproto.Start(out, x.run, left)
	if err := out.Err(); err != nil {
		return x.unsent(err)
	}
	sent, err := x.lane.start(ctx, &pb.HostFrame{Frame: &pb.HostFrame_Start{Start: message}})
	if err != nil {
		return x.unsent(err)
	}
	if !sent {
		return context.Cause(ctx)
	}
	return nil
}

// unsent is why Start could not be sent: a value too large leaves the lane whole, all else does not.
func (x *execution) unsent(err error) error {
	if fault.Is(err, fault.ResultSize) {
		return err
	}
	if status.Code(err) == codes.ResourceExhausted {
		return x.lane.broke(fault.New(fault.Limit, fault.ResultSize, "the message that starts the execution is too large"))
	}
	if errors.Is(err, io.EOF) { // the stream's real end is told by receiving
		_, err = x.lane.stream.Recv()
	}
	return x.lane.broke(x.broken(err))
}

// broken is why the stream ended in the middle of an execution.
func (x *execution) broken(err error) *fault.Fault {
	if errors.Is(err, io.EOF) {
		return fault.New(fault.Engine, fault.Protocol, "the engine closed the lane in the middle of an execution")
	}
	return x.lane.engine.transport(err).At(x.step())
}

// finish makes an end of everything that belongs to the run.
func (x *execution) finish() {
	x.lane.begin(nil)
	x.mu.Lock()
	x.over = true
	if x.kill != nil {
		x.kill.Stop()
	}
	x.mu.Unlock()
	if x.slots != nil {
		x.endCalls()
		x.answers.Wait()
	}
	if line, dropped := x.quota.Closing(); dropped {
		x.host.Log(line)
	}
}

// outcome is what Run returns. A regular end counts even if ctx ended meanwhile.
func (x *execution) outcome(ctx context.Context, err error) error {
	switch {
	case x.stopped != nil:
		return x.stopped
	case err == nil || ctx.Err() == nil:
		return err
	default:
		return x.late(context.Cause(ctx))
	}
}

// late names the step that ran out of time.
func (x *execution) late(err error) error {
	if reason, ok := errors.AsType[*fault.Fault](err); ok && reason.Code == fault.Deadline {
		return reason.At(x.step())
	}
	return err
}

// step is the key of the step under way.
func (x *execution) step() string {
	if done := int(x.steps.Load()); done < len(x.run.Steps) {
		return x.run.Steps[done].Key
	}
	return ""
}
