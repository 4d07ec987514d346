package pipeline

import (
	"maps"
	"slices"

	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/route"
	"github.com/hookstep-dev/hookstep/host/script"
	"github.com/hookstep-dev/hookstep/host/steps"
)

// Catalog is everything that is served: flows by path, and their plans. It does not change after NewCatalog.
type Catalog struct {
	integrations []*integration.Integration
	codes        []*script.Code
	table        *route.Table
	plans        map[flowOf]*steps.Plan
	siblings     map[namedFlow]*steps.Plan
}

type flowOf struct {
	instance *integration.Instance
	flow     *integration.Flow
}

type namedFlow struct {
	instance *integration.Instance
	flow     integration.FlowName
}

// NewCatalog prepares integrations. Base is the URL before /hooks that code is told. The error names every address that two flows would share.
func NewCatalog(integrations []*integration.Integration, times steps.Times, base string) (*Catalog, error) {
	table, err := route.New(integrations)
	if err != nil {
		return nil, err
	}
	made := &Catalog{integrations: integrations, table: table, plans: map[flowOf]*steps.Plan{}, siblings: map[namedFlow]*steps.Plan{}}
	for _, one := range integrations {
		codes := script.CodeOf(one)
		for _, name := range slices.Sorted(maps.Keys(codes)) {
			made.codes = append(made.codes, codes[name])
		}
		for _, plan := range steps.Plans(one, codes, times, base) {
			made.plans[flowOf{plan.Target.Instance, plan.Target.Flow}] = plan
			made.siblings[namedFlow{plan.Target.Instance, plan.Target.Flow.Name}] = plan
		}
	}
	return made, nil
}

// Integrations that are served.
func (c *Catalog) Integrations() []*integration.Integration { return c.integrations }

// Codes of all integrations.
func (c *Catalog) Codes() []*script.Code { return c.codes }

// Targets lists every flow of every instance.
func (c *Catalog) Targets() []*integration.Target { return c.table.Targets() }

func (c *Catalog) plan(target integration.Target) *steps.Plan {
	return c.plans[flowOf{target.Instance, target.Flow}]
}
