// Package pipeline takes a webhook through the stages to its answer.
//
// Answer is the table of contents of the program: route, verify, trigger, queue, steps, respond.
package pipeline

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/hookstep-dev/hookstep/host/history"
	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/respond"
	"github.com/hookstep-dev/hookstep/host/scope"
	"github.com/hookstep-dev/hookstep/host/steps"
	"github.com/hookstep-dev/hookstep/host/store"
	"github.com/hookstep-dev/hookstep/host/trigger"
	"github.com/hookstep-dev/hookstep/host/verify"
	"github.com/hookstep-dev/hookstep/sdk/fault"
	"github.com/hookstep-dev/hookstep/sdk/hostapi"
)

// Observer is told what happens.
type Observer interface {
	// Answered is called once for each request, before the answer is written. The pointers of the execution's target are nil if
	// no flow was found. Ran tells whether the execution ran as far as it will: one that was accepted has yet to.
	Answered(execution *integration.Execution, outcome *integration.Outcome, status int, ran bool)
	// Accepted is called when an execution was kept to be run, which took the store so long.
	Accepted(execution *integration.Execution, took time.Duration)
	// Tried is called after each run of a kept execution: with the status that it has now, and an outcome that has the steps
	// of this run only.
	Tried(execution *integration.Execution, outcome *integration.Outcome, status store.Status)
}

// Rooms are the parts that a pipeline joins.
type Rooms struct {
	Verify   *verify.Verifier
	Steps    *steps.Stage
	Scope    scope.Shared      // its Invoke is the pipeline's to set
	Store    store.Store       // nil: nothing is kept, and what is asynchronous runs while its caller waits
	Recorder *history.Recorder // nil only without a Store: executions that ran in memory leave no record
	// Serving tells why an instance takes no webhooks, nil if it does. With a nil Serving, every one does.
	Serving func(name store.InstanceKey) error
	NewID   func(at time.Time) integration.ExecutionID
	Now     func() time.Time
	Random  func() float64 // from 0 to below 1
	Watch   Observer
}

// Pipeline answers requests. Its methods may be called from several goroutines at once, after the first Use.
type Pipeline struct {
	rooms   Rooms
	catalog atomic.Pointer[Catalog]
}

// New joins the rooms.
func New(rooms Rooms) *Pipeline {
	p := &Pipeline{rooms: rooms}
	p.rooms.Scope.Invoke = p.invoke
	return p
}

// Use serves a catalog from now on. Executions under way keep the one they began with.
func (p *Pipeline) Use(catalog *Catalog) { p.catalog.Store(catalog) }

// Catalog is the one in use.
func (p *Pipeline) Catalog() *Catalog { return p.catalog.Load() }

// Report is what became of a request.
type Report struct {
	Execution *integration.Execution
	Outcome   *integration.Outcome // its Fault is also what kept the execution from starting
	Response  integration.Response
	Lines     []hostapi.Line // the log of its code, where it was asked for
	Dropped   int            // lines beyond the quota

	unkept error                 // why the store did not keep it
	first  *integration.Response // of a duplicate
}

// Answer takes a webhook all the way.
func (p *Pipeline) Answer(ctx context.Context, request *integration.Request) integration.Response {
	return p.answer(ctx, request, false).Response
}

// Trace does what Answer does and tells what happened on the way.
func (p *Pipeline) Trace(ctx context.Context, request *integration.Request) *Report {
	return p.answer(ctx, request, true)
}

// Refuse answers what did not become a request.
func (p *Pipeline) Refuse(of *fault.Fault) integration.Response {
	return p.refuse(p.begin(&integration.Request{ReceivedAt: p.rooms.Now()}), of).Response
}

// begin gives a request its execution.
func (p *Pipeline) begin(request *integration.Request) *integration.Execution {
	return &integration.Execution{ID: p.rooms.NewID(request.ReceivedAt), Request: request, StartedAt: request.ReceivedAt}
}

func (p *Pipeline) answer(ctx context.Context, request *integration.Request, collect bool) *Report {
	execution := p.begin(request)
	catalog := p.catalog.Load()

	target, err := catalog.table.Find(request.Path)
	if err != nil {
		return p.refuse(execution, err)
	}
	execution.Target = target
	if err := p.rooms.Verify.Check(request, target, request.ReceivedAt); err != nil {
		return p.refuse(execution, err)
	}
	if err := p.serving(&target); err != nil {
		return p.refuse(execution, err)
	}
	payload, err := trigger.Payload(request, target.PathFragment)
	if err != nil {
		return p.refuse(execution, err)
	}
	return p.enter(ctx, p.entry(catalog.plan(target), execution, payload, store.Webhook, collect))
}

func (p *Pipeline) serving(target *integration.Target) error {
	if p.rooms.Serving == nil {
		return nil
	}
	return p.rooms.Serving(store.InstanceKey{Integration: target.Integration.ID, Instance: target.Instance.Name})
}

// enter runs an execution whose caller waits, or accepts it to be run.
func (p *Pipeline) enter(ctx context.Context, in *entry) *Report {
	switch {
	case p.isKept(in.execution):
		return p.accept(ctx, in)
	case p.rooms.Store != nil && !in.execution.Target.Flow.Dedupe.Key.IsZero():
		return p.once(ctx, in)
	}
	return p.ended(in, p.rooms.Steps.Run(ctx, in.job()))
}

// refuse answers a request that started no code.
func (p *Pipeline) refuse(execution *integration.Execution, err error) *Report {
	report := &Report{
		Execution: execution,
		Outcome:   &integration.Outcome{Fault: fault.As(err, fault.Host)},
		Response:  respond.Fault(execution.ID, err),
	}
	p.rooms.Watch.Answered(execution, report.Outcome, report.Response.Status, false)
	return report
}
