package launch

import (
	"context"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/health/grpc_health_v1"

	"github.com/hookstep-dev/hookstep/sdk/connection"
	"github.com/hookstep-dev/hookstep/sdk/engine"
	"github.com/hookstep-dev/hookstep/sdk/fault"
	"github.com/hookstep-dev/hookstep/sdk/internal/handshake"
	"github.com/hookstep-dev/hookstep/sdk/internal/pb/pluginv1"
)

// Process is a plugin that was started. Its methods may be called from several goroutines.
type Process struct {
	child       *child
	conn        *grpc.ClientConn
	boot        string
	description Description
	engine      engine.Engine
	provider    connection.Provider
}

// Plugin is what the plugin said of itself.
func (p *Process) Plugin() Description { return p.description }

// Engine is the engine that the process serves, nil if it serves none. When the process ends, whatever runs on it gets a
// WorkerLost fault at once.
func (p *Process) Engine() engine.Engine { return p.engine }

// Provider is the connection provider that the process serves, nil if it serves none. When the process ends, whatever was
// asked of it gets a WorkerLost fault at once. A call whose context has no deadline is given 30 seconds; one whose context
// ends returns its cause.
func (p *Process) Provider() connection.Provider { return p.provider }

// BootID is different for every process that was ever started.
func (p *Process) BootID() string { return p.boot }

// PID is the process id. It means nothing after Exited.
func (p *Process) PID() int { return p.child.pid }

// Exited is closed when the process has ended, by itself or not, and everything it had is given back: its group, pipes,
// connection and folder.
func (p *Process) Exited() <-chan struct{} { return p.child.exited }

// Dying is closed as soon as the process is of no more use: it was killed, though it may not be gone yet, or it ended.
func (p *Process) Dying() <-chan struct{} { return p.child.dying }

// Err tells why the process ended; nil while it runs. It is the reason given to Kill, a Memory fault, or a WorkerLost
// fault with the exit status or signal and the last line of the process's log. An orderly end is a WorkerLost fault too.
func (p *Process) Err() error {
	select {
	case <-p.child.gone:
		return p.child.err
	default:
		return nil
	}
}

// Ping asks for the health of the process.
func (p *Process) Ping(ctx context.Context) error {
	request := &grpc_health_v1.HealthCheckRequest{Service: handshake.HealthService}
	response, err := grpc_health_v1.NewHealthClient(p.conn).Check(ctx, request)
	switch {
	case err != nil && ctx.Err() != nil:
		return context.Cause(ctx)
	case err != nil:
		return fault.New(fault.Engine, fault.Unavailable, "the plugin does not answer: %v", err)
	case response.GetStatus() != grpc_health_v1.HealthCheckResponse_SERVING:
		return fault.New(fault.Engine, fault.Unavailable, "the plugin says of its health: %s", response.GetStatus())
	default:
		return nil
	}
}

// RSS is the memory of the process in bytes, 0 where that is not known.
func (p *Process) RSS() int64 {
	usage, err := readUsage(p.child.pid)
	if err != nil {
		return 0
	}
	return usage.resident
}

// Stop lets running executions and calls come to their end and then ends the process. When that takes longer than ctx, it kills the
// process and returns ctx's cause, or a WorkerLost fault if the process didn't end although it was time. It returns when
// the process has ended.
func (p *Process) Stop(ctx context.Context) error {
	request := &pluginv1.StopRequest{GraceMs: grace(ctx)}
	_, _ = pluginv1.NewPluginClient(p.conn).Stop(ctx, request) // what counts is the end of the process
	p.child.letGo()                                            // a plugin ends with its standard input
	late := fault.New(fault.Engine, fault.WorkerLost, "the plugin did not stop when it was asked to")
	select {
	case <-p.child.exited:
		return nil
	case <-time.After(linger):
	case <-ctx.Done():
	}
	p.Kill(late)
	if p.child.bury() {
		<-p.child.exited
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return late
}

// How long a process may take to exit after it has answered Stop.
const linger = 2 * time.Second

func grace(ctx context.Context) uint32 {
	const longest = time.Hour
	left := longest
	if deadline, limited := ctx.Deadline(); limited {
		left = max(0, min(time.Until(deadline), longest))
	}
	return uint32(left.Milliseconds()) //nolint:gosec // 0 to an hour
}

// Kill ends the process and all that it started, at once, and returns without waiting. The first reason counts.
func (p *Process) Kill(reason *fault.Fault) { p.child.kill(reason) }
