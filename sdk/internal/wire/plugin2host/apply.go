package plugin2host

import (
	"context"
	"errors"
	"io"

	"google.golang.org/grpc"

	"github.com/hookstep-dev/hookstep/sdk/connection"
	"github.com/hookstep-dev/hookstep/sdk/fault"
	pb "github.com/hookstep-dev/hookstep/sdk/internal/pb/connectionv1"
	"github.com/hookstep-dev/hookstep/sdk/internal/wire/chunk"
	"github.com/hookstep-dev/hookstep/sdk/internal/wire/fromproto"
)

// Bodies that one process holds at the same time, in bytes. A call that finds no room leaves its body with the host.
const bodiesAtOnce = 2 * chunk.Body

func (s *ProviderServer) apply(
	ctx context.Context, stream grpc.ClientStreamingServer[pb.ApplyRequest, pb.ApplyResponse],
) (connection.Additions, error) {
	first, err := stream.Recv()
	if err != nil {
		return connection.Additions{}, err
	}
	head := first.GetHead()
	if head == nil || head.GetBodyBytes() > chunk.Body {
		return connection.Additions{}, misfit()
	}
	size := int(head.GetBodyBytes()) //nolint:gosec // at most chunk.Body
	leave, err := s.bodies.enter(ctx, size)
	if err != nil {
		return connection.Additions{}, err
	}
	defer leave()
	body, err := receiveBody(stream, size)
	if err != nil {
		return connection.Additions{}, err
	}
	settings, token := fromproto.Settings(head.GetSettings()), fromproto.Token(head.GetToken())
	return s.provider.Apply(ctx, settings, token, fromproto.Request(head, body))
}

// receiveBody puts the parts together that follow a head; nil for none.
func receiveBody(stream grpc.ClientStreamingServer[pb.ApplyRequest, pb.ApplyResponse], size int) ([]byte, error) {
	var body []byte
	if size > 0 {
		body = make([]byte, 0, size)
	}
	for {
		message, err := stream.Recv()
		if errors.Is(err, io.EOF) && len(body) == size {
			return body, nil
		}
		if errors.Is(err, io.EOF) {
			return nil, misfit()
		}
		if err != nil {
			return nil, err
		}
		part := message.GetBody()
		if len(part) == 0 || len(part) > size-len(body) {
			return nil, misfit()
		}
		body = append(body, part...)
	}
}

func misfit() *fault.Fault {
	return fault.New(fault.Host, fault.Protocol, "the parts of the request do not fit together")
}

// room bounds how many bytes are held at the same time.
type room struct {
	turn chan struct{} // held by the one who takes, so that nobody waits with half of what he needs
	free chan struct{} // a token for each unit that is taken
}

const unit = 1 << 20

func newRoom(size int) *room {
	return &room{turn: make(chan struct{}, 1), free: make(chan struct{}, size/unit)}
}

// enter takes room for so many bytes, at most as many as there are at all, and gives what gives it back.
func (r *room) enter(ctx context.Context, size int) (leave func(), err error) {
	units := (size + unit - 1) / unit
	select {
	case r.turn <- struct{}{}:
		defer func() { <-r.turn }()
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	for taken := range units {
		select {
		case r.free <- struct{}{}:
		case <-ctx.Done():
			r.leave(taken)
			return nil, context.Cause(ctx)
		}
	}
	return func() { r.leave(units) }, nil
}

func (r *room) leave(units int) {
	for range units {
		<-r.free
	}
}
