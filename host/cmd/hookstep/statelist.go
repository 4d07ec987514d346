package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/hookstep-dev/hookstep/host/admin/client"
	"github.com/hookstep-dev/hookstep/host/admin/wire"
)

func newStateList(self *app) *cobra.Command {
	cmd := &cobra.Command{Use: "list [INTEGRATION]", Short: "List whose states are not empty", Args: cobra.MaximumNArgs(1)}
	asked := self.listing(cmd)
	cmd.RunE = asked.asking(func(ctx context.Context, host *client.Client, args []string) error {
		of := ""
		if len(args) > 0 {
			owner, err := stateOwner(args[0])
			if err != nil {
				return err
			}
			of = owner.Integration
		}
		owners, err := host.States(ctx, of)
		switch {
		case err != nil:
			return err
		case asked.asJSON:
			return writeJSON(self.stdout, owners)
		}
		return self.printOwners(owners)
	})
	return cmd
}

func (a *app) printOwners(owners []wire.StateOwner) error {
	if len(owners) == 0 {
		fmt.Fprintln(a.stderr, "all states are empty")
		return nil
	}
	rows := table{heads: []string{"OWNER", "AS CODE SEES IT"}}
	for _, owner := range owners {
		text, name := ownerText(owner)
		rows.add(cell{text, a.out.bold}, plain(name))
	}
	return rows.print(a.stdout, a.out)
}
