package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/hookstep-dev/hookstep/host/admin/client"
	"github.com/hookstep-dev/hookstep/host/admin/wire"
	"github.com/hookstep-dev/hookstep/host/store"
)

func newSchedulesList(self *app) *cobra.Command {
	cmd := &cobra.Command{Use: "list", Short: "List the schedules of all instances", Args: cobra.NoArgs}
	asked := self.listing(cmd)
	cmd.RunE = asked.asking(func(ctx context.Context, host *client.Client, _ []string) error {
		all, err := host.Schedules(ctx)
		switch {
		case err != nil:
			return err
		case asked.asJSON:
			return writeJSON(self.stdout, all)
		}
		instances, err := host.Instances(ctx)
		if err != nil {
			return err
		}
		return self.printSchedules(all, instances, time.Now())
	})
	return cmd
}

// printSchedules says of what is not due, because its instance rests, what that is.
func (a *app) printSchedules(all []wire.Schedule, instances []wire.Instance, now time.Time) error {
	if len(all) == 0 {
		fmt.Fprintln(a.stderr, "no schedules")
		return nil
	}
	rows := table{heads: []string{"FLOW", "OF", "SCHEDULE", "NEXT", "LAST", "LAST EXECUTION"}}
	for _, one := range all {
		next := cell{relative(one.Next, now), nil}
		if one.Next.IsZero() {
			next = cell{"never again", a.out.faint}
		}
		for i := range instances {
			of := &instances[i]
			if of.Integration == one.Integration && of.Instance == one.Instance && (of.Disabled || of.Digest == store.Removed) {
				next, _ = a.switched(of)
			}
		}
		rows.add(cell{placeOf(one.Instance, one.Flow), a.out.bold}, plain(one.Integration), plain(one.Spec), next,
			plain(relative(one.Last, now)), plain(one.LastFired))
	}
	return rows.print(a.stdout, a.out)
}
