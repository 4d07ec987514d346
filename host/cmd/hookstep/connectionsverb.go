package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/hookstep-dev/hookstep/host/admin/client"
)

func newConnectionsTest(self *app) *cobra.Command {
	cmd := &cobra.Command{
		Use: "test NAME", Short: "Try whether a connection can be used now", Args: needs("NAME"),
		Long: "test gets or renews the token, if the connection needs one, and calls the URL that integration.yaml or the preset names for it.",
	}
	asked := choosing(cmd, self.listing(cmd))
	cmd.RunE = asked.asking(func(ctx context.Context, host *client.Client, args []string) error {
		key, err := asked.find(ctx, host, args[0])
		if err != nil {
			return err
		}
		tested, err := host.TestConnection(ctx, key)
		if err != nil {
			return err
		}
		mark := self.out.green("✓")
		if !tested.OK {
			mark = self.out.red("✗")
		}
		if asked.asJSON {
			err = writeJSON(self.stdout, tested)
		} else {
			_, err = fmt.Fprintf(self.stdout, "%s %s: %s%s\n", mark, titleOf(key), tested.Message, callTime(tested.Millis))
		}
		if err == nil && !tested.OK {
			return &exit{code: exitFailed}
		}
		return err
	})
	return cmd
}

// callTime is how long a call took, if there was one.
func callTime(millis float64) string {
	if millis == 0 {
		return ""
	}
	return " (" + took(millis) + ")"
}

func newConnectionsRevoke(self *app) *cobra.Command {
	return newConnectionsEnd(self, ending{
		name: "revoke", short: "Tell the service that the token is no longer wanted, and forget it",
		question: "Revoke the token of %s?", done: "the token of %s is revoked", do: (*client.Client).RevokeConnection,
	})
}

func newConnectionsDelete(self *app) *cobra.Command {
	return newConnectionsEnd(self, ending{
		name: "delete", short: "Forget all that is kept of a connection: inputs, token and events",
		question: "Delete what is kept of %s?", done: "what was kept of %s is deleted", do: (*client.Client).DeleteConnection,
	})
}

// ending is a verb after which something is gone.
type ending struct {
	name, short, question, done string

	do func(*client.Client, context.Context, client.ConnectionKey) error
}

func newConnectionsEnd(self *app, verb ending) *cobra.Command {
	cmd := &cobra.Command{Use: verb.name + " NAME", Short: verb.short, Args: needs("NAME")}
	asked := choosing(cmd, self.remote(cmd))
	var yes bool
	cmd.Flags().BoolVar(&yes, "yes", false, "do not ask")
	cmd.RunE = asked.asking(func(ctx context.Context, host *client.Client, args []string) error {
		key, err := asked.find(ctx, host, args[0])
		if err != nil {
			return err
		}
		if !yes && self.interactive() {
			if agreed, err := self.confirm(ctx, fmt.Sprintf(verb.question, titleOf(key))); err != nil || !agreed {
				return err
			}
		}
		if err := verb.do(host, ctx, key); err != nil {
			return err
		}
		fmt.Fprintf(self.stdout, "%s "+verb.done+"\n", self.out.green("✓"), titleOf(key))
		return nil
	})
	return cmd
}
