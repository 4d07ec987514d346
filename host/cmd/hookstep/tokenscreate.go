package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/hookstep-dev/hookstep/host/admin"
	"github.com/hookstep-dev/hookstep/host/admin/client"
	"github.com/hookstep-dev/hookstep/host/admin/wire"
)

// grant is what `tokens create` was asked for.
type grant struct {
	*remote

	scopes  []string
	expires string
}

func newTokensCreate(self *app) *cobra.Command {
	asked := &grant{}
	cmd := &cobra.Command{
		Use:     "create NAME",
		Short:   "Make a token, and print it this once",
		Example: "  hookstep tokens create dashboard --scope read --expires 90d",
		Args:    needs("NAME"),
	}
	asked.remote = self.listing(cmd)
	cmd.Flags().StringSliceVar(&asked.scopes, "scope", []string{string(admin.Read)}, "what it allows: read, write, admin; may be repeated")
	var scopes []string
	for _, scope := range admin.Scopes() {
		scopes = append(scopes, string(scope))
	}
	complete(cmd, "scope", scopes)
	cmd.Flags().StringVar(&asked.expires, "expires", "90d", "when it ends: in how long (12h, 90d), or never")
	cmd.RunE = asked.asking(asked.create)
	return cmd
}

func (g *grant) create(ctx context.Context, host *client.Client, args []string) error {
	wanted := wire.NewToken{Name: args[0], Scopes: g.scopes}
	if g.expires != "never" {
		length, ok := parseLength(g.expires)
		if !ok {
			return usagef("--expires %q: write in how long, as in 12h or 90d, or never", g.expires)
		}
		wanted.ExpiresAt = time.Now().Add(length)
	}
	made, err := host.CreateToken(ctx, wanted)
	switch {
	case err != nil:
		return err
	case g.asJSON:
		return writeJSON(g.stdout, made)
	}
	ends := "never ends"
	if !made.ExpiresAt.IsZero() {
		ends = "ends " + whole(made.ExpiresAt)
	}
	fmt.Fprintf(g.stderr, "%s allows %s, %s; it is not shown again:\n", made.Name, strings.Join(made.Scopes, " and "), ends)
	_, err = fmt.Fprintln(g.stdout, made.Text)
	return err
}
