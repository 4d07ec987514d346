package host

import (
	"context"

	"github.com/hookstep-dev/hookstep/sdk/engine"
)

// Check compiles the code of every integration and gives what the engines found, in the author's positions. Nothing runs.
func (h *Host) Check(ctx context.Context) ([]engine.Diagnostic, error) {
	var findings []engine.Diagnostic
	for _, code := range h.pipeline.Catalog().Codes() {
		found, err := h.runner.Check(ctx, code.Code)
		if err != nil {
			return findings, err
		}
		findings = append(findings, found...)
	}
	return findings, nil
}
