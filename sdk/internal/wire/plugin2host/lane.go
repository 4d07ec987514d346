package plugin2host

import (
	"context"
	"errors"
	"io"
	"sync/atomic"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/hookstep-dev/hookstep/sdk/engine"
	"github.com/hookstep-dev/hookstep/sdk/fault"
	"github.com/hookstep-dev/hookstep/sdk/hostapi"
	pb "github.com/hookstep-dev/hookstep/sdk/internal/pb/enginev1"
	"github.com/hookstep-dev/hookstep/sdk/internal/wire/chunk"
	"github.com/hookstep-dev/hookstep/sdk/internal/wire/fromproto"
)

// lane is one stream. One goroutine receives, another (the stream's handler) runs executions.
type lane struct {
	server  *Server
	inner   engine.Lane
	in      *chunk.In
	emitter *emitter
	current atomic.Pointer[execution] // from the arrival of Start until just before Done leaves

	done *pb.Event    // the regular end, always the same
	over *fault.Fault // cause of contexts whose run has ended, likewise
}

func newLane(s *Server, inner engine.Lane, stream grpc.BidiStreamingServer[pb.HostFrame, pb.EngineFrame]) *lane {
	return &lane{
		server:  s,
		inner:   inner,
		in:      chunk.NewIn(chunk.Execution),
		emitter: newEmitter(stream),
		done:    doneEvent(nil),
		over:    over(),
	}
}

// Lane implements the service.
func (s *Server) Lane(stream grpc.BidiStreamingServer[pb.HostFrame, pb.EngineFrame]) error {
	inner, err := s.open(stream.Context())
	if err != nil {
		inner = refusal{fault.As(err, fault.Engine)}
	}
	defer func() { _ = inner.Close() }() // nobody is left to tell
	l := newLane(s, inner, stream)
	starts, received := make(chan *execution, 1), make(chan error, 1)
	go func() {
		defer close(starts)
		received <- l.receive(stream, starts)
	}()
	base := context.WithoutCancel(stream.Context()) // the end of the stream reaches executions with its reason, through end
	for x := range starts {
		x.work(base)
	}
	return <-received
}

func (s *Server) open(ctx context.Context) (inner engine.Lane, err error) {
	defer s.recovered(&err)
	return s.engine.Lane(ctx)
}

// refusal is the lane of an engine that opens none: its executions end with the reason.
type refusal struct{ reason *fault.Fault }

func (r refusal) Run(context.Context, engine.Run, hostapi.Host, engine.StepDone) error {
	return r.reason
}

func (refusal) Close() error { return nil }

// receive handles frames until the stream ends, and then ends the execution under way.
func (l *lane) receive(stream grpc.BidiStreamingServer[pb.HostFrame, pb.EngineFrame], starts chan<- *execution) error {
	reason := fault.New(fault.Host, fault.Canceled, "the host closed the lane")
	defer func() {
		if x := l.current.Load(); x != nil {
			x.end(reason)
		}
	}()
	for {
		frame, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := l.handle(frame, starts); err != nil {
			reason = fault.As(err, fault.Host)
			return status.Error(codes.InvalidArgument, err.Error())
		}
	}
}

func (l *lane) handle(frame *pb.HostFrame, starts chan<- *execution) error {
	x := l.current.Load()
	switch f := frame.GetFrame().(type) {
	case *pb.HostFrame_Start:
		return l.start(f.Start, starts)
	case *pb.HostFrame_Chunk:
		return l.in.Add(f.Chunk)
	case *pb.HostFrame_Cancel:
		if x != nil {
			x.end(canceled(f.Cancel))
		}
	case *pb.HostFrame_Reply:
		if x != nil {
			x.answered(f.Reply)
		}
	case *pb.HostFrame_Confirm:
		if x != nil {
			x.confirmed(f.Confirm)
		}
	default:
		return fault.New(fault.Host, fault.Protocol, "an unknown frame")
	}
	return nil
}

func (l *lane) start(message *pb.Start, starts chan<- *execution) error {
	if l.current.Load() != nil {
		return fault.New(fault.Host, fault.Protocol, "a second Start while an execution is under way")
	}
	run, err := fromproto.Start(l.in, message)
	if err != nil {
		return err
	}
	x := newExecution(l, run, message.GetTimeoutMs())
	l.current.Store(x)
	starts <- x
	return nil
}

func canceled(message *pb.Cancel) *fault.Fault {
	if reason := fromproto.Fault(message.GetFault()); reason != nil {
		return reason
	}
	return fault.New(fault.Host, fault.Canceled, "the execution was cancelled")
}
