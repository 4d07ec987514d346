package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/hookstep-dev/hookstep/host/admin/client"
	"github.com/hookstep-dev/hookstep/host/admin/wire"
	"github.com/hookstep-dev/hookstep/host/store"
)

func newInstancesList(self *app) *cobra.Command {
	cmd := &cobra.Command{Use: "list", Short: "List instances, served or only known of old", Args: cobra.NoArgs}
	asked := self.listing(cmd)
	cmd.RunE = asked.asking(func(ctx context.Context, host *client.Client, _ []string) error {
		all, err := host.Instances(ctx)
		switch {
		case err != nil:
			return err
		case asked.asJSON:
			return writeJSON(self.stdout, all)
		}
		return self.printInstances(all, time.Now())
	})
	return cmd
}

func (a *app) printInstances(all []wire.Instance, now time.Time) error {
	if len(all) == 0 {
		fmt.Fprintln(a.stderr, "no instances")
		return nil
	}
	rows := table{heads: []string{"INSTANCE", "OF", "CUSTOMER", "IS", "SINCE", "FLOWS"}}
	for _, one := range all {
		state, since := a.switched(&one)
		rows.add(cell{one.Instance, a.out.bold}, plain(one.Integration), plain(one.Customer), state, plain(relative(since, now)),
			plain(strings.Join(one.Flows, " ")))
	}
	return rows.print(a.stdout, a.out)
}

// switched says in a word what an instance is, and since when.
func (a *app) switched(of *wire.Instance) (cell, time.Time) {
	switch {
	case of.Digest == store.Removed:
		return cell{"removed", a.out.faint}, of.DeployedAt
	case of.Disabled:
		return cell{"disabled", a.out.yellow}, of.SwitchedAt
	case !of.Served:
		return cell{"not served", a.out.faint}, time.Time{}
	}
	return cell{"enabled", a.out.green}, of.DeployedAt
}
