package plugin2host

import (
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	"github.com/hookstep-dev/hookstep/sdk/fault"
	pb "github.com/hookstep-dev/hookstep/sdk/internal/pb/enginev1"
	"github.com/hookstep-dev/hookstep/sdk/internal/wire/chunk"
)

// How long an event may wait for its successors, and how many bytes of events make a full frame.
const (
	linger = time.Millisecond
	full   = 32 << 10
)

// The largest event that can be sent in a frame at all, in bytes.
const largest = chunk.Frame - 1<<10

// urgency says when an event must leave.
type urgency int

const (
	soon urgency = iota // within linger
	now                 // at once
	with                // with its successor, which comes at once
)

// emitter sends the events of a lane in order, several to a frame. A sender waits while the host does not take frames.
type emitter struct {
	out *chunk.Out

	mu     sync.Mutex
	stream grpc.BidiStreamingServer[pb.HostFrame, pb.EngineFrame]
	owner  *execution  // whose events are sent; others' are refused
	events []*pb.Event // not sent yet; its room is used again
	frame  pb.EngineFrame
	size   int
	timer  *time.Timer
	armed  bool
	err    error // of the stream: it is broken
}

func newEmitter(stream grpc.BidiStreamingServer[pb.HostFrame, pb.EngineFrame]) *emitter {
	return &emitter{stream: stream, out: chunk.NewOut(chunk.Execution)}
}

// begin makes x the execution under way.
func (e *emitter) begin(x *execution) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.owner = x
	e.out.Reset()
}

// message begins a message of x with contents.
func (e *emitter) message(x *execution) *chunk.Splitter {
	return e.out.Message(func(part *pb.Chunk) error {
		return e.emit(x, &pb.Event{Event: &pb.Event_Chunk{Chunk: part}}, now)
	})
}

// emit sends an event of x. It returns a fault when x is over, the event is too large, or the stream is broken.
func (e *emitter) emit(x *execution, event *pb.Event, when urgency) error {
	size := sizeOf(event)
	if size > largest {
		return fault.New(fault.Limit, fault.ResultSize, "a message of %d bytes besides its contents", size)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.owner != x {
		return over()
	}
	if e.size+size >= chunk.Frame {
		e.flush()
	}
	e.events = append(e.events, event)
	e.size += size
	switch {
	case when == now || e.size >= full:
		e.flush()
	case when == soon:
		e.arm()
	}
	return e.err
}

// finish sends the last events of the execution under way.
func (e *emitter) finish(last ...*pb.Event) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.events = append(e.events, last...) // what waits is less than full, so they fit
	e.owner = nil
	e.flush()
}

// sizeOf is what an event takes of a frame. Only those that can be large are measured.
func sizeOf(event *pb.Event) int {
	switch e := event.GetEvent().(type) {
	case *pb.Event_Log:
		return len(e.Log.GetText()) + len(e.Log.GetStep()) + 64
	case *pb.Event_Chunk:
		return len(e.Chunk.GetData()) + 32
	case *pb.Event_StepDone:
		if isPlain(e.StepDone) {
			return len(e.StepDone.GetResults().GetJson().GetInline()) + len(e.StepDone.GetKey()) + 64
		}
	}
	return proto.Size(event) + 8
}

// isPlain tells that a step came to nothing but results in JSON.
func isPlain(done *pb.StepDone) bool {
	return done.GetFault() == nil && done.GetResponse() == nil && done.GetChanged() == nil &&
		done.GetResults().GetJson() != nil && len(done.GetResults().GetBlobs()) == 0
}

func (e *emitter) flush() {
	if e.armed {
		e.armed = false
		e.timer.Stop()
	}
	if len(e.events) == 0 {
		return
	}
	if e.err == nil {
		e.err = e.send()
	}
	clear(e.events)
	e.events = e.events[:0]
	e.size = 0
}

// send marshals before it returns, so the frame may be used again.
func (e *emitter) send() error {
	e.frame.Events = e.events
	if err := e.stream.Send(&e.frame); err != nil {
		return fault.New(fault.Host, fault.Canceled, "the lane is closed: %v", err)
	}
	return nil
}

func (e *emitter) arm() {
	if e.armed {
		return
	}
	e.armed = true
	if e.timer == nil {
		e.timer = time.AfterFunc(linger, e.lingered)
		return
	}
	e.timer.Reset(linger)
}

func (e *emitter) lingered() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.armed { // else what it was set for has left
		e.flush()
	}
}
