package host2plugin

import (
	"context"
	"errors"
	"time"

	"github.com/hookstep-dev/hookstep/sdk/fault"
	pb "github.com/hookstep-dev/hookstep/sdk/internal/pb/enginev1"
	"github.com/hookstep-dev/hookstep/sdk/internal/wire/toproto"
)

// abort asks the engine to end the run, and kills its process when that takes too long. The time-out is set first:
// sending may hang.
func (x *execution) abort(reason *fault.Fault) {
	if !x.watch(reason) {
		return
	}
	x.lane.cancel(x, &pb.HostFrame{Frame: &pb.HostFrame_Cancel{Cancel: &pb.Cancel{Fault: toproto.Fault(reason)}}})
}

// watch sets the time-out, and tells whether there is anything to cancel.
func (x *execution) watch(reason *fault.Fault) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.over {
		return false
	}
	if x.kill == nil {
		x.kill = time.AfterFunc(patience, func() { x.tooLate(reason) })
	}
	return true
}

func (x *execution) tooLate(reason *fault.Fault) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.over {
		return
	}
	lost := fault.New(fault.Engine, fault.WorkerLost, "the engine did not stop within %s of: %s", patience, reason.Error())
	lost.Cause = reason
	x.lane.engine.process.Kill(lost)
	x.lane.end()
}

// cause is why ctx ended, as a fault.
func cause(ctx context.Context) *fault.Fault {
	err := context.Cause(ctx)
	if reason, ok := errors.AsType[*fault.Fault](err); ok {
		return reason
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return fault.New(fault.Limit, fault.Deadline, "the execution ran out of time")
	}
	return fault.New(fault.Host, fault.Canceled, "the execution was cancelled: %v", err)
}
