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

	"github.com/hookstep-dev/hookstep/sdk/connectiontest"
	"github.com/hookstep-dev/hookstep/sdk/enginetest"
	"github.com/hookstep-dev/hookstep/sdk/fault"
	"github.com/hookstep-dev/hookstep/sdk/launch"
)

// conformance is a run of the suites as it was asked for.
type conformance struct {
	*app

	cases   string
	samples string
	only    string
	asJSON  bool
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
		Short: "Run the conformance suite against an engine or a connection provider",
		Long: "test starts PLUGIN, an executable or the name of a bundled one, and runs the conformance suite of what it offers: of\n" +
			"an engine, of a connection provider, or of both. An engine of a language that the suite has no code in brings its own\n" +
			"with --cases; what is written there is added to the suite's cases. A connection provider whose inputs take no made-up\n" +
			"values brings some with --samples. The exit code is 1 if a case fails, or none could be run.",
		Example: "  hookstep plugins test ./my-engine --cases ./conformance\n  hookstep plugins test lua --only 'values/*'\n" +
			"  hookstep plugins test ./my-provider --samples samples.json --only 'errors/*'",
		Args: cobra.MinimumNArgs(1),
	}
	cmd.Flags().StringVar(&asked.cases, "cases", "", "engine: folder with code for the suite's cases, or with more cases")
	cmd.Flags().StringVar(&asked.samples, "samples", "", "connection provider: JSON file with values for its inputs")
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
	engines, providers, err := c.options()
	if err != nil {
		return err
	}
	command, err := pluginCommand(args)
	if err != nil {
		return ended(exitCannotStart, err)
	}
	offered := offers(ctx, command)
	var report enginetest.Report
	if offered.Engine || !offered.Provider { // what does not start fails there, with the reason
		report, err = enginetest.Run(ctx, enginetest.Target{Command: &command}, engines)
	}
	if offered.Provider && err == nil {
		var more connectiontest.Report
		more, err = connectiontest.Run(ctx, connectiontest.Target{Command: &command}, providers)
		report.Results = append(report.Results, more.Results...)
	}
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

// offers is what a plugin says that it offers; nothing if it does not start.
func offers(ctx context.Context, command launch.Command) launch.Description {
	process, err := launch.Start(ctx, command)
	if err != nil {
		return launch.Description{}
	}
	process.Kill(fault.New(fault.Host, fault.Canceled, "it has said what it offers"))
	<-process.Exited()
	return process.Plugin()
}

func (c *conformance) options() (enginetest.Options, connectiontest.Options, error) {
	var engines enginetest.Options
	var providers connectiontest.Options
	if c.cases != "" {
		if info, err := os.Stat(c.cases); err != nil || !info.IsDir() {
			return engines, providers, usagef("--cases: %w", errors.Join(err, fmt.Errorf("%s is no folder", c.cases)))
		}
		engines.Extra = os.DirFS(c.cases)
	}
	if c.samples != "" {
		text, err := os.ReadFile(c.samples)
		if err == nil {
			providers.Samples, err = connectiontest.ReadSamples(text)
		}
		if err != nil {
			return engines, providers, usagef("--samples: %w", err)
		}
	}
	if _, err := path.Match(c.only, ""); err != nil {
		return engines, providers, usagef("--only %q: %w", c.only, err)
	}
	if c.only != "" {
		engines.Match = func(level enginetest.Level, name string) bool {
			matched, err := path.Match(c.only, string(level)+"/"+name)
			return err == nil && matched
		}
	}
	if !c.asJSON {
		engines.Done = func(result enginetest.Result) { result.Write(c.stdout) }
	}
	providers.Match, providers.Done = engines.Match, engines.Done
	return engines, providers, nil
}

// pluginCommand is how the plugin is started: a bundled one by its name, anything else as a program.
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
		return launch.Command{}, fmt.Errorf("%s is neither a bundled plugin nor a program on the PATH; for one in this folder write ./%[1]s", args[0])
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
