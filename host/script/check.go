package script

import (
	"context"
	"maps"
	"slices"

	"github.com/hookstep-dev/hookstep/sdk/engine"
)

// Compiler compiles without running.
type Compiler interface {
	// Compile gives what an engine finds in each of the sources, in their order.
	Compile(ctx context.Context, engineName string, sources []engine.Source) ([]engine.Program, error)
}

// Check compiles code and gives the engines' findings in the author's positions.
func Check(ctx context.Context, compiler Compiler, codes []*Code) ([]engine.Diagnostic, error) {
	byEngine := map[string][]*Code{}
	for _, code := range codes {
		byEngine[code.engine] = append(byEngine[code.engine], code)
	}
	var findings []engine.Diagnostic
	for _, name := range slices.Sorted(maps.Keys(byEngine)) {
		found, err := check(ctx, compiler, name, byEngine[name])
		if err != nil {
			return findings, err
		}
		findings = append(findings, found...)
	}
	return findings, nil
}

func check(ctx context.Context, compiler Compiler, engineName string, codes []*Code) ([]engine.Diagnostic, error) {
	sources := make([]engine.Source, len(codes))
	for i, code := range codes {
		sources[i] = code.source
	}
	programs, err := compiler.Compile(ctx, engineName, sources)
	if err != nil {
		return nil, err
	}
	var findings []engine.Diagnostic
	for i, code := range codes {
		findings = append(findings, code.shown(programs[i].Diagnostics)...)
	}
	return findings, nil
}
