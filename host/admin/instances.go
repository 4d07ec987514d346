package admin

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/store"
)

// Instance is one instance, served by this host or only known of old.
type Instance struct {
	Row      store.InstanceRow
	Served   bool
	Customer string             // its name; empty without one
	Flows    []integration.Slug // of a served one
}

// Instances lists what is served together with what the store knows, by name.
func Instances(ctx context.Context, known store.Instances, served []*integration.Integration) ([]Instance, error) {
	rows, err := known.ListInstances(ctx)
	if err != nil {
		return nil, err
	}
	all := make(map[store.InstanceKey]*Instance, len(rows))
	for _, row := range rows {
		all[row.Name] = &Instance{Row: row}
	}
	for _, one := range served {
		for i := range one.Instances {
			name := store.InstanceKey{Integration: one.ID, Instance: one.Instances[i].Name}
			if all[name] == nil {
				all[name] = &Instance{Row: store.InstanceRow{Name: name}}
			}
			all[name].serve(one, &one.Instances[i])
		}
	}
	made := make([]Instance, 0, len(all))
	for _, one := range all {
		made = append(made, *one)
	}
	slices.SortFunc(made, func(a, b Instance) int {
		return cmp.Or(cmp.Compare(a.Row.Name.Integration, b.Row.Name.Integration), cmp.Compare(a.Row.Name.Instance, b.Row.Name.Instance))
	})
	return made, nil
}

func (i *Instance) serve(of *integration.Integration, instance *integration.Instance) {
	i.Served = true
	if instance.Customer != nil {
		i.Customer = instance.Customer.Name
	}
	for _, flow := range of.Flows {
		i.Flows = append(i.Flows, flow.Slug)
	}
}

// Switches is what SwitchInstance needs.
type Switches struct {
	Known    store.Instances
	Served   []*integration.Integration
	Deployer Deployer
}

// SwitchInstance disables or enables an instance that is served or known, and was not removed. This host keeps to it at once, others
// within seconds.
func SwitchInstance(ctx context.Context, of Switches, name store.InstanceKey, disabled bool, at time.Time) error {
	all, err := Instances(ctx, of.Known, of.Served)
	if err != nil {
		return err
	}
	known := slices.IndexFunc(all, func(one Instance) bool { return one.Row.Name == name })
	if known < 0 {
		return noInstance(name)
	}
	if all[known].Row.Digest == store.Removed {
		return store.Conflictf("instance %s of integration %s was removed: deploy brings it back", name.Instance, name.Integration)
	}
	if err := of.Known.SwitchInstance(ctx, name, disabled, at); err != nil {
		return err
	}
	_, _ = of.Deployer.Refresh(ctx) // the switch is kept, and looked at again soon
	return nil
}

func noInstance(name store.InstanceKey) error {
	return fmt.Errorf("instance %s of integration %s: %w", name.Instance, name.Integration, store.ErrNotFound)
}
