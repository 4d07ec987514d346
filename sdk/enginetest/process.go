package enginetest

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/hookstep-dev/hookstep/sdk/fault"
	"github.com/hookstep-dev/hookstep/sdk/internal/conformance"
)

func (s *suite) program() conformance.Program { return conformance.Program{Command: *s.target.Command} }

func (s *suite) handshakeLine(ctx context.Context) string { return s.program().Line(ctx) }

func (s *suite) byHand(ctx context.Context) string { return s.program().ByHand(ctx) }

func (s *suite) lifeline(ctx context.Context) string { return s.program().Lifeline(ctx) }

func (s *suite) stop(ctx context.Context) string {
	if s.process == nil {
		return fmt.Sprintf("it does not start: %v", s.broken)
	}
	return conformance.Stop(ctx, s.process)
}

// describeOutput: with the argument "describe" the program prints what it is, as JSON, and ends.
func (s *suite) describeOutput(ctx context.Context) string {
	if s.broken != nil {
		return fmt.Sprintf("there is no engine: %v", s.broken)
	}
	var printed struct {
		Engine *struct {
			Name       string   `json:"name"`
			Extensions []string `json:"extensions"`
		} `json:"engine"`
	}
	if reason := s.program().Describe(ctx, s.process.Plugin(), &printed); reason != "" {
		return reason
	}
	if printed.Engine == nil || printed.Engine.Name != s.description.Name || !slices.Equal(printed.Engine.Extensions, s.description.Extensions) {
		return "what it prints of its engine is not what it serves"
	}
	return ""
}

// drain: a process that is asked to stop finishes what it runs.
func (s *suite) drain(ctx context.Context) string {
	ctx, cancel := context.WithTimeout(ctx, 2*runTime)
	defer cancel()
	running, reason := s.wait(ctx)
	if running == nil {
		return reason
	}
	stopped := make(chan error, 1)
	process := s.process
	go func() { stopped <- process.Stop(ctx) }()
	select {
	case err := <-stopped:
		return fmt.Sprintf("it stopped while it ran an execution: %v", err)
	case <-time.After(300 * time.Millisecond): // time to do it wrong
	}
	if reason := running.finished(); reason != "" {
		return reason
	}
	if err := <-stopped; err != nil {
		return fmt.Sprintf("it does not stop after its execution: %v", err)
	}
	return ""
}

// killed: when the process is killed, what runs on it ends at once with a fault of the engine.
func (s *suite) killed(ctx context.Context) string {
	ctx, cancel := context.WithTimeout(ctx, 2*runTime)
	defer cancel()
	running, reason := s.wait(ctx)
	if running == nil {
		return reason
	}
	s.process.Kill(fault.New(fault.Host, fault.Canceled, "the suite kills it"))
	late, err := running.outcome(conformance.Dying)
	switch {
	case late != "":
		return late
	case !fault.Is(err, fault.WorkerLost):
		return fmt.Sprintf("want a fault %s, got %v", fault.WorkerLost, err)
	}
	select {
	case <-s.process.Exited():
		return ""
	case <-time.After(conformance.Dying):
		return fmt.Sprintf("the process is not gone %s after it was killed", conformance.Dying)
	}
}
