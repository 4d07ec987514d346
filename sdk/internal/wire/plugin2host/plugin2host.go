// Package plugin2host serves what a plugin offers over gRPC, on the plugin's side of the process boundary.
package plugin2host

import (
	"context"
	"fmt"
	"io"
	"runtime/debug"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/hookstep-dev/hookstep/sdk/engine"
	"github.com/hookstep-dev/hookstep/sdk/fault"
	pb "github.com/hookstep-dev/hookstep/sdk/internal/pb/enginev1"
	"github.com/hookstep-dev/hookstep/sdk/internal/wire/chunk"
	"github.com/hookstep-dev/hookstep/sdk/internal/wire/fromproto"
	"github.com/hookstep-dev/hookstep/sdk/internal/wire/toproto"
)

// Server is the Engine service of one process.
type Server struct {
	pb.UnimplementedEngineServer

	engine engine.Engine
	runs   *Runs
	stderr io.Writer
}

// New makes the service of an engine. Running executions are entered in runs; stacks of panics go to stderr.
func New(served engine.Engine, runs *Runs, stderr io.Writer) *Server {
	return &Server{engine: served, runs: runs, stderr: stderr}
}

// Options are what the gRPC server of a plugin must be made with: limits of messages and windows that fit lanes.
func Options() []grpc.ServerOption {
	return []grpc.ServerOption{
		grpc.MaxRecvMsgSize(chunk.Load + 1<<20),
		grpc.MaxSendMsgSize(chunk.Frame),
		grpc.StaticStreamWindowSize(1 << 20),
		grpc.StaticConnWindowSize(16 << 20),
	}
}

// Register adds the service to a gRPC server.
func (s *Server) Register(server grpc.ServiceRegistrar) { pb.RegisterEngineServer(server, s) }

// Describe implements the service.
func (s *Server) Describe(ctx context.Context, _ *pb.DescribeRequest) (response *pb.DescribeResponse, err error) {
	defer s.recovered(&err)
	description, err := s.engine.Describe(ctx)
	if err != nil {
		return nil, status.Error(codes.Internal, err.Error())
	}
	return toproto.Description(description), nil
}

// Load implements the service.
func (s *Server) Load(ctx context.Context, request *pb.LoadRequest) (*pb.LoadResponse, error) {
	program, err := s.load(ctx, request)
	if err != nil {
		return &pb.LoadResponse{Fault: toproto.Fault(fault.As(err, fault.Engine))}, nil
	}
	return toproto.Program(program), nil
}

func (s *Server) load(ctx context.Context, request *pb.LoadRequest) (program engine.Program, err error) {
	defer s.recovered(&err)
	return s.engine.Load(ctx, fromproto.Source(request))
}

// recovered turns a panic into an Internal fault and takes the process out of service: what the panic left behind may
// be broken.
func (s *Server) recovered(err *error) {
	cause := recover()
	if cause == nil {
		return
	}
	fmt.Fprintf(s.stderr, "panic: %v\n\n%s\n", cause, debug.Stack())
	*err = fault.New(fault.Engine, fault.Internal, "the engine panicked: %v", cause)
	s.runs.Drain(fault.New(fault.Engine, fault.Unavailable, "the engine process leaves service after a panic"))
}
