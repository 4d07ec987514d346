package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/hookstep-dev/hookstep/host/admin/client"
)

func newTokensRevoke(self *app) *cobra.Command {
	cmd := &cobra.Command{Use: "revoke NAME…", Short: "Revoke tokens: within seconds no host takes them", Args: cobra.MinimumNArgs(1)}
	asked := self.remote(cmd)
	cmd.RunE = asked.asking(func(ctx context.Context, host *client.Client, args []string) error {
		for _, name := range args {
			if err := host.RevokeToken(ctx, name); err != nil {
				return err
			}
			fmt.Fprintf(self.stdout, "%s %s is revoked\n", self.out.green("✓"), name)
		}
		return nil
	})
	return cmd
}
