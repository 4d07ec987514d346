package host

import (
	"context"
	"slices"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/hookstep-dev/hookstep/host/connect"
	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/redact"
	"github.com/hookstep-dev/hookstep/host/store"
	"github.com/hookstep-dev/hookstep/sdk/fault"
)

// secretsOf gives the secrets of the connections of a target's instance, as they are known without asking any service.
type secretsOf func(ctx context.Context, target *integration.Target) ([]redact.Secret, error)

// secrets knows what is not to be seen of the instances that are served: the secrets of their connections, and their API keys. It
// is for the veil before the store, for what code tells, and for the log.
type secrets struct {
	registry    *redact.Registry
	connections secretsOf
	served      atomic.Pointer[map[store.InstanceKey]*owned]
}

// owned is an instance with its API keys.
type owned struct {
	target integration.Target // without a flow
	keys   []redact.Secret
}

func newSecrets(longest time.Duration, connections secretsOf) *secrets {
	made := &secrets{registry: redact.NewRegistry(max(longest, time.Hour), time.Now), connections: connections}
	made.served.Store(&map[store.InstanceKey]*owned{})
	return made
}

// use is told what is served.
func (s *secrets) use(integrations []*integration.Integration) {
	served := map[store.InstanceKey]*owned{}
	for _, one := range integrations {
		for i := range one.Instances {
			target := integration.Target{Integration: one, Instance: &one.Instances[i]}
			served[keyOf(&target)] = &owned{target: target, keys: apiKeys(one, target.Instance)}
		}
	}
	s.served.Store(&served)
}

func keyOf(target *integration.Target) store.InstanceKey {
	return store.InstanceKey{Integration: target.Integration.ID, Instance: target.Instance.Name}
}

func ownerOf(name store.InstanceKey) redact.Owner {
	return redact.Owner{Integration: name.Integration, Instance: string(name.Instance)}
}

// apiKeys names the keys of an instance in the order of its flows.
func apiKeys(of *integration.Integration, instance *integration.Instance) []redact.Secret {
	var keys []redact.Secret
	seen := map[string]bool{}
	for i := range of.Flows {
		name := of.Flows[i].Name
		for number, key := range instance.APIKeys[name] {
			if !seen[key] {
				seen[key] = true
				keys = append(keys, redact.Secret{Name: "apiKeys." + string(name) + "." + strconv.Itoa(number+1), Value: key})
			}
		}
	}
	return keys
}

// Of implements veil.Secrets. Of an instance that is not served any more it gives what was known last.
func (s *secrets) Of(ctx context.Context, name store.InstanceKey) (*redact.Set, error) {
	one := (*s.served.Load())[name]
	if one == nil {
		return s.registry.Of(ownerOf(name)), nil
	}
	known, err := s.connections(ctx, &one.target)
	if err != nil {
		if last := s.registry.Of(ownerOf(name)); last != nil {
			return last, nil
		}
		return nil, err
	}
	return s.registry.Learn(ownerOf(name), slices.Concat(known, one.keys)), nil
}

// Learn implements scope.Secrets.
func (s *secrets) Learn(ctx context.Context, target *integration.Target) error {
	_, err := s.Of(ctx, keyOf(target))
	return err
}

// Known implements scope.Secrets.
func (s *secrets) Known(execution *integration.Execution) *redact.Set {
	own := s.registry.Of(ownerOf(keyOf(&execution.Target)))
	return redact.Beside(own, redact.Callers(execution.Request.Headers))
}

// Fault implements scope.Secrets. All instances of an integration share the engine's process, so what the engine failed of may tell
// of another one's.
func (s *secrets) Fault(execution *integration.Execution, of *fault.Fault) *fault.Fault {
	if of == nil {
		return nil
	}
	return s.registry.Fault(s.Known(execution).Fault(of))
}

// ofProvider hides what a connection's provider is about to be told, in the log and whatever else concerns everybody. It is an owner
// beside the instances, which know the same secrets once their code has them.
func (s *secrets) ofProvider(of store.ConnectionKey, known []connect.Secret) {
	made := make([]redact.Secret, len(known))
	for i, secret := range known {
		made[i] = redact.Secret(secret)
	}
	s.registry.Learn(redact.Owner{Integration: of.Integration, Instance: "\x00" + string(of.Instance) + "\x00" + of.Name}, made)
}

// instancesOf lists the instances of an integration that are served.
func (s *secrets) instancesOf(id string) []integration.InstanceName {
	var names []integration.InstanceName
	for name := range *s.served.Load() {
		if name.Integration == id {
			names = append(names, name.Instance)
		}
	}
	return names
}

// secretsOf gives the secrets of a target's connections.
func (h *Host) secretsOf(ctx context.Context, target *integration.Target) ([]redact.Secret, error) {
	known, err := h.connections.Secrets(ctx, target)
	made := make([]redact.Secret, len(known))
	for i, secret := range known {
		made[i] = redact.Secret(secret)
	}
	return made, err
}
