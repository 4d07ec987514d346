// Package route finds the flow that a URL path is for.
package route

import (
	"fmt"
	"strings"

	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/sdk/fault"
)

// Table maps paths to targets. It does not change after New; looking up costs the same whatever its size.
type Table struct {
	named   map[address]*integration.Target
	byToken map[string]*integration.Target
	targets []*integration.Target
}

type address struct {
	instance integration.InstanceName
	flow     integration.Slug
}

// New makes the table of all flows of all instances. Every address that is taken twice is named in the error.
func New(integrations []*integration.Integration) (*Table, error) {
	table := &Table{named: map[address]*integration.Target{}, byToken: map[string]*integration.Target{}}
	var clashes []string
	for _, one := range integrations {
		for i := range one.Instances {
			clashes = append(clashes, table.add(one, &one.Instances[i])...)
		}
	}
	if len(clashes) > 0 {
		return nil, fault.New(fault.User, fault.Refused, "%s", strings.Join(clashes, "\n"))
	}
	return table, nil
}

func (t *Table) add(of *integration.Integration, instance *integration.Instance) []string {
	var clashes []string
	for i := range of.Flows {
		target := &integration.Target{Integration: of, Instance: instance, Flow: &of.Flows[i]}
		if other := t.put(instance.Endpoints[target.Flow.Name], target); other != nil {
			clashes = append(clashes, fmt.Sprintf("%s: the flow %q of the instance %s has the address of the flow %q of %s; rename one of them",
				of.File, target.Flow.Name, instance.Name, other.Flow.Name, other.Integration.File))
		}
	}
	return clashes
}

// put gives the target that has the endpoint already, nil if it was free.
func (t *Table) put(at integration.Endpoint, target *integration.Target) *integration.Target {
	if at == (integration.Endpoint{}) {
		at = integration.Endpoint{Instance: target.Instance.Name, Flow: target.Flow.Slug}
	}
	named := address{at.Instance, at.Flow}
	other := t.named[named]
	if at.Token != "" {
		other = t.byToken[at.Token]
	}
	if other != nil {
		return other
	}
	t.targets = append(t.targets, target)
	if at.Token != "" {
		t.byToken[at.Token] = target
		return nil
	}
	t.named[named] = target
	return nil
}

// Find gives the target of a path and what follows it as the path fragment. Without one the fault is NotFound: it says
// what was looked for and nothing about what else there is.
func (t *Table) Find(path string) (integration.Target, error) {
	rest, ok := strings.CutPrefix(path, integration.HooksPath)
	if !ok {
		return integration.Target{}, notFound(path)
	}
	first, rest, _ := strings.Cut(rest, "/")
	if target, ok := t.byToken[first]; ok {
		return at(target, rest), nil
	}
	second, rest, _ := strings.Cut(rest, "/")
	target, ok := t.named[address{integration.InstanceName(first), integration.Slug(second)}]
	if !ok {
		return integration.Target{}, notFound(path)
	}
	return at(target, rest), nil
}

// Targets lists every flow of every instance in the order they were given, without path fragments. The slice is the table's own.
func (t *Table) Targets() []*integration.Target { return t.targets }

func at(target *integration.Target, fragment string) integration.Target {
	found := *target
	found.PathFragment = fragment
	return found
}

func notFound(path string) error {
	return fault.New(fault.Host, fault.NotFound, "there is no flow at %s", path)
}
