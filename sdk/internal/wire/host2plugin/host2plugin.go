// Package host2plugin speaks to an engine process over gRPC, on the host's side of the process boundary.
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
	state := status.Convert(err)
	select {
	case <-e.process.Gone():
		return e.process.Lost()
	default:
	}
	switch {
	case state.Code() == codes.Unavailable, state.Code() == codes.Canceled: // our side cancels by closing alone
		return e.process.Lost()
	case state.Code() == codes.ResourceExhausted && strings.Contains(state.Message(), "larger than max"):
		return fault.New(fault.Engine, fault.Protocol, "the engine sent a message beyond %d bytes", chunk.Frame)
	case state.Code() == codes.Unimplemented:
		return fault.New(fault.Engine, fault.Protocol, "the plugin does not serve this call: %s", state.Message())
	default:
		return fault.New(fault.Engine, fault.Protocol, "the engine broke off: %s", state.Message())
	}
}
