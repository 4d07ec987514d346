package host2plugin

import (
	"context"
	"errors"
	"io"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/hookstep-dev/hookstep/sdk/connection"
	"github.com/hookstep-dev/hookstep/sdk/fault"
	pb "github.com/hookstep-dev/hookstep/sdk/internal/pb/connectionv1"
	"github.com/hookstep-dev/hookstep/sdk/internal/pb/enginev1"
	"github.com/hookstep-dev/hookstep/sdk/internal/wire/chunk"
	"github.com/hookstep-dev/hookstep/sdk/internal/wire/fromproto"
	"github.com/hookstep-dev/hookstep/sdk/internal/wire/toproto"
)

// How long a call may take whose context has no deadline.
const callTime = 30 * time.Second

// Provider is the connection.Provider of a process. All its methods return faults, or the cause of a context that ended.
type Provider struct {
	client  pb.ProviderClient
	process Process
}

// NewProvider makes the connection provider behind a connection.
func NewProvider(conn grpc.ClientConnInterface, process Process) connection.Provider {
	return &Provider{client: pb.NewProviderClient(conn), process: process}
}

// answer is what the provider answers to any call.
type answer interface {
	GetFault() *enginev1.Fault
}

// ask makes a call of one message within its time. An answer that came counts, even if ctx ended meanwhile: it may hold a
// token that nothing gives again.
func ask[Q proto.Message, A answer](
	ctx context.Context, p *Provider, call func(context.Context, Q, ...grpc.CallOption) (A, error), question Q,
) (A, error) {
	ctx, cancel := limited(ctx)
	defer cancel()
	var none A
	if err := fits(question); err != nil {
		return none, err
	}
	message, err := call(ctx, question)
	return answered(ctx, p, message, err)
}

// limited gives a context that has a deadline.
func limited(ctx context.Context) (context.Context, context.CancelFunc) {
	if _, has := ctx.Deadline(); has {
		return context.WithCancel(ctx)
	}
	late := fault.New(fault.Limit, fault.Deadline, "the connection provider did not answer within %s", callTime)
	return context.WithTimeoutCause(ctx, callTime, late)
}

func fits(question proto.Message) error {
	if size := proto.Size(question); size > chunk.Frame {
		return fault.New(fault.Limit, fault.ResultSize, "a connection of %d bytes; the limit is %d", size, chunk.Frame)
	}
	return nil
}

// answered reads what came of a call.
func answered[A answer](ctx context.Context, p *Provider, message A, err error) (A, error) {
	var none A
	if err != nil {
		return none, p.failed(ctx, err)
	}
	if reason := fromproto.Fault(message.GetFault()); reason != nil {
		return none, reason
	}
	return message, nil
}

// failed says why there is no answer. Whoever looked at the deadline first, it is the context's end that counts. The words of
// a status are left out: some libraries put the text of an exception there, and nobody can say what that holds.
func (p *Provider) failed(ctx context.Context, err error) error {
	state := status.Convert(err)
	if state.Code() == codes.DeadlineExceeded {
		<-ctx.Done()
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if lost := lost(p.process, err); lost != nil {
		return lost
	}
	switch {
	case state.Code() == codes.Unimplemented:
		return fault.New(fault.Host, fault.Unsupported, "the connection provider does not offer this")
	case isTooLarge(state):
		return violation("the connection provider sent a message beyond %d bytes", chunk.Frame)
	default:
		return violation("the connection provider broke off with the status %s", state.Code())
	}
}

// Describe implements connection.Provider.
func (p *Provider) Describe(ctx context.Context) (connection.Description, error) {
	response, err := ask(ctx, p, p.client.Describe, &pb.DescribeRequest{})
	if err != nil {
		return connection.Description{}, err
	}
	return fromproto.Types(response.GetTypes())
}

// Schema implements connection.Provider.
func (p *Provider) Schema(ctx context.Context, declared connection.Declared) (connection.Schema, error) {
	response, err := ask(ctx, p, p.client.Schema, toproto.Declared(declared))
	if err != nil {
		return connection.Schema{}, err
	}
	return fromproto.Schema(response), nil
}

// Validate implements connection.Provider.
func (p *Provider) Validate(ctx context.Context, settings connection.Settings) ([]connection.Finding, error) {
	response, err := ask(ctx, p, p.client.Validate, &pb.ValidateRequest{Settings: toproto.Settings(settings)})
	if err != nil {
		return nil, err
	}
	return fromproto.Findings(response.GetFindings()), nil
}

// BeginAuthorize implements connection.Provider.
func (p *Provider) BeginAuthorize(ctx context.Context, begin connection.Begin) (string, error) {
	response, err := ask(ctx, p, p.client.BeginAuthorize, toproto.BeginAuthorize(begin))
	if err != nil {
		return "", err
	}
	if response.GetUrl() == "" {
		return "", violation("the answer has neither a URL nor a fault")
	}
	return response.GetUrl(), nil
}

// Exchange implements connection.Provider.
func (p *Provider) Exchange(ctx context.Context, exchange connection.Exchange) (connection.Token, error) {
	response, err := ask(ctx, p, p.client.Exchange, toproto.Exchange(exchange))
	if err != nil {
		return connection.Token{}, err
	}
	return fromproto.Obtained(response.GetToken())
}

// Refresh implements connection.Provider.
func (p *Provider) Refresh(ctx context.Context, settings connection.Settings, token connection.Token) (connection.Token, error) {
	response, err := ask(ctx, p, p.client.Refresh, &pb.RefreshRequest{Settings: toproto.Settings(settings), Token: toproto.Token(token)})
	if err != nil {
		return connection.Token{}, err
	}
	return fromproto.Obtained(response.GetToken())
}

// Revoke implements connection.Provider.
func (p *Provider) Revoke(ctx context.Context, settings connection.Settings, token connection.Token) error {
	_, err := ask(ctx, p, p.client.Revoke, &pb.RevokeRequest{Settings: toproto.Settings(settings), Token: toproto.Token(token)})
	return err
}

// Apply implements connection.Provider.
func (p *Provider) Apply(
	ctx context.Context, settings connection.Settings, token connection.Token, request connection.Request,
) (connection.Additions, error) {
	ctx, cancel := limited(ctx)
	defer cancel()
	if len(request.Body) > chunk.Body {
		return connection.Additions{}, fault.New(fault.Limit, fault.ResultSize,
			"a body of %d bytes cannot be signed; the limit is %d", len(request.Body), chunk.Body)
	}
	head := &pb.ApplyRequest{Part: &pb.ApplyRequest_Head{Head: toproto.ApplyHead(settings, token, request)}}
	if err := fits(head); err != nil {
		return connection.Additions{}, err
	}
	message, err := p.apply(ctx, head, request.Body)
	response, err := answered(ctx, p, message, err)
	if err != nil {
		return connection.Additions{}, err
	}
	return fromproto.Additions(response), nil
}

// apply sends a request in parts. A provider may answer before it has seen all of them; then sending ends with io.EOF.
func (p *Provider) apply(ctx context.Context, head *pb.ApplyRequest, body []byte) (*pb.ApplyResponse, error) {
	stream, err := p.client.Apply(ctx)
	if err != nil {
		return nil, err
	}
	err = stream.Send(head)
	for len(body) > 0 && err == nil {
		part := body[:min(len(body), chunk.Part)]
		body = body[len(part):]
		err = stream.Send(&pb.ApplyRequest{Part: &pb.ApplyRequest_Body{Body: part}})
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	return stream.CloseAndRecv()
}
