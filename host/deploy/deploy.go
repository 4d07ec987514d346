// Package deploy brings instances into service and takes them out of it.
//
// An instance is deployed when a host starts with it, or reads it again, and it is not what was deployed last: it is new, or its values or
// its integration have changed. Of several hosts one deploys it, and accepts the executions of its flows with `on: deploy` in the
// same transaction. An instance that is disabled is deployed when it is enabled again.
//
// A removed instance stays out of service, over restarts too, until an operator deploys it. Executions that were accepted before an
// instance was disabled or removed go on.
package deploy

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/store"
	"github.com/hookstep-dev/hookstep/sdk/fault"
	"github.com/hookstep-dev/hookstep/sdk/hostapi"
)

const (
	atOnce      = 16               // instances that are deployed at the same time
	refresh     = time.Second      // how long a switch takes at most until each host heeds it
	refreshMore = time.Millisecond // and for each instance that there is
)

// Parts are what a Desk is made of.
type Parts struct {
	Rows store.Instances
	// Prepare makes what the store is asked to accept for a flow that starts with a request.
	Prepare func(flow store.Flow, source store.Source, request *integration.Request) (*store.Acceptance, error)
	// Accept has it accepted by itself.
	Accept func(ctx context.Context, prepared *store.Acceptance) error
	Now    func() time.Time
	Log    *slog.Logger
}

// Desk knows which instances take work. Its methods may be called from several goroutines at once.
type Desk struct {
	parts  Parts
	closed atomic.Pointer[map[store.InstanceKey]*fault.Fault] // why they take none
	poke   chan struct{}

	mu      sync.Mutex
	served  map[store.InstanceKey]member
	pending map[store.InstanceKey]bool // of served, those that are still to be looked at
}

// member is an instance that is served.
type member struct {
	integration *integration.Integration
	instance    *integration.Instance
	digest      string
}

// New makes a desk at which every instance takes work, until Refresh.
func New(parts Parts) *Desk {
	made := &Desk{parts: parts, poke: make(chan struct{}, 1)}
	made.closed.Store(&map[store.InstanceKey]*fault.Fault{})
	return made
}

// Use has the instances of these integrations deployed by Run, where they have changed.
func (d *Desk) Use(integrations []*integration.Integration) {
	served, pending := map[store.InstanceKey]member{}, map[store.InstanceKey]bool{}
	for _, one := range integrations {
		for i := range one.Instances {
			name := store.InstanceKey{Integration: one.ID, Instance: one.Instances[i].Name}
			served[name] = member{one, &one.Instances[i], digest(one, &one.Instances[i])}
			pending[name] = true
		}
	}
	d.mu.Lock()
	d.served, d.pending = served, pending
	d.mu.Unlock()
	select {
	case d.poke <- struct{}{}:
	default: // it knows
	}
}

// Check tells why an instance takes no work, nil if it does: a fault of the code Unavailable for one that is disabled, NotFound for
// one that was removed. It costs no more than a look-up in memory.
func (d *Desk) Check(name store.InstanceKey) error {
	closed := *d.closed.Load()
	if len(closed) == 0 {
		return nil
	}
	if why := closed[name]; why != nil {
		return why
	}
	return nil
}

// Open tells whether an instance takes work.
func (d *Desk) Open(name store.InstanceKey) bool { return d.Check(name) == nil }

// Run heeds switches and deploys instances until ctx ends. While the store cannot be reached, everything stays as it is.
func (d *Desk) Run(ctx context.Context) {
	for ctx.Err() == nil {
		timer := time.NewTimer(d.Turn(ctx))
		select {
		case <-ctx.Done():
		case <-d.poke:
		case <-timer.C:
		}
		timer.Stop()
	}
}

// Turn does what is to be done now and tells how long nothing need be.
func (d *Desk) Turn(ctx context.Context) time.Duration {
	rows, err := d.Refresh(ctx)
	if err == nil {
		d.deployPending(ctx, rows)
	} else if ctx.Err() == nil {
		d.parts.Log.LogAttrs(ctx, slog.LevelWarn, "instances cannot be read; trying again", slog.Any("error", err))
	}
	return refresh + time.Duration(len(rows))*refreshMore
}

// Refresh reads what has been switched.
func (d *Desk) Refresh(ctx context.Context) ([]store.InstanceRow, error) {
	rows, err := d.parts.Rows.ListInstances(ctx)
	if err != nil {
		return nil, err
	}
	closed := map[store.InstanceKey]*fault.Fault{}
	for _, row := range rows {
		switch {
		case row.Digest == store.Removed:
			closed[row.Name] = fault.New(fault.Host, fault.NotFound, "the instance %s was removed", row.Name.Instance)
		case row.Disabled:
			closed[row.Name] = fault.New(fault.Host, fault.Unavailable, "the instance %s is disabled", row.Name.Instance)
		}
	}
	d.closed.Store(&closed)
	return rows, nil
}

// deployPending looks at each instance once, and again at those that cannot be deployed yet.
func (d *Desk) deployPending(ctx context.Context, rows []store.InstanceRow) {
	known := make(map[store.InstanceKey]store.InstanceRow, len(rows))
	for _, row := range rows {
		known[row.Name] = row
	}
	d.mu.Lock()
	pending, served := slices.Collect(maps.Keys(d.pending)), d.served
	d.mu.Unlock()
	places := make(chan struct{}, atOnce)
	var all sync.WaitGroup
	for _, name := range pending {
		places <- struct{}{}
		all.Go(func() {
			defer func() { <-places }()
			if d.deployChanged(ctx, name, served[name], known[name]) {
				d.looked(name, served)
			}
		})
	}
	all.Wait()
}

// looked takes an instance off the pending ones, unless there are others by now.
func (d *Desk) looked(name store.InstanceKey, served map[store.InstanceKey]member) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.served[name] == served[name] {
		delete(d.pending, name)
	}
}

// deployChanged tells whether nothing is left to be done about an instance.
func (d *Desk) deployChanged(ctx context.Context, name store.InstanceKey, of member, row store.InstanceRow) bool {
	switch {
	case row.Digest == store.Removed:
		d.note(ctx, slog.LevelWarn, "the instance was removed and is not served; `hookstep instances deploy` brings it back", name)
		return true
	case row.Digest == of.digest:
		return true
	case row.Disabled:
		return false
	}
	moved, _, err := d.deploy(ctx, name, of)
	if err != nil && ctx.Err() == nil {
		d.note(ctx, slog.LevelWarn, "the instance cannot be deployed; trying again", name, slog.Any("error", err))
	}
	if moved {
		d.note(ctx, slog.LevelInfo, "the instance is deployed", name)
	}
	return err == nil
}

// deploy has the store move an instance to what is served, with the executions of its flows for that.
func (d *Desk) deploy(ctx context.Context, name store.InstanceKey, of member) (moved bool, starts []*store.Acceptance, err error) {
	if starts, err = d.starts(of, integration.OnDeploy, store.Deploy); err != nil {
		return false, nil, err
	}
	moved, err = d.parts.Rows.DeployInstance(ctx, &store.Deployment{Instance: name, Digest: of.digest, At: d.parts.Now(), Starts: starts})
	return moved, starts, err
}

// Deploy brings an instance into service, removed or not, and starts its flows with `on: deploy`, also if it is deployed already. One
// that this host does not serve is store.ErrNotFound.
func (d *Desk) Deploy(ctx context.Context, name store.InstanceKey) error {
	of, err := d.find(name)
	if err != nil {
		return err
	}
	moved, starts, err := d.deploy(ctx, name, of)
	if err != nil {
		return err
	}
	for _, one := range starts {
		if moved {
			break // they are accepted with it
		}
		if err := d.parts.Accept(ctx, one); err != nil {
			return err
		}
	}
	_, err = d.Refresh(ctx)
	return err
}

// Remove takes an instance out of service and starts its flows with `on: remove`, once. One that this host does not serve is
// store.ErrNotFound.
func (d *Desk) Remove(ctx context.Context, name store.InstanceKey) error {
	of, err := d.find(name)
	if err != nil {
		return err
	}
	starts, err := d.starts(of, integration.OnRemove, store.Remove)
	if err != nil {
		return err
	}
	if _, err := d.parts.Rows.DeployInstance(ctx, &store.Deployment{Instance: name, Digest: store.Removed, At: d.parts.Now(), Starts: starts}); err != nil {
		return err
	}
	_, err = d.Refresh(ctx)
	return err
}

func (d *Desk) find(name store.InstanceKey) (member, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if of, known := d.served[name]; known {
		return of, nil
	}
	return member{}, fmt.Errorf("instance %s of integration %s: %w", name.Instance, name.Integration, store.ErrNotFound)
}

// EventHeader is the header that says what started an execution that no webhook started: deploy or remove.
const EventHeader = "hookstep-event"

// starts prepares the executions of an instance's flows for an event.
func (d *Desk) starts(of member, event integration.Event, source store.Source) ([]*store.Acceptance, error) {
	var made []*store.Acceptance
	for i := range of.integration.Flows {
		flow := &of.integration.Flows[i]
		if flow.Trigger.On != event {
			continue
		}
		request := &integration.Request{
			Method: "POST", ReceivedAt: d.parts.Now(), Headers: []hostapi.Header{{Name: EventHeader, Value: string(event)}},
		}
		prepared, err := d.parts.Prepare(store.FlowOf(&integration.Target{Integration: of.integration, Instance: of.instance, Flow: flow}), source, request)
		if err != nil {
			return nil, err
		}
		made = append(made, prepared)
	}
	return made, nil
}

func (d *Desk) note(ctx context.Context, level slog.Level, what string, name store.InstanceKey, more ...slog.Attr) {
	d.parts.Log.LogAttrs(ctx, level, what, append([]slog.Attr{
		slog.String("integration", name.Integration), slog.String("instance", string(name.Instance)),
	}, more...)...)
}
