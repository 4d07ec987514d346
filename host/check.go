package host

import (
	"context"

	"github.com/hookstep-dev/hookstep/host/script"
	"github.com/hookstep-dev/hookstep/sdk/engine"
)

// Check compiles the code of every integration and gives what the engines found, in the author's positions. Nothing runs.
func (h *Host) Check(ctx context.Context) ([]engine.Diagnostic, error) {
	return script.Check(ctx, h.supervisor, h.pipeline.Catalog().Codes())
}
