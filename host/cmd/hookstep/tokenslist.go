package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/hookstep-dev/hookstep/host/admin/client"
	"github.com/hookstep-dev/hookstep/host/admin/wire"
)

func newTokensList(self *app) *cobra.Command {
	cmd := &cobra.Command{Use: "list", Short: "List tokens, without their texts", Args: cobra.NoArgs}
	asked := self.listing(cmd)
	cmd.RunE = asked.asking(func(ctx context.Context, host *client.Client, _ []string) error {
		all, err := host.Tokens(ctx)
		switch {
		case err != nil:
			return err
		case asked.asJSON:
			return writeJSON(self.stdout, all)
		}
		return self.printTokens(all, time.Now())
	})
	return cmd
}

func (a *app) printTokens(all []wire.Token, now time.Time) error {
	if len(all) == 0 {
		fmt.Fprintln(a.stderr, "no tokens but those that hosts keep for their own machines")
		return nil
	}
	rows := table{heads: []string{"NAME", "SCOPES", "MADE", "ENDS"}}
	for _, one := range all {
		ends := cell{relative(one.ExpiresAt, now), nil}
		switch {
		case one.ExpiresAt.IsZero():
			ends = cell{"never", nil}
		case one.ExpiresAt.Before(now):
			ends = cell{"ended " + ends.text, a.out.red}
		}
		rows.add(cell{one.Name, a.out.bold}, plain(strings.Join(one.Scopes, " ")), plain(relative(one.CreatedAt, now)), ends)
	}
	return rows.print(a.stdout, a.out)
}
