package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/hookstep-dev/hookstep/host/store"
	"github.com/hookstep-dev/hookstep/host/store/home"
	"github.com/hookstep-dev/hookstep/host/store/transfer"
)

// copying is what `database copy` was asked for.
type copying struct {
	*app

	from, to string
	resume   bool
	asJSON   bool
}

func newDatabaseCopy(self *app) *cobra.Command {
	asked := &copying{app: self}
	cmd := &cobra.Command{
		Use:   "copy",
		Short: "Copy all of a database into another one",
		Long: "copy takes executions, dedupe keys, states, schedules, switches, tokens and connections from one database to another, which may be of\n" +
			"another kind. What connections hold stays sealed: hosts on the target need the key that it is sealed under, seal.key in the folder of data\n" +
			"unless another source is set. An authorization that somebody has begun has to be begun again.\n" +
			"A database is a postgres:// URL, or the folder of data with the embedded one. No host may use either of them meanwhile. The target has to be\n" +
			"empty; after an interrupted copy, give the same command with --resume: it begins again, and replaces what is there already.\n" +
			"Executions that have not ended go on where they were when a host starts on the target.",
		Example: "  hookstep database copy --from .hookstep --to postgres://hookstep@db.example.com/hookstep",
		Args:    cobra.NoArgs,
	}
	cmd.Flags().StringVar(&asked.from, "from", "", "URL or folder of the database to copy")
	cmd.Flags().StringVar(&asked.to, "to", "", "URL or folder of the empty database to copy into; a folder is made")
	cmd.Flags().BoolVar(&asked.resume, "resume", false, "go on although the target is not empty: an earlier copy was interrupted")
	cmd.Flags().BoolVar(&asked.asJSON, "json", false, "print JSON")
	cmd.RunE = action(func(ctx context.Context, _ []string) error {
		ctx, stop := interruptible(ctx)
		defer stop()
		return interrupted(ctx, asked.run(ctx))
	})
	return cmd
}

func (c *copying) run(ctx context.Context) error {
	switch {
	case c.from == "" || c.to == "":
		return usagef("copy needs --from and --to")
	case home.Shown(c.from) == home.Shown(c.to):
		return usagef("--from and --to are the same database")
	}
	return c.withDatabase(ctx, c.from, home.Options{Existing: true}, func(from store.Store) error {
		return c.withDatabase(ctx, c.to, home.Options{}, func(to store.Store) error { return c.copy(ctx, from, to) })
	})
}

func (c *copying) copy(ctx context.Context, from, to store.Store) error {
	shown := &progress{app: c.app, begun: time.Now()}
	counts, err := transfer.Copy(ctx, from, to, transfer.Options{Resume: c.resume, Each: func(counts transfer.Counts) {
		shown.tell("copied " + counted(counts.Executions, "execution"))
	}})
	shown.clear()
	switch {
	case errors.Is(err, transfer.ErrNotEmpty):
		return fmt.Errorf("%w: %s holds something already; take an empty one, or --resume if an interrupted copy left that there", err, home.Shown(c.to))
	case errors.Is(err, transfer.ErrInUse):
		return fmt.Errorf("%w; stop what serves on it, then copy again with --resume", err)
	case err != nil:
		return fmt.Errorf("%w (after %s; go on with --resume)", err, said(counts))
	case c.asJSON:
		return writeJSON(c.stdout, counts)
	}
	fmt.Fprintf(c.stdout, "copied %s from %s to %s\n", said(counts), home.Shown(c.from), home.Shown(c.to))
	return nil
}

// said tells counts in words.
func said(counts transfer.Counts) string {
	var parts []string
	for _, one := range []struct {
		count int
		noun  string
	}{
		{counts.Executions, "execution"},
		{counts.Keys, "dedupe key"},
		{counts.States, "state"},
		{counts.Schedules, "schedule"},
		{counts.Instances, "instance"},
		{counts.Tokens, "token"},
		{counts.Connections, "connection"},
	} {
		parts = append(parts, counted(one.count, one.noun))
	}
	if counts.Unfinished > 0 {
		parts[0] += fmt.Sprintf(" (%d unfinished)", counts.Unfinished)
	}
	return strings.Join(parts, ", ")
}
