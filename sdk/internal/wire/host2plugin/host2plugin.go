// Package host2plugin speaks to a plugin process over gRPC, on the host's side of the process boundary.
package host2plugin

import (
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/hookstep-dev/hookstep/sdk/engine"
	"github.com/hookstep-dev/hookstep/sdk/fault"
	pb "github.com/hookstep-dev/hookstep/sdk/internal/pb/enginev1"
	"github.com/hookstep-dev/hookstep/sdk/internal/wire/chunk"
)

// Process is what the client needs to know of the process behind the connection.
type Process interface {
	// Kill ends the process and returns at once.
	Kill(reason *fault.Fault)
	// Lost is called when the connection broke: it sees to it that the process ends, waits for that, and tells why it
	// ended, as a WorkerLost fault.
	Lost() *fault.Fault
	// Gone is closed when the process has ended; the connection is closed after that.
	Gone() <-chan struct{}
}

// Engine is the engine.Engine of a process. All its methods return faults.
type Engine struct {
	client  pb.EngineClient
	process Process
}

// New makes the engine behind a connection.
func New(conn grpc.ClientConnInterface, process Process) engine.Engine {
	return &Engine{client: pb.NewEngineClient(conn), process: process}
}

// Options are what the connection must be dialled with: windows that fit lanes.
func Options() []grpc.DialOption {
	return []grpc.DialOption{
		grpc.WithStaticStreamWindowSize(1 << 20),
		grpc.WithStaticConnWindowSize(16 << 20),
		grpc.WithDefaultCallOptions(frames()...),
	}
}

func frames() []grpc.CallOption {
	return []grpc.CallOption{grpc.MaxCallRecvMsgSize(chunk.Frame), grpc.MaxCallSendMsgSize(chunk.Frame)}
}

// transport gives the fault that a broken call means: WorkerLost when the connection is gone, else Protocol.
func (e *Engine) transport(err error) *fault.Fault {
	if lost := lost(e.process, err); lost != nil {
		return lost
	}
	state := status.Convert(err)
	if state.Code() == codes.Unimplemented {
		return violation("the plugin does not serve this call: %s", state.Message())
	}
	if isTooLarge(state) {
		return violation("the engine sent a message beyond %d bytes", chunk.Frame)
	}
	return violation("the engine broke off: %s", state.Message())
}

// lost is why the process is gone, if that is what the error of a call means; nil otherwise.
func lost(process Process, err error) *fault.Fault {
	select {
	case <-process.Gone():
		return process.Lost()
	default:
	}
	switch status.Code(err) {
	case codes.Unavailable, codes.Canceled: // our side cancels by closing alone
		return process.Lost()
	default:
		return nil
	}
}

func isTooLarge(state *status.Status) bool {
	return state.Code() == codes.ResourceExhausted && strings.Contains(state.Message(), "larger than max")
}
