package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/hookstep-dev/hookstep/host/admin/client"
)

// newInstancesVerb makes the subcommand of a verb; done says of an instance what it is then. Further lines of about tell more.
func newInstancesVerb(self *app, verb client.Verb, done, short string, about ...string) *cobra.Command {
	cmd := &cobra.Command{
		Use:   string(verb) + " [INTEGRATION/]INSTANCE",
		Short: short,
		Long:  strings.Join(about, "\n"),
		Args:  needs("INSTANCE"),
	}
	asked := self.remote(cmd)
	cmd.RunE = asked.asking(func(ctx context.Context, host *client.Client, args []string) error {
		found, err := findInstance(ctx, host, args[0])
		if err != nil {
			return err
		}
		if err := host.TurnInstance(ctx, found.Integration, found.Instance, verb); err != nil {
			return err
		}
		fmt.Fprintf(self.stdout, "%s %s/%s %s\n", self.out.green("✓"), found.Integration, found.Instance, done)
		return nil
	})
	return cmd
}
