package plugin2host

import (
	"context"
	"fmt"
	"io"
	"runtime"
	"runtime/debug"

	"google.golang.org/grpc"
	"google.golang.org/grpc/status"

	"github.com/hookstep-dev/hookstep/sdk/connection"
	"github.com/hookstep-dev/hookstep/sdk/fault"
	pb "github.com/hookstep-dev/hookstep/sdk/internal/pb/connectionv1"
	"github.com/hookstep-dev/hookstep/sdk/internal/pb/enginev1"
	"github.com/hookstep-dev/hookstep/sdk/internal/wire/fromproto"
	"github.com/hookstep-dev/hookstep/sdk/internal/wire/toproto"
)

// ProviderServer is the Provider service of one process.
type ProviderServer struct {
	pb.UnimplementedProviderServer

	provider connection.Provider
	runs     *Runs
	stderr   io.Writer
	bodies   *room
}

// NewProvider makes the service of a connection provider. Calls under way are entered in runs; stacks of panics go to stderr.
func NewProvider(served connection.Provider, runs *Runs, stderr io.Writer) *ProviderServer {
	return &ProviderServer{provider: served, runs: runs, stderr: stderr, bodies: newRoom(bodiesAtOnce)}
}

// Register adds the service to a gRPC server.
func (s *ProviderServer) Register(server grpc.ServiceRegistrar) { pb.RegisterProviderServer(server, s) }

// call is a call under way.
type call struct{ cancel context.CancelCauseFunc }

func (c *call) halt(reason *fault.Fault) { c.cancel(reason) }

// do makes a call of the provider. The fault is the provider's; the error is for one that was ended from outside, of which
// the host knows the reason.
func do[A any](ctx context.Context, s *ProviderServer, verb string, work func(context.Context) (A, error)) (A, *enginev1.Fault, error) {
	var none A
	running, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	entry := &call{cancel: cancel}
	if refusal := s.runs.add(entry); refusal != nil {
		return none, toproto.Fault(refusal), nil
	}
	defer s.runs.remove(entry)
	result, err := guarded(running, s, verb, work)
	if err == nil {
		return result, nil, nil
	}
	if ctx.Err() != nil {
		return none, nil, status.FromContextError(ctx.Err()).Err()
	}
	if running.Err() != nil {
		err = context.Cause(running)
	}
	return none, toproto.Fault(fault.As(err, fault.Engine)), nil
}

func guarded[A any](ctx context.Context, s *ProviderServer, verb string, work func(context.Context) (A, error)) (result A, err error) {
	defer s.recovered(verb, &err)
	return work(ctx)
}

// recovered turns a panic into an Internal fault and takes the process out of service, as the engine's does. What a panic
// says may hold a secret: only the runtime's own words are told.
func (s *ProviderServer) recovered(verb string, err *error) {
	cause := recover()
	if cause == nil {
		return
	}
	words := fmt.Sprintf("a value of type %T", cause)
	if known, ok := cause.(runtime.Error); ok {
		words = known.Error()
	}
	fmt.Fprintf(s.stderr, "panic in %s: %s\n\n%s\n", verb, words, debug.Stack())
	*err = fault.New(fault.Engine, fault.Internal, "the connection provider panicked in %s: %s", verb, words)
	s.runs.Drain(fault.New(fault.Engine, fault.Unavailable, "the provider process leaves service after a panic"))
}

// Describe implements the service.
func (s *ProviderServer) Describe(ctx context.Context, _ *pb.DescribeRequest) (*pb.DescribeResponse, error) {
	description, failed, err := do(ctx, s, "Describe", s.provider.Describe)
	if err != nil {
		return nil, err
	}
	return &pb.DescribeResponse{Fault: failed, Types: toproto.Types(description)}, nil
}

// Schema implements the service.
func (s *ProviderServer) Schema(ctx context.Context, request *pb.SchemaRequest) (*pb.SchemaResponse, error) {
	schema, failed, err := do(ctx, s, "Schema", func(ctx context.Context) (connection.Schema, error) {
		return s.provider.Schema(ctx, fromproto.Declared(request))
	})
	if err != nil {
		return nil, err
	}
	response := toproto.Schema(schema)
	response.Fault = failed
	return response, nil
}

// Validate implements the service.
func (s *ProviderServer) Validate(ctx context.Context, request *pb.ValidateRequest) (*pb.ValidateResponse, error) {
	findings, failed, err := do(ctx, s, "Validate", func(ctx context.Context) ([]connection.Finding, error) {
		return s.provider.Validate(ctx, fromproto.Settings(request.GetSettings()))
	})
	if err != nil {
		return nil, err
	}
	return &pb.ValidateResponse{Fault: failed, Findings: toproto.Findings(findings)}, nil
}

// BeginAuthorize implements the service.
func (s *ProviderServer) BeginAuthorize(ctx context.Context, request *pb.BeginAuthorizeRequest) (*pb.BeginAuthorizeResponse, error) {
	url, failed, err := do(ctx, s, "BeginAuthorize", func(ctx context.Context) (string, error) {
		return s.provider.BeginAuthorize(ctx, fromproto.BeginAuthorize(request))
	})
	if err != nil {
		return nil, err
	}
	return &pb.BeginAuthorizeResponse{Fault: failed, Url: url}, nil
}

// Exchange implements the service.
func (s *ProviderServer) Exchange(ctx context.Context, request *pb.ExchangeRequest) (*pb.ExchangeResponse, error) {
	token, failed, err := do(ctx, s, "Exchange", func(ctx context.Context) (connection.Token, error) {
		return s.provider.Exchange(ctx, fromproto.Exchange(request))
	})
	if err != nil {
		return nil, err
	}
	return &pb.ExchangeResponse{Fault: failed, Token: toproto.Token(token)}, nil
}

// Refresh implements the service.
func (s *ProviderServer) Refresh(ctx context.Context, request *pb.RefreshRequest) (*pb.RefreshResponse, error) {
	token, failed, err := do(ctx, s, "Refresh", func(ctx context.Context) (connection.Token, error) {
		return s.provider.Refresh(ctx, fromproto.Settings(request.GetSettings()), fromproto.Token(request.GetToken()))
	})
	if err != nil {
		return nil, err
	}
	return &pb.RefreshResponse{Fault: failed, Token: toproto.Token(token)}, nil
}

// Revoke implements the service.
func (s *ProviderServer) Revoke(ctx context.Context, request *pb.RevokeRequest) (*pb.RevokeResponse, error) {
	_, failed, err := do(ctx, s, "Revoke", func(ctx context.Context) (struct{}, error) {
		return struct{}{}, s.provider.Revoke(ctx, fromproto.Settings(request.GetSettings()), fromproto.Token(request.GetToken()))
	})
	if err != nil {
		return nil, err
	}
	return &pb.RevokeResponse{Fault: failed}, nil
}

// Apply implements the service.
func (s *ProviderServer) Apply(stream grpc.ClientStreamingServer[pb.ApplyRequest, pb.ApplyResponse]) error {
	additions, failed, err := do(stream.Context(), s, "Apply", func(ctx context.Context) (connection.Additions, error) {
		return s.apply(ctx, stream)
	})
	if err != nil {
		return err
	}
	response := toproto.Additions(additions)
	response.Fault = failed
	return stream.SendAndClose(response)
}
