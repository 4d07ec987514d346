package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/hookstep-dev/hookstep/host/admin/client"
)

func newKeysRewrap(self *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "rewrap",
		Short: "Seal the keyset under the key that the host is configured to use, while hosts serve",
		Long: "To replace the key that the keyset is sealed under, configure the new one, the old one as the previous one\n" +
			"(seal.previousKeyFile or its kin), and start the hosts again, one after the other. Then rewrap; the old key can go after that.",
		Args: cobra.NoArgs,
	}
	asked := self.listing(cmd)
	cmd.RunE = asked.asking(func(ctx context.Context, host *client.Client, _ []string) error {
		told, err := host.RewrapKeys(ctx)
		switch {
		case err != nil:
			return err
		case asked.asJSON:
			return writeJSON(self.stdout, told)
		}
		fmt.Fprintf(self.stdout, "%s the keyset is sealed under the key %s, from %s\n", self.out.green("✓"), told.Master.ID, told.Master.Source)
		return nil
	})
	return cmd
}
