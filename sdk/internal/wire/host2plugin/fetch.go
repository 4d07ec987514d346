package host2plugin

import (
	"context"

	pb "github.com/hookstep-dev/hookstep/sdk/internal/pb/enginev1"
	"github.com/hookstep-dev/hookstep/sdk/internal/wire/fromproto"
	"github.com/hookstep-dev/hookstep/sdk/internal/wire/toproto"
)

func (x *execution) fetch(step string, message *pb.Fetch) (func(context.Context, *pb.Reply), error) {
	request, err := fromproto.Fetch(x.lane.in, step, message)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, reply *pb.Reply) {
		response, err := x.host.Fetch(ctx, request)
		if err != nil {
			reply.Answer = refused(err)
			return
		}
		out := x.lane.message(x)
		reply.Answer = &pb.Reply_Fetched{Fetched: toproto.Fetched(out, &response)}
		if err := out.Err(); err != nil {
			reply.Answer = refused(err)
		}
	}, nil
}
