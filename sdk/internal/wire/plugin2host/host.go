package plugin2host

import (
	"context"

	"github.com/hookstep-dev/hookstep/sdk/fault"
	"github.com/hookstep-dev/hookstep/sdk/hostapi"
	pb "github.com/hookstep-dev/hookstep/sdk/internal/pb/enginev1"
	"github.com/hookstep-dev/hookstep/sdk/internal/wire/fromproto"
	"github.com/hookstep-dev/hookstep/sdk/internal/wire/toproto"
)

// Log implements hostapi.Host.
func (x *execution) Log(line hostapi.Line) {
	x.mu.Lock()
	kept := x.quota.Admit(&line)
	x.mu.Unlock()
	if kept {
		_ = x.lane.emitter.emit(x, logEvent(&line), soon) // a log line has nobody to tell of its loss
	}
}

func logEvent(line *hostapi.Line) *pb.Event {
	return &pb.Event{Event: &pb.Event_Log{Log: toproto.Log(line)}}
}

// ask sends a call and waits for its reply, which is never nil without an error. It ends with the execution, whatever
// ctx it was given.
func (x *execution) ask(ctx context.Context, call *pb.Call) (*pb.Reply, error) {
	replies := make(chan *pb.Reply, 1)
	call.Id = x.open(replies)
	defer x.close(call.GetId())
	if err := x.lane.emitter.emit(x, &pb.Event{Event: &pb.Event_Call{Call: call}}, now); err != nil {
		return nil, err
	}
	select {
	case reply := <-replies:
		if reply == nil {
			return nil, over()
		}
		if reason := fromproto.Fault(reply.GetFault()); reason != nil {
			return nil, reason
		}
		return reply, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

func (x *execution) open(replies chan *pb.Reply) uint32 {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.calls == nil {
		x.calls = make(map[uint32]chan *pb.Reply)
	}
	x.call++
	x.calls[x.call] = replies
	return x.call
}

// abandon tells whoever still waits for a reply that none will come. What asks later is refused by the emitter.
func (x *execution) abandon() {
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, replies := range x.calls {
		close(replies)
	}
	clear(x.calls)
}

func (x *execution) close(id uint32) {
	x.mu.Lock()
	defer x.mu.Unlock()
	delete(x.calls, id)
}

// answered hands a reply to whoever waits for it; a call is answered once.
func (x *execution) answered(reply *pb.Reply) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if replies, found := x.calls[reply.GetId()]; found {
		delete(x.calls, reply.GetId())
		replies <- reply
	}
}

func mismatch() *fault.Fault {
	return fault.New(fault.Host, fault.Protocol, "the host's reply does not answer the question")
}

func over() *fault.Fault { return fault.New(fault.Host, fault.Canceled, "the execution is over") }
