package host2plugin

import (
	"context"

	"github.com/hookstep-dev/hookstep/sdk/engine"
	"github.com/hookstep-dev/hookstep/sdk/fault"
	pb "github.com/hookstep-dev/hookstep/sdk/internal/pb/enginev1"
	"github.com/hookstep-dev/hookstep/sdk/internal/wire/fromproto"
	"github.com/hookstep-dev/hookstep/sdk/internal/wire/toproto"
)

// handle works through the events of a frame. It tells whether the execution is over; then the error is its fault.
func (x *execution) handle(ctx context.Context, events []*pb.Event) (over bool, err error) {
	for i, event := range events {
		if done, ok := event.GetEvent().(*pb.Event_Done); ok {
			if i != len(events)-1 {
				return true, x.lane.broke(violation("events after Done"))
			}
			return true, x.ending(done.Done)
		}
		if err := x.event(ctx, event); err != nil {
			return true, x.lane.broke(fault.As(err, fault.Engine).At(x.step()))
		}
	}
	return false, nil
}

// event handles one event that is not Done. An error breaks the lane.
func (x *execution) event(ctx context.Context, event *pb.Event) error {
	switch e := event.GetEvent().(type) {
	case *pb.Event_Log:
		x.log(e.Log)
		return nil
	case *pb.Event_StepDone:
		return x.stepDone(ctx, e.StepDone)
	case *pb.Event_Call:
		return x.call(ctx, e.Call)
	case *pb.Event_Chunk:
		return x.lane.in.Add(e.Chunk)
	default:
		return violation("an unknown event")
	}
}

func (x *execution) log(message *pb.Log) {
	line := fromproto.Log(message)
	if x.quota.Admit(&line) {
		x.host.Log(line)
	}
}

func (x *execution) stepDone(ctx context.Context, message *pb.StepDone) error {
	result, err := fromproto.StepDone(x.lane.in, message)
	if err != nil {
		return err
	}
	if x.ended || result.Key != x.step() {
		return violation("the end of step %q came out of order", result.Key)
	}
	if x.stopped != nil {
		return nil //nolint:nilerr // Cancel is on its way; this came too early to know
	}
	first := x.steps.Add(1) == 1
	x.ended = result.Fault != nil || first && x.run.Steps[0].Kind == engine.KindTrigger && result.Response.Rejected()
	if x.stopped = x.done(ctx, result); x.stopped != nil {
		x.abort(fault.As(x.stopped, fault.Host))
		return nil //nolint:nilerr // the run ends with it, the lane does not
	}
	x.confirm(result.Key)
	return nil
}

// confirm lets the engine go on, if it waits for that. A broken stream shows itself where frames are received.
func (x *execution) confirm(key string) {
	if x.run.Confirm {
		_ = x.lane.send(x, &pb.HostFrame{Frame: &pb.HostFrame_Confirm{Confirm: &pb.Confirm{Key: key}}})
	}
}

// ending is what Done says. A regular end needs every step done, unless the trigger rejected.
func (x *execution) ending(message *pb.Done) error {
	if message.GetFault() != nil {
		return fromproto.Fault(message.GetFault())
	}
	if !x.ended && x.step() != "" && x.stopped == nil {
		return x.lane.broke(violation("the execution ended before its step %q", x.step()))
	}
	return nil
}

func violation(format string, args ...any) *fault.Fault {
	return fault.New(fault.Engine, fault.Protocol, format, args...)
}

// reply answers a call; one that came too late is dropped.
func (x *execution) reply(reply *pb.Reply) {
	_ = x.lane.send(x, &pb.HostFrame{Frame: &pb.HostFrame_Reply{Reply: reply}})
}

func refused(err error) *pb.Reply_Fault {
	return &pb.Reply_Fault{Fault: toproto.Fault(fault.As(err, fault.Host))}
}
