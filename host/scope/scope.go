// Package scope answers what running code asks of its host.
//
// One Scope serves one execution. It refuses what was not granted.
package scope

import (
	"context"
	"log/slog"
	"sync"

	"github.com/hookstep-dev/hookstep/host/handle"
	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/redact"
	"github.com/hookstep-dev/hookstep/sdk/fault"
	"github.com/hookstep-dev/hookstep/sdk/hostapi"
)

// Invoke starts a sibling flow for a running execution and gives its answer.
type Invoke func(ctx context.Context, parent *integration.Execution, request hostapi.InvokeRequest) (hostapi.InvokeResponse, error)

// Secrets knows what is not to be told of what code does.
type Secrets interface {
	// Learn finds out what the secrets of a target's instance are. It is called before code runs.
	Learn(ctx context.Context, target *integration.Target) error
	// Known gives them as they are known by now, and what the execution's caller showed of who it is; nil for none.
	Known(execution *integration.Execution) *redact.Set
	// Fault hides secrets in what code, or its engine, failed of.
	Fault(execution *integration.Execution, of *fault.Fault) *fault.Fault
}

// Shared is what all executions have in common.
type Shared struct {
	Log         *slog.Logger
	Secrets     Secrets // nil: nothing is hidden
	Fetcher     *Fetcher
	Credentials Credentials // nil: no connection can be used
	Handles     handle.Key  // of what code sees in place of secrets, where it sees none
	Invoke      Invoke
	MaxLines    int // log lines of one execution that are kept; the rest is counted
	MaxHeld     int // bytes of log lines that one execution may have collected and not drained; the rest is counted
	MaxDepth    int // flows that may be waiting for each other
}

// Scope implements hostapi.Host for one execution.
type Scope struct {
	shared    *Shared
	execution *integration.Execution

	collect bool

	mu  sync.Mutex
	log journal
}

// For makes the scope of an execution. With collect, Lines and Drain give its log lines.
func (s *Shared) For(execution *integration.Execution, collect bool) *Scope {
	return &Scope{shared: s, execution: execution, collect: collect}
}

// Fetch implements hostapi.Host.
func (s *Scope) Fetch(ctx context.Context, request hostapi.FetchRequest) (hostapi.FetchResponse, error) {
	if request.Connection == "" && !s.execution.Target.Integration.HidesSecrets {
		return s.shared.Fetcher.Fetch(ctx, request)
	}
	outbound, err := outbound(ctx, request)
	if err != nil {
		return hostapi.FetchResponse{}, err
	}
	loans, err := s.loans(ctx, outbound, &request)
	if err != nil {
		return hostapi.FetchResponse{}, err
	}
	return s.shared.Fetcher.fetchWith(ctx, outbound, &request, loans)
}

// InvokeFlow implements hostapi.Host.
func (s *Scope) InvokeFlow(ctx context.Context, request hostapi.InvokeRequest) (hostapi.InvokeResponse, error) {
	if s.execution.Depth >= s.shared.MaxDepth {
		return hostapi.InvokeResponse{}, fault.New(fault.Host, fault.Refused,
			"invokeFlow %q: %d flows are waiting for each other already, which is the limit", request.Flow, s.shared.MaxDepth)
	}
	return s.shared.Invoke(ctx, s.execution, request)
}
