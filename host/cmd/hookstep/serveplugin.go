package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/hookstep-dev/hookstep/sdk"
)

const servePluginName = "serve-plugin"

// newServePlugin makes the command with which the supervisor starts bundled plugins. It is no command for people.
func newServePlugin() *cobra.Command {
	return &cobra.Command{
		Use:    servePluginName + " NAME",
		Short:  "Become a bundled plugin",
		Hidden: true,
		Args:   cobra.RangeArgs(1, 2), // the second one is sdk.Serve's, as in "describe"
		RunE: action(func(_ context.Context, args []string) error {
			for _, each := range bundledPlugins() {
				if each.name != args[0] {
					continue
				}
				served, err := each.serving()
				if err != nil {
					return ended(exitCannotStart, err)
				}
				sdk.Serve(served) //nolint:contextcheck // it is the process from here on
			}
			return usagef("there is no bundled plugin %q", args[0])
		}),
	}
}
