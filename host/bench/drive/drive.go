// Package drive sends executions whose steps do nothing through stores, so that the stores decide the figures.
package drive

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/hookstep-dev/hookstep/host/bench/load"
	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/store"
	"github.com/hookstep-dev/hookstep/sdk/engine"
	"github.com/hookstep-dev/hookstep/sdk/value"
)

// Host is one host's part of a database.
type Host struct {
	Store store.Store
	NewID func(at time.Time) integration.ExecutionID
}

// Plan says how much to send.
type Plan struct {
	Callers int           // that each wait for the end of an execution before they begin the next
	For     time.Duration //
	Steps   int           // of each execution; each result is committed
	Payload []byte        // of each request, and the result of each step
}

// slots is how many executions each host works on at once.
const slots = 64

// Run sends executions, from each caller by the hosts in turn, and has the hosts work on them. The latencies are those
// from before an execution is accepted until its end is committed.
func Run(ctx context.Context, hosts []Host, plan *Plan) (load.Sample, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	run := &run{plan: plan, hosts: hosts, fail: cancel}
	working, stop := context.WithCancel(ctx)
	var workers sync.WaitGroup
	for _, host := range hosts {
		workers.Go(func() {
			if err := host.Store.Work(working, slots, func(ctx context.Context, claim *store.Claim) { run.take(ctx, host, claim) }); err != nil {
				cancel(err)
			}
		})
	}
	sample := run.callers(ctx)
	stop()
	workers.Wait()
	return sample, context.Cause(ctx)
}

type run struct {
	plan  *Plan
	hosts []Host
	fail  context.CancelCauseFunc
	ended sync.Map // of integration.ExecutionID: chan struct{}, closed at the end
}

func (r *run) callers(ctx context.Context) load.Sample {
	latencies := make([][]time.Duration, r.plan.Callers)
	began := time.Now()
	var group sync.WaitGroup
	for i := range latencies {
		group.Go(func() {
			for time.Since(began) < r.plan.For && ctx.Err() == nil {
				before := time.Now()
				if err := r.once(ctx, r.hosts[(i+len(latencies[i]))%len(r.hosts)]); err != nil {
					r.fail(err)
					return
				}
				latencies[i] = append(latencies[i], time.Since(before))
			}
		})
	}
	group.Wait()
	return load.Summarize(slices.Concat(latencies...), time.Since(began))
}

// once has a host accept an execution, and waits until one of them has ended it.
func (r *run) once(ctx context.Context, host Host) error {
	now := time.Now()
	id, ended := host.NewID(now), make(chan struct{})
	r.ended.Store(id, ended)
	defer r.ended.Delete(id)
	if _, err := host.Store.Accept(ctx, Acceptance(id, now, r.plan.Payload)); err != nil {
		return fmt.Errorf("accepting: %w", err)
	}
	select {
	case <-ended:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// Flow is the flow of all executions.
func Flow() store.Flow { return store.Flow{Integration: "drive", Instance: "drive", Flow: "drive"} }

// Acceptance asks for an execution that a webhook with a payload started.
func Acceptance(id integration.ExecutionID, at time.Time, payload []byte) *store.Acceptance {
	request := &integration.Request{Method: "POST", Path: "/hooks/drive/drive", ContentType: "application/json", Body: payload, ReceivedAt: at}
	return &store.Acceptance{ID: id, Flow: Flow(), Source: store.Webhook, StartedAt: at, Input: &store.Input{Request: request}}
}

// take commits every step but the last one, whose result travels with the end.
func (r *run) take(ctx context.Context, host Host, claim *store.Claim) {
	for i := len(claim.Done); i < r.plan.Steps-1; i++ {
		if err := host.Store.Commit(ctx, claim, r.step(i), nil); err != nil {
			r.lose(err)
			return
		}
	}
	now := time.Now()
	if err := host.Store.Finish(ctx, claim, &store.End{Status: store.Succeeded, Last: r.step(r.plan.Steps - 1), At: now}); err != nil {
		r.lose(err)
		return
	}
	if ended, waited := r.ended.Load(claim.Execution.ID); waited {
		close(ended.(chan struct{})) //nolint:forcetypeassert // nothing else is stored
	}
}

// lose ends the run, unless a claim has just gone to another host.
func (r *run) lose(err error) {
	if !errors.Is(err, store.ErrLost) {
		r.fail(fmt.Errorf("working: %w", err))
	}
}

func (r *run) step(position int) *store.Step {
	result := engine.StepResult{Key: fmt.Sprintf("step%d", position+1), Results: value.JSON(r.plan.Payload)}
	return &store.Step{Position: position, Result: result, EndedAt: time.Now()}
}
