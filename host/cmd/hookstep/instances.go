package main

import (
	"context"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/hookstep-dev/hookstep/host/admin/client"
	"github.com/hookstep-dev/hookstep/host/admin/wire"
)

func newInstances(self *app) *cobra.Command {
	group := &cobra.Command{Use: "instances", Short: "See instances, and switch them", Args: cobra.NoArgs}
	group.AddCommand(
		newInstancesList(self),
		newInstancesVerb(self, client.Enable, "Let an instance take webhooks and fire schedules again", "is enabled"),
		newInstancesVerb(self, client.Disable, "Let an instance take no webhooks and fire no schedules", "is disabled"),
		newInstancesVerb(self, client.Deploy, "Run the flows that are for an instance's deployment", "is deployed: its flows for that are queued"),
		newInstancesVerb(self, client.Remove, "Run the flows that are for an instance's removal", "is removed: its flows for that are queued"),
	)
	return group
}

// findInstance finds an instance by INTEGRATION/INSTANCE, or by its name if no other integration has one of that name.
func findInstance(ctx context.Context, host *client.Client, text string) (*wire.Instance, error) {
	all, err := host.Instances(ctx)
	if err != nil {
		return nil, err
	}
	var found []*wire.Instance
	var names []string
	for i := range all {
		whole := all[i].Integration + "/" + all[i].Instance
		if name := all[i].Instance; strings.Contains(text, "/") {
			names = append(names, whole)
		} else if !slices.Contains(names, name) {
			names = append(names, name)
		}
		if text == whole || text == all[i].Instance {
			found = append(found, &all[i])
		}
	}
	switch len(found) {
	case 0:
		return nil, notAmong("instance", text, names)
	case 1:
		return found[0], nil
	}
	names = nil
	for _, one := range found {
		names = append(names, one.Integration+"/"+one.Instance)
	}
	return nil, usagef("%q is the name of several instances: %s", text, strings.Join(names, ", "))
}
