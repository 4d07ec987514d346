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
		newInstancesVerb(self, client.Enable, "is enabled", "Let an instance take webhooks and fire schedules again"),
		newInstancesVerb(self, client.Disable, "is disabled", "Let an instance take no webhooks and fire no schedules",
			"disable answers webhooks of the instance with 503 and lets no schedule start. What was accepted goes on."),
		newInstancesVerb(self, client.Deploy, "is deployed: its flows with `on: deploy` are queued", "Bring an instance into service",
			"deploy starts the flows of the instance with `on: deploy`, once more if it is deployed already, and brings one back that was removed."),
		newInstancesVerb(self, client.Remove, "is removed: its flows with `on: remove` are queued once", "Take an instance out of service",
			"remove starts the flows of the instance with `on: remove` and takes it out of service, over restarts too, until\n"+
				"`hookstep instances deploy` brings it back. Do that before you delete its file."),
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
