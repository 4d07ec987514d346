package main

import "github.com/spf13/cobra"

func newPlugins(self *app) *cobra.Command {
	group := &cobra.Command{Use: "plugins", Short: "List and test plugins", Args: cobra.NoArgs}
	group.AddCommand(newPluginsList(self), newPluginsTest(self))
	return group
}
