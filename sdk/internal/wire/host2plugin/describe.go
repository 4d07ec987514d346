package host2plugin

import (
	"context"

	"github.com/hookstep-dev/hookstep/sdk/engine"
	pb "github.com/hookstep-dev/hookstep/sdk/internal/pb/enginev1"
	"github.com/hookstep-dev/hookstep/sdk/internal/wire/fromproto"
)

// Describe implements engine.Engine.
func (e *Engine) Describe(ctx context.Context) (engine.Description, error) {
	response, err := e.client.Describe(ctx, &pb.DescribeRequest{})
	if ctx.Err() != nil {
		return engine.Description{}, context.Cause(ctx)
	}
	if err != nil {
		return engine.Description{}, e.transport(err)
	}
	return fromproto.Description(response), nil
}
