package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/hookstep-dev/hookstep/host/admin/client"
)

func newStateSet(self *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "set OWNER [KEY] VALUE",
		Short: "Set a key of a state, or replace the whole of it by an object",
		Long: "VALUE is JSON: the text itself, @FILE, or - for standard input. With a KEY it becomes the value of that one, and null\n" +
			"deletes it; without one it is an object that replaces the state. Executions that run have read the state before.",
		Example: "  hookstep state set orders/acme/receive-order cursor '\"2026-01-31\"'\n  hookstep state set orders/acme @state.json",
		Args:    cobra.RangeArgs(2, 3),
	}
	asked := self.remote(cmd)
	cmd.RunE = asked.asking(func(ctx context.Context, host *client.Client, args []string) error {
		owner, err := stateOwner(args[0])
		if err != nil {
			return err
		}
		text, err := self.jsonArgument(args[len(args)-1])
		if err != nil {
			return err
		}
		return host.SetState(ctx, owner, keyArgument(args[:len(args)-1]), text)
	})
	return cmd
}

// jsonArgument reads JSON text as it is, @FILE, or - for standard input.
func (a *app) jsonArgument(text string) (json.RawMessage, error) {
	read, err := []byte(text), error(nil)
	if file, isFile := strings.CutPrefix(text, "@"); isFile {
		read, err = os.ReadFile(file)
	} else if text == "-" {
		read, err = io.ReadAll(a.stdin)
	}
	if err != nil {
		return nil, usagef("reading the value: %w", err)
	}
	if !json.Valid(read) {
		hint := ""
		if quoted, err := json.Marshal(text); err == nil && string(read) == text {
			hint = fmt.Sprintf("; a text is written with quotes, as in '%s'", quoted)
		}
		return nil, usagef("the value is not JSON%s", hint)
	}
	return read, nil
}
