package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/hookstep-dev/hookstep/host/store"
	"github.com/hookstep-dev/hookstep/host/store/home"
)

func newDatabaseMigrate(self *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "migrate",
		Short: "Make the database, or bring its schema up to date",
		Long: "migrate does what every start of `hookstep serve` does too: it makes the database of the configuration if it is not there, and brings\n" +
			"its schema up to the version that this program knows. Older hosts on the same database go on meanwhile.",
		Args: cobra.NoArgs,
	}
	set := self.configure(cmd, "data", "database")
	cmd.RunE = action(func(ctx context.Context, _ []string) error {
		return set.onDatabase(ctx, home.Options{}, func(ctx context.Context, where string, opened store.Store) error {
			about, err := opened.About(ctx)
			if err != nil {
				return err
			}
			fmt.Fprintf(self.stdout, "%s has schema version %d\n", home.Shown(where), about.Schema)
			return nil
		})
	})
	return cmd
}
