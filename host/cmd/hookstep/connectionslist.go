package main

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/hookstep-dev/hookstep/host/admin/client"
	"github.com/hookstep-dev/hookstep/host/admin/wire"
)

func newConnectionsList(self *app) *cobra.Command {
	cmd := &cobra.Command{
		Use: "list", Short: "List connections, and how each one is", Args: cobra.NoArgs,
		Example: "  hookstep connections list --status \"needs reconnect\"",
	}
	asked := choosing(cmd, self.listing(cmd))
	var status string
	cmd.Flags().StringVar(&status, "status", "", "only those that are so: pending, active, error, \"needs reconnect\"")
	complete(cmd, "status", []string{"pending", "active", "error", "needs reconnect"})
	cmd.RunE = asked.asking(func(ctx context.Context, host *client.Client, _ []string) error {
		all, err := host.Connections(ctx, slug(asked.integration), slug(asked.instance), status)
		switch {
		case err != nil:
			return err
		case asked.asJSON:
			return writeJSON(self.stdout, all)
		}
		return self.printConnections(all, time.Now())
	})
	return cmd
}

func (a *app) printConnections(all []wire.Connection, now time.Time) error {
	if len(all) == 0 {
		fmt.Fprintln(a.stderr, "no connections")
		return nil
	}
	const longest = 60
	rows := table{heads: []string{"CONNECTION", "OF", "TYPE", "IS", "SINCE", "EXPIRES", "WHY"}}
	for i := range all {
		one := &all[i]
		owner := one.Integration
		if one.Instance != "" {
			owner += "/" + one.Instance
		}
		rows.add(cell{one.Name, a.out.bold}, plain(owner), plain(one.Type), cell{one.Status, a.statusLook(one.Status)},
			plain(relative(one.ChangedAt, now)), plain(relative(one.ExpiresAt, now)), whyOf(one, longest))
	}
	return rows.print(a.stdout, a.out)
}

func whyOf(of *wire.Connection, longest int) cell {
	return plain(cmp.Or(short(of.Cause, longest), undeclared(of), blank))
}

// undeclared says that what is kept belongs to nothing any more.
func undeclared(of *wire.Connection) string {
	if of.Declared {
		return ""
	}
	return "no integration that is served declares it"
}
