package plugin2host

import (
	"context"

	"github.com/hookstep-dev/hookstep/sdk/hostapi"
	pb "github.com/hookstep-dev/hookstep/sdk/internal/pb/enginev1"
	"github.com/hookstep-dev/hookstep/sdk/internal/wire/fromproto"
	"github.com/hookstep-dev/hookstep/sdk/internal/wire/toproto"
)

// InvokeFlow implements hostapi.Host.
func (x *execution) InvokeFlow(ctx context.Context, request hostapi.InvokeRequest) (hostapi.InvokeResponse, error) {
	out := x.lane.emitter.message(x)
	question := toproto.InvokeFlow(out, &request)
	if err := out.Err(); err != nil {
		return hostapi.InvokeResponse{}, err
	}
	reply, err := x.ask(ctx, &pb.Call{Step: request.Step, Question: &pb.Call_InvokeFlow{InvokeFlow: question}})
	if err != nil {
		return hostapi.InvokeResponse{}, err
	}
	if reply.GetFlowInvoked() == nil {
		return hostapi.InvokeResponse{}, mismatch()
	}
	return fromproto.FlowInvoked(x.lane.in, reply.GetFlowInvoked())
}
