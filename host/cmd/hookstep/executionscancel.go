package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/hookstep-dev/hookstep/host/admin/client"
)

func newExecutionsCancel(self *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "cancel ID…",
		Short: "End executions that wait, and stop those that run",
		Args:  cobra.MinimumNArgs(1),
	}
	asked := self.remote(cmd)
	cmd.RunE = asked.asking(func(ctx context.Context, host *client.Client, args []string) error {
		for _, id := range args {
			if err := host.Cancel(ctx, id); err != nil {
				return err
			}
			fmt.Fprintf(self.stdout, "%s %s is cancelled\n", self.out.green("✓"), id)
		}
		return nil
	})
	return cmd
}
