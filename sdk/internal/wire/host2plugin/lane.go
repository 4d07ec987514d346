package host2plugin

import (
	"context"
	"sync"

	"google.golang.org/grpc"

	"github.com/hookstep-dev/hookstep/sdk/engine"
	"github.com/hookstep-dev/hookstep/sdk/fault"
	"github.com/hookstep-dev/hookstep/sdk/hostapi"
	pb "github.com/hookstep-dev/hookstep/sdk/internal/pb/enginev1"
	"github.com/hookstep-dev/hookstep/sdk/internal/wire/chunk"
)

// lane is one stream. The goroutine that calls Run sends Start and receives; others send under mu.
type lane struct {
	engine *Engine
	stream grpc.BidiStreamingClient[pb.HostFrame, pb.EngineFrame]
	end    context.CancelFunc // ends the stream
	in     *chunk.In
	out    *chunk.Out
	failed *fault.Fault // the stream is broken; only the caller of Run looks at it

	mu      sync.Mutex // held while sending
	owner   *execution // whose frames are sent; others' are refused
	started bool       // the owner's Start was sent
}

// Lane implements engine.Engine. ctx bounds the opening alone.
func (e *Engine) Lane(ctx context.Context) (engine.Lane, error) {
	streaming, end := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, end)
	stream, err := e.client.Lane(streaming)
	if !stop() { // ctx ended meanwhile
		end()
		return nil, context.Cause(ctx)
	}
	if err != nil {
		end()
		return nil, e.transport(err)
	}
	return &lane{
		engine: e,
		stream: stream,
		end:    end,
		in:     chunk.NewIn(chunk.Execution),
		out:    chunk.NewOut(chunk.Execution),
	}, nil
}

// Close implements engine.Lane.
func (l *lane) Close() error {
	l.end()
	return nil
}

// Run implements engine.Lane. After a WorkerLost or Protocol fault the lane is of no more use.
func (l *lane) Run(ctx context.Context, run engine.Run, host hostapi.Host, done engine.StepDone) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if l.failed != nil {
		return fault.New(fault.Engine, fault.Unavailable, "the lane is broken: %s", l.failed.Message)
	}
	x := newExecution(l, &run, host, done)
	stop := context.AfterFunc(ctx, func() { x.abort(cause(ctx)) })
	err := x.work(ctx)
	stop()
	x.finish()
	return x.outcome(ctx, err)
}

// send sends a frame of x, as long as x is under way.
func (l *lane) send(x *execution, frame *pb.HostFrame) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.owner != x {
		return fault.New(fault.Host, fault.Canceled, "the execution is over")
	}
	return l.stream.Send(frame)
}

// start sends the owner's Start unless ctx has ended: whoever saw that end could not send Cancel yet.
func (l *lane) start(ctx context.Context, frame *pb.HostFrame) (sent bool, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if ctx.Err() != nil {
		return false, nil
	}
	l.started = true
	return true, l.stream.Send(frame)
}

// cancel sends Cancel for x if it has been started. A broken stream shows itself where frames are received.
func (l *lane) cancel(x *execution, frame *pb.HostFrame) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.owner == x && l.started {
		_ = l.stream.Send(frame)
	}
}

// begin makes x the execution under way; nil ends it.
func (l *lane) begin(x *execution) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.owner, l.started = x, false
}

// message begins a message of x with contents.
func (l *lane) message(x *execution) *chunk.Splitter {
	return l.out.Message(func(part *pb.Chunk) error {
		return l.send(x, &pb.HostFrame{Frame: &pb.HostFrame_Chunk{Chunk: part}})
	})
}

// broke ends the stream for a reason, which it returns.
func (l *lane) broke(reason *fault.Fault) *fault.Fault {
	l.failed = reason
	l.end()
	return reason
}
