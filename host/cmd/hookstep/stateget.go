package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/hookstep-dev/hookstep/host/admin/client"
)

func newStateGet(self *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "get OWNER [KEY]",
		Short:   "Print a state, or what it has under a key, as JSON",
		Example: "  hookstep state get orders/acme\n  hookstep state get orders/acme/receive-order cursor",
		Args:    cobra.RangeArgs(1, 2),
	}
	asked := self.remote(cmd)
	cmd.RunE = asked.asking(func(ctx context.Context, host *client.Client, args []string) error {
		owner, err := stateOwner(args[0])
		if err != nil {
			return err
		}
		text, err := host.State(ctx, owner, keyArgument(args))
		if err != nil {
			return err
		}
		var laid bytes.Buffer
		if err := json.Indent(&laid, text, "", "  "); err != nil {
			return err
		}
		_, err = fmt.Fprintln(self.stdout, laid.String())
		return err
	})
	return cmd
}

// keyArgument is the second argument, nil without one.
func keyArgument(args []string) *string {
	if len(args) < 2 {
		return nil
	}
	return &args[1]
}
