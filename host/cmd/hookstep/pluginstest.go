package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path"

	"github.com/spf13/cobra"

	"github.com/hookstep-dev/hookstep/sdk/enginetest"
	"github.com/hookstep-dev/hookstep/sdk/launch"
)

// conformance is a run of the suite as it was asked for.
type conformance struct {
	*app

	cases  string
	only   string
	asJSON bool
}

// verdict is a case's result as --json prints it.
type verdict struct {
	Level   string  `json:"level"`
	Case    string  `json:"case"`
	Verdict string  `json:"verdict"`
	Reason  string  `json:"reason,omitempty"`
	Millis  float64 `json:"milliseconds"`
}

func newPluginsTest(self *app) *cobra.Command {
	asked := &conformance{app: self}
	cmd := &cobra.Command{
		Use:   "test PLUGIN [ARG…]",
		Short: "Run the conformance suite against an engine",
		Long: "test starts PLUGIN, an executable or the name of a bundled engine, and runs the conformance suite against it. An\n" +
			"engine of a language that the suite has no code in brings its own with --cases; what is written there is added\n" +
			"to the suite's cases. The exit code is 1 if a case fails, or none could be run.",
		Example: "  hookstep plugins test ./my-engine --cases ./conformance\n  hookstep plugins test lua --only 'values/*'",
		Args:    cobra.MinimumNArgs(1),
	}
	cmd.Flags().StringVar(&asked.cases, "cases", "", "folder with code for the suite's cases, or with more cases")
	cmd.Flags().StringVar(&asked.only, "only", "", "pattern of the cases to run, as in \"errors/*\"")
	cmd.Flags().BoolVar(&asked.asJSON, "json", false, "print JSON")
	cmd.RunE = action(func(ctx context.Context, args []string) error {
		ctx, stop := interruptible(ctx)
		defer stop()
		return interrupted(ctx, asked.test(ctx, args))
	})
	return cmd
}

func (c *conformance) test(ctx context.Context, args []string) error {
	options, err := c.options()
	if err != nil {
		return err
	}
	command, err := pluginCommand(args)
	if err != nil {
		return ended(exitCannotStart, err)
	}
	report, err := enginetest.Run(ctx, enginetest.Target{Command: &command}, options)
	if err != nil {
		return ended(exitInvalid, err)
	}
	if c.asJSON {
		err = writeJSON(c.stdout, verdicts(report))
	} else {
		_, err = fmt.Fprintf(c.stdout, "\n%s\n", report.Summary())
	}
	if err == nil && !report.Passed() {
		err = &exit{code: exitFailed}
	}
	return err
}

func (c *conformance) options() (enginetest.Options, error) {
	var options enginetest.Options
	if c.cases != "" {
		if info, err := os.Stat(c.cases); err != nil || !info.IsDir() {
			return options, usagef("--cases: %w", errors.Join(err, fmt.Errorf("%s is no folder", c.cases)))
		}
		options.Extra = os.DirFS(c.cases)
	}
	if _, err := path.Match(c.only, ""); err != nil {
		return options, usagef("--only %q: %w", c.only, err)
	}
	if c.only != "" {
		options.Match = func(level enginetest.Level, name string) bool {
			matched, err := path.Match(c.only, string(level)+"/"+name)
			return err == nil && matched
		}
	}
	if !c.asJSON {
		options.Done = func(result enginetest.Result) { result.Write(c.stdout) }
	}
	return options, nil
}

// pluginCommand is how the plugin is started: a bundled engine by its name, anything else as a program.
func pluginCommand(args []string) (launch.Command, error) {
	bundled, err := supervised()
	if err != nil {
		return launch.Command{}, err
	}
	for _, plugin := range bundled {
		if plugin.Name == args[0] && len(args) == 1 {
			return launch.Command{Path: plugin.Path, Args: plugin.Args}, nil
		}
	}
	path, err := exec.LookPath(args[0])
	switch {
	case err == nil:
		return launch.Command{Path: path, Args: args[1:]}, nil
	case errors.Is(err, exec.ErrNotFound):
		return launch.Command{}, fmt.Errorf("%s is neither a bundled engine nor a program on the PATH; for one in this folder write ./%[1]s", args[0])
	case errors.Is(err, fs.ErrNotExist):
		return launch.Command{}, fmt.Errorf("there is no file %s", args[0])
	}
	return launch.Command{}, fmt.Errorf("%s is not a program that can be started", args[0])
}

func verdicts(report enginetest.Report) []verdict {
	made := make([]verdict, len(report.Results))
	for i, one := range report.Results {
		made[i] = verdict{string(one.Level), one.Case, string(one.Verdict), one.Reason, millis(one.Took)}
	}
	return made
}
