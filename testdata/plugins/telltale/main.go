// Command telltale is an engine that tells all that it knows in its last words: it writes the context of the execution to its log,
// then panics with it. Tests run it to see that a host lets no secret of them get anywhere.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"

	"github.com/hookstep-dev/hookstep/sdk"
	"github.com/hookstep-dev/hookstep/sdk/engine"
	"github.com/hookstep-dev/hookstep/sdk/hostapi"
)

func main() {
	sdk.Serve(sdk.Plugin{Name: "telltale", Version: "1.0.0", Engine: telltale{}})
}

type telltale struct{}

// Describe implements engine.Engine.
func (telltale) Describe(context.Context) (engine.Description, error) {
	return engine.Description{Name: "telltale", Version: "1.0.0", Language: "none", Extensions: []string{".tale"}}, nil
}

// Load implements engine.Engine.
func (telltale) Load(context.Context, engine.Source) (engine.Program, error) {
	return engine.Program{ID: "the only one"}, nil
}

// Lane implements engine.Engine.
func (t telltale) Lane(context.Context) (engine.Lane, error) { return t, nil }

// Close implements engine.Lane.
func (telltale) Close() error { return nil }

// Run implements engine.Lane.
func (telltale) Run(_ context.Context, run engine.Run, _ hostapi.Host, _ engine.StepDone) error {
	var known struct {
		ConfigVars map[string]any `json:"configVars"`
	}
	if err := json.Unmarshal(run.Context, &known); err != nil {
		return err
	}
	for name, value := range known.ConfigVars {
		fmt.Fprintln(os.Stderr, "telltale knows", name, value)
	}
	fmt.Fprintf(os.Stderr, "telltale ends with %s\n", run.Context)
	panic(fmt.Sprintf("telltale cannot go on with %q", run.Context))
}
