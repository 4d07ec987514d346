package plugin2host

import (
	"context"

	"github.com/hookstep-dev/hookstep/sdk/hostapi"
	pb "github.com/hookstep-dev/hookstep/sdk/internal/pb/enginev1"
	"github.com/hookstep-dev/hookstep/sdk/internal/wire/fromproto"
	"github.com/hookstep-dev/hookstep/sdk/internal/wire/toproto"
)

// Fetch implements hostapi.Host.
func (x *execution) Fetch(ctx context.Context, request hostapi.FetchRequest) (hostapi.FetchResponse, error) {
	out := x.lane.emitter.message(x)
	question := toproto.Fetch(out, &request)
	if err := out.Err(); err != nil {
		return hostapi.FetchResponse{}, err
	}
	reply, err := x.ask(ctx, &pb.Call{Step: request.Step, Question: &pb.Call_Fetch{Fetch: question}})
	if err != nil {
		return hostapi.FetchResponse{}, err
	}
	if reply.GetFetched() == nil {
		return hostapi.FetchResponse{}, mismatch()
	}
	return fromproto.Fetched(x.lane.in, reply.GetFetched())
}
