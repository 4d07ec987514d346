package main

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"
)

// app is what a subcommand has of the outside world.
type app struct {
	stdin  io.Reader
	stdout io.Writer
	stderr io.Writer
	env    []string
	out    paint // how stdout may look
	err    paint // how stderr may look
}

// run is the program: arguments without the program's name and streams in, an exit code out.
func run(args []string, stdin io.Reader, stdout, stderr io.Writer, env []string) int {
	self := &app{
		stdin: stdin, stdout: stdout, stderr: stderr, env: env,
		out: newPaint(stdout, env), err: newPaint(stderr, env),
	}
	root := newRoot(self)
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	return self.report(root.ExecuteContext(context.Background()))
}

func newRoot(self *app) *cobra.Command {
	root := &cobra.Command{
		Use:   "hookstep",
		Short: "Run webhook integrations: code steps in engine processes of their own",
		Long: "Hookstep takes webhooks, runs the code steps of an integration in engine processes of their own, and answers.\n" +
			"Start with `hookstep init DIR`, then `hookstep run DIR FLOW`, then `hookstep serve DIR`.",
		Args:          cobra.NoArgs,
		SilenceUsage:  true,
		SilenceErrors: true,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.AddCommand(
		newServe(self), newRun(self), newCheck(self), newInit(self), newPlugins(self), newSchema(self),
		newExecutions(self), newState(self), newInstances(self), newConnections(self), newSchedules(self), newTokens(self), newKeys(self), newDatabase(self),
		newVersion(self), newServePlugin(), newExitCodes(),
	)
	return root
}

// action makes a cobra run function of a subcommand's own. Errors that cobra finds before it are misuse; the ones that
// come out of it carry the exit code that fits, or exitFailed.
func action(do func(ctx context.Context, args []string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		if err := do(cmd.Context(), args); err != nil {
			return ended(exitFailed, err)
		}
		return nil
	}
}

// report tells a person why the program ends, and gives the exit code.
func (a *app) report(err error) int {
	if err == nil {
		return exitOK
	}
	exit := exitOf(err)
	if exit.err != nil {
		fmt.Fprintf(a.stderr, "%s %v\n", a.err.red("hookstep:"), exit.err)
	}
	if exit.code == exitUsage {
		fmt.Fprintln(a.stderr, "`hookstep help` lists the commands, `hookstep help COMMAND` their arguments.")
	}
	return exit.code
}
