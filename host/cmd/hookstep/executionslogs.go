package main

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/hookstep-dev/hookstep/host/admin/client"
	"github.com/hookstep-dev/hookstep/host/admin/wire"
)

// logs is a log as `executions logs` was asked for it.
type logs struct {
	*remote

	follow bool
}

func newExecutionsLogs(self *app) *cobra.Command {
	asked := &logs{}
	cmd := &cobra.Command{
		Use:   "logs ID",
		Short: "Print the log of an execution",
		Long: "logs prints what the code of an execution logged. With --follow it goes on until the execution has ended, over\n" +
			"restarts of the host too. --json prints a JSON document for each line.",
		Args: needs("ID"),
	}
	asked.remote = self.listing(cmd)
	cmd.Flags().BoolVarP(&asked.follow, "follow", "f", false, "print further lines as they come, until the execution has ended")
	cmd.RunE = asked.asking(asked.print)
	return cmd
}

func (l *logs) print(ctx context.Context, host *client.Client, args []string) error {
	if l.follow {
		status, err := host.Follow(ctx, args[0], 0, l.lines)
		if err == nil {
			fmt.Fprintf(l.stderr, "%s\n", l.err.status(status)(status))
		}
		return err
	}
	for after := 0; ; {
		part, err := host.Log(ctx, args[0], after)
		if err != nil {
			return err
		}
		if err := l.lines(part.Lines); err != nil || !part.More {
			return err
		}
		after = part.Next
	}
}

func (l *logs) lines(lines []wire.Line) error {
	for _, line := range lines {
		if err := l.line(line); err != nil {
			return err
		}
	}
	return nil
}

func (l *logs) line(line wire.Line) error {
	if l.asJSON {
		encoder := json.NewEncoder(l.stdout)
		encoder.SetEscapeHTML(false)
		return encoder.Encode(line)
	}
	if line.Dropped > 0 {
		fmt.Fprintf(l.stdout, "%s %s before were dropped for the quota\n", l.out.yellow("!"), counted(line.Dropped, "line"))
	}
	_, err := fmt.Fprintf(l.stdout, "%s %s %s %s\n",
		l.out.faint(line.At.Local().Format("15:04:05.000")), levelOf(l.out, line.Level), l.out.faint(line.Step), indented(l.out.clean(line.Text)))
	return err
}
