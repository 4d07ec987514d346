package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/hookstep-dev/hookstep/host/admin/client"
)

func newStateDelete(self *app) *cobra.Command {
	cmd := &cobra.Command{Use: "delete OWNER KEY", Short: "Delete a key of a state", Args: needs("OWNER", "KEY")}
	asked := self.remote(cmd)
	cmd.RunE = asked.asking(func(ctx context.Context, host *client.Client, args []string) error {
		owner, err := stateOwner(args[0])
		if err != nil {
			return err
		}
		return host.DeleteState(ctx, owner, keyArgument(args))
	})
	return cmd
}
