package veil

import (
	"context"

	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/redact"
	"github.com/hookstep-dev/hookstep/host/store"
)

// ReadStates implements store.States.
func (s *Store) ReadStates(ctx context.Context, owners ...store.StateOwner) ([][]byte, error) {
	kept, err := s.Store.ReadStates(ctx, owners...)
	if err != nil {
		return nil, err
	}
	for i, owner := range owners {
		if owner.Instance == "" || len(kept[i]) == 0 {
			continue
		}
		set, err := s.set(ctx, flowOf(owner))
		if err != nil {
			return nil, err
		}
		kept[i] = set.RevealBody(kept[i])
	}
	return kept, nil
}

// WriteStates implements store.States.
func (s *Store) WriteStates(ctx context.Context, changes []store.StateChange) error {
	hidden := make([]store.StateChange, len(changes))
	for i, change := range changes {
		set, err := s.set(ctx, flowOf(change.Owner))
		if err != nil {
			return err
		}
		hidden[i] = (&hiding{own: set}).changes([]store.StateChange{change})[0]
	}
	return s.Store.WriteStates(ctx, hidden)
}

func flowOf(owner store.StateOwner) store.Flow {
	return store.Flow(owner)
}

// Shown is a store as operators see it: with marks in the place of secrets. What they write goes through the veil.
type Shown struct {
	store.Store

	veil      *Store
	instances func(integration string) []integration.InstanceName
}

// Shown gives the store as operators see it. Instances lists those of an integration, whose secrets may be in a state that they share.
func (s *Store) Shown(instances func(integration string) []integration.InstanceName) *Shown {
	return &Shown{s.Store, s, instances}
}

// WriteStates implements store.States.
func (s *Shown) WriteStates(ctx context.Context, changes []store.StateChange) error {
	return s.veil.WriteStates(ctx, changes)
}

// ReadStates implements store.States. In a state that instances share, the secrets of all of them are hidden.
func (s *Shown) ReadStates(ctx context.Context, owners ...store.StateOwner) ([][]byte, error) {
	kept, err := s.Store.ReadStates(ctx, owners...)
	if err != nil {
		return nil, err
	}
	for i, owner := range owners {
		if owner.Instance != "" {
			continue
		}
		for _, name := range s.instances(owner.Integration) {
			var set *redact.Set
			if set, err = s.veil.secrets.Of(ctx, store.InstanceKey{Integration: owner.Integration, Instance: name}); err != nil {
				return nil, err
			}
			kept[i] = set.HideBody(kept[i])
		}
	}
	return kept, nil
}
