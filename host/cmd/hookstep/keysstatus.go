package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/hookstep-dev/hookstep/host/admin/client"
	"github.com/hookstep-dev/hookstep/host/admin/wire"
)

func newKeysStatus(self *app) *cobra.Command {
	cmd := &cobra.Command{Use: "status", Short: "Tell which keys there are, and what they seal", Args: cobra.NoArgs}
	asked := self.listing(cmd)
	cmd.RunE = asked.asking(func(ctx context.Context, host *client.Client, _ []string) error {
		told, err := host.Keys(ctx)
		switch {
		case err != nil:
			return err
		case asked.asJSON:
			return writeJSON(self.stdout, told)
		}
		return self.printKeys(told, time.Now())
	})
	return cmd
}

func (a *app) printKeys(told *wire.Keys, now time.Time) error {
	rows := table{heads: []string{"KEY", "STATUS", "MADE", "SEALS"}}
	for i := range told.Keys {
		key := &told.Keys[i]
		rows.add(cell{key.ID, a.out.bold}, plain(keyStatus(key)), plain(relative(key.CreatedAt, now)), plain(counted(key.Sealed, "connection")))
	}
	if err := rows.print(a.stdout, a.out); err != nil {
		return err
	}
	source := "from " + told.Master.Source
	if told.Master.Source == "" {
		source = a.out.red("which this host does not have: give it the key and start it again")
	}
	fmt.Fprintf(a.stdout, "\nsealed under the key %s, %s\n", a.out.bold(told.Master.ID), source)
	if told.Master.Next != "" {
		fmt.Fprintf(a.stdout, "the host is configured to use the key %s: `hookstep keys rewrap` seals them under it\n", a.out.bold(told.Master.Next))
	}
	if told.Rotating {
		fmt.Fprintln(a.stdout, "connections are still to be sealed again: hosts go on with it by themselves, `hookstep keys rotate` does it now")
	}
	if told.Unknown > 0 {
		fmt.Fprintln(a.stdout, a.out.red(counted(told.Unknown, "connection")+" sealed with none of these keys: set and authorize anew"))
	}
	return nil
}

// keyStatus says what a key is good for.
func keyStatus(key *wire.Key) string {
	switch {
	case key.Primary:
		return "seals"
	case !key.UnusedAt.IsZero():
		return "unused, ends soon"
	case !key.ClosedAt.IsZero():
		return "closed"
	}
	return "is replaced"
}
