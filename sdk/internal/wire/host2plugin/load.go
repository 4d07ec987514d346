package host2plugin

import (
	"context"

	"google.golang.org/grpc"

	"github.com/hookstep-dev/hookstep/sdk/engine"
	"github.com/hookstep-dev/hookstep/sdk/fault"
	"github.com/hookstep-dev/hookstep/sdk/internal/wire/chunk"
	"github.com/hookstep-dev/hookstep/sdk/internal/wire/fromproto"
	"github.com/hookstep-dev/hookstep/sdk/internal/wire/toproto"
)

// Load implements engine.Engine. Sources beyond the limit are refused with a ResultSize fault.
func (e *Engine) Load(ctx context.Context, source engine.Source) (engine.Program, error) {
	size := 0
	for _, file := range source.Files {
		size += len(file.Path) + len(file.Content)
	}
	if size > chunk.Load {
		return engine.Program{}, fault.New(fault.Limit, fault.ResultSize,
			"the source files of %s are %d bytes together, the limit is %d", source.Name, size, chunk.Load)
	}
	response, err := e.client.Load(ctx, toproto.Source(source), grpc.MaxCallSendMsgSize(chunk.Load+1<<20))
	if err != nil && ctx.Err() != nil {
		return engine.Program{}, context.Cause(ctx)
	}
	if err != nil {
		return engine.Program{}, e.transport(err)
	}
	return fromproto.Program(response)
}
