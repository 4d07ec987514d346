package pipeline

import (
	"maps"
	"slices"
	"strings"

	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/route"
	"github.com/hookstep-dev/hookstep/host/script"
	"github.com/hookstep-dev/hookstep/host/steps"
	"github.com/hookstep-dev/hookstep/host/store"
	"github.com/hookstep-dev/hookstep/sdk/fault"
)

// Catalog is everything that is served: flows by path, and their plans. It does not change after NewCatalog.
type Catalog struct {
	integrations []*integration.Integration
	codes        []*script.Code
	table        *route.Table
	plans        map[flowOf]*steps.Plan
	siblings     map[namedFlow]*steps.Plan
	kept         map[store.Flow]*steps.Plan
	base         string // URL before /hooks
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
func NewCatalog(integrations []*integration.Integration, times steps.Times, base string, connections steps.Connections) (*Catalog, error) {
	table, err := route.New(integrations)
	if err != nil {
		return nil, err
	}
	made := &Catalog{
		integrations: integrations, table: table, base: strings.TrimSuffix(base, "/"),
		plans: map[flowOf]*steps.Plan{}, siblings: map[namedFlow]*steps.Plan{}, kept: map[store.Flow]*steps.Plan{},
	}
	for _, one := range integrations {
		codes := script.CodeOf(one)
		for _, name := range slices.Sorted(maps.Keys(codes)) {
			made.codes = append(made.codes, codes[name])
		}
		for _, plan := range steps.Plans(one, codes, times, base, connections) {
			made.plans[flowOf{plan.Target.Instance, plan.Target.Flow}] = plan
			made.siblings[namedFlow{plan.Target.Instance, plan.Target.Flow.Name}] = plan
			made.kept[store.FlowOf(&plan.Target)] = plan
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

// named gives the plan of a flow that the store names. Without one the fault is NotFound.
func (c *Catalog) named(flow store.Flow) (*steps.Plan, error) {
	if plan := c.kept[flow]; plan != nil {
		return plan, nil
	}
	return nil, fault.New(fault.Host, fault.NotFound,
		"the flow %s of the instance %s of the integration %s is not among those that are served", flow.Flow, flow.Instance, flow.Integration)
}
