package main

import "github.com/spf13/cobra"

func newSchedules(self *app) *cobra.Command {
	group := &cobra.Command{Use: "schedules", Short: "See when flows are due", Args: cobra.NoArgs}
	group.AddCommand(newSchedulesList(self))
	return group
}
