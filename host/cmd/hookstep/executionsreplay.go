package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/mattn/go-isatty"
	"github.com/spf13/cobra"

	"github.com/hookstep-dev/hookstep/host/admin/client"
	"github.com/hookstep-dev/hookstep/host/admin/wire"
	"github.com/hookstep-dev/hookstep/host/store"
)

// repeat is what `executions replay` was asked for.
type repeat struct {
	*remote
	selection

	from  string
	again bool
	yes   bool
}

func newExecutionsReplay(self *app) *cobra.Command {
	asked := &repeat{}
	cmd := &cobra.Command{
		Use:   "replay [ID…]",
		Short: "Run executions again, with what they were given",
		Long: "replay runs the executions with the IDs again, or all that the filter selects: dead letters, unless --status says other\n" +
			"ones. Each is a new execution that points to the old one. With --from it begins with a step and takes over the\n" +
			"results of those before it. Those that were replayed before are left out of a filter's unless --again.",
		Example: "  hookstep executions replay 01jq4cz7zr3e9 --from \"Send invoice\"\n" +
			"  hookstep executions replay --status dead-letter --flow receive-order",
	}
	asked.remote = self.listing(cmd)
	asked.bind(cmd)
	cmd.Flags().StringVar(&asked.from, "from", "", "name or key of the step to begin with")
	cmd.Flags().BoolVar(&asked.again, "again", false, "also those that were replayed before")
	cmd.Flags().BoolVarP(&asked.yes, "yes", "y", false, "do not ask")
	cmd.RunE = asked.asking(asked.run)
	return cmd
}

func (r *repeat) run(ctx context.Context, host *client.Client, args []string) error {
	filter, some, err := r.read(time.Now())
	switch {
	case err != nil:
		return err
	case some && len(args) > 0:
		return usagef("replay takes IDs or a filter, not both")
	case !some && len(args) == 0:
		return usagef("replay needs the ID of an execution, or a filter such as --status %s --flow NAME", store.DeadLetter)
	case some:
		return r.many(ctx, host, filter)
	}
	made := &wire.ReplayedMany{Replayed: []wire.Replayed{}, Failed: []wire.NotReplayed{}}
	for _, id := range args {
		one, err := host.Replay(ctx, id, r.from)
		switch refused, ok := errors.AsType[*client.Error](err); {
		case err == nil:
			made.Replayed = append(made.Replayed, *one)
		case ok && len(args) > 1:
			made.Failed = append(made.Failed, wire.NotReplayed{ID: id, Error: refused.Message})
		default:
			return err
		}
	}
	return r.report(made)
}

// many replays what a filter selects, once the person who asked for it has seen how many there are.
func (r *repeat) many(ctx context.Context, host *client.Client, filter wire.Filter) error {
	if len(filter.Statuses) == 0 {
		filter.Statuses = []string{string(store.DeadLetter)}
	}
	if !r.yes && r.interactive() {
		if agreed, err := r.agreed(ctx, host, filter); err != nil || !agreed {
			return err
		}
	}
	made, err := host.ReplayMany(ctx, wire.ReplayMany{Filter: filter, FromStep: r.from, Again: r.again})
	if err != nil {
		return err
	}
	return r.report(made)
}

func (r *repeat) agreed(ctx context.Context, host *client.Client, filter wire.Filter) (bool, error) {
	const most = 200
	found, err := gather(ctx, host, client.Asked{Filter: filter, Unreplayed: !r.again}, most)
	if err != nil {
		return false, err
	}
	if len(found.Executions) == 0 {
		return true, nil // the report says so
	}
	what := counted(len(found.Executions), "execution")
	if found.Next != "" {
		what = fmt.Sprintf("the oldest %d of more than %d executions", most, most)
	}
	return r.confirm(ctx, "Replay "+what+"?")
}

func (r *repeat) report(made *wire.ReplayedMany) error {
	if r.asJSON {
		if err := writeJSON(r.stdout, made); err != nil {
			return err
		}
	} else {
		r.print(made)
	}
	if len(made.Failed) > 0 {
		return &exit{code: exitFailed}
	}
	return nil
}

func (r *repeat) print(made *wire.ReplayedMany) {
	for _, one := range made.Replayed {
		fmt.Fprintf(r.stdout, "%s %s is replayed as %s\n", r.out.green("✓"), one.ReplayOf, r.out.bold(one.ID))
	}
	for _, one := range made.Failed {
		fmt.Fprintf(r.stdout, "%s %s is not replayed: %s\n", r.out.red("✗"), one.ID, one.Error)
	}
	switch {
	case len(made.Replayed)+len(made.Failed) == 0:
		fmt.Fprintln(r.stderr, "nothing to replay")
	case made.More:
		fmt.Fprintln(r.stderr, "there are more: run it again")
	}
}

// interactive tells whether a person can be asked.
func (a *app) interactive() bool {
	file, ok := a.stdin.(*os.File)
	return ok && isatty.IsTerminal(file.Fd()) && a.err.terminal
}
