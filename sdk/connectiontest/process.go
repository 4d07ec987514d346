package connectiontest

import (
	"context"
	"fmt"
	"time"

	"github.com/hookstep-dev/hookstep/sdk/connection"
	"github.com/hookstep-dev/hookstep/sdk/fault"
	"github.com/hookstep-dev/hookstep/sdk/internal/conformance"
)

func (s *suite) program() conformance.Program { return conformance.Program{Command: *s.target.Command} }

// starts: the process starts and describes itself as a plugin.
func (s *suite) starts(context.Context) string {
	if s.process == nil {
		return fmt.Sprintf("it does not start: %v", s.broken)
	}
	about := s.process.Plugin()
	if !about.Provider {
		return "it does not say that it offers a connection provider"
	}
	return conformance.Introduces(about)
}

func (s *suite) line(ctx context.Context) string { return s.program().Line(ctx) }

func (s *suite) byHand(ctx context.Context) string { return s.program().ByHand(ctx) }

func (s *suite) lifeline(ctx context.Context) string { return s.program().Lifeline(ctx) }

func (s *suite) health(ctx context.Context) string {
	if s.process == nil {
		return fmt.Sprintf("it does not start: %v", s.broken)
	}
	return conformance.Health(ctx, s.process)
}

func (s *suite) stop(ctx context.Context) string {
	if s.process == nil {
		return fmt.Sprintf("it does not start: %v", s.broken)
	}
	return conformance.Stop(ctx, s.process)
}

// stopFinishes: a token that is being made when the process is asked to stop is still handed out. The service may give no other.
func (sc *scene) stopFinishes(ctx context.Context) string {
	token, reason := sc.obtain(ctx)
	if reason != "" {
		return reason
	}
	held := newWaiting(sc.server.grantToken)
	sc.server.behave(held.ServeHTTP)
	done := sc.refresh(ctx, token)
	if !arrives(held.arrived) {
		return "its request does not arrive"
	}
	process := sc.suite.process
	stopped := make(chan error, 1)
	go func() { stopped <- process.Stop(ctx) }()
	select {
	case <-process.Exited():
		return "it ended while it renewed a token"
	case <-time.After(300 * time.Millisecond): // time to do it wrong
	}
	close(held.free)
	if got := <-done; got.err != nil {
		return fmt.Sprintf("the call that was under way gives %s", brief(got.err))
	}
	if err := <-stopped; err != nil {
		return fmt.Sprintf("it does not stop after its call: %v", err)
	}
	return ""
}

// killedWhileItRenews: when the process is killed, whoever waits for it is told at once.
func (sc *scene) killedWhileItRenews(ctx context.Context) string {
	token, reason := sc.obtain(ctx)
	if reason != "" {
		return reason
	}
	held := newWaiting(nil)
	sc.server.behave(held.ServeHTTP)
	done := sc.refresh(ctx, token)
	if !arrives(held.arrived) {
		return "its request does not arrive"
	}
	sc.suite.process.Kill(fault.New(fault.Host, fault.Canceled, "the suite kills it"))
	select {
	case got := <-done:
		if !fault.Is(got.err, fault.WorkerLost) {
			return fmt.Sprintf("want a fault %s, got %s", fault.WorkerLost, brief(got.err))
		}
		return ""
	case <-time.After(patience):
		return "the call goes on without a process"
	}
}

// killed: calls of a process that was killed end with a fault that says so.
func (s *suite) killed(ctx context.Context) string {
	if s.process == nil {
		return fmt.Sprintf("it does not start: %v", s.broken)
	}
	provider, process := s.provider, s.process
	calls := make(chan string, 1)
	go func() {
		calls <- atOnce(func(int) string { return untilLost(ctx, provider) })
	}()
	process.Kill(fault.New(fault.Host, fault.Canceled, "the suite kills it"))
	<-process.Exited()
	select {
	case reason := <-calls:
		return reason
	case <-time.After(patience):
		return "calls go on without a process"
	}
}

// untilLost calls until the process is lost, and gives what else happens.
func untilLost(ctx context.Context, provider connection.Provider) string {
	for {
		_, err := provider.Describe(ctx)
		switch {
		case fault.Is(err, fault.WorkerLost):
			return ""
		case err != nil:
			return fmt.Sprintf("want a fault %s, got %s", fault.WorkerLost, brief(err))
		}
	}
}

// logs: nothing that any process of the target has written holds a secret.
func (s *suite) logs(context.Context) string {
	s.close() // so that all is written
	if found := s.secrets.within(s.log.all()); found != "" {
		return "the log of the process holds " + found
	}
	return ""
}
