package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/spf13/cobra"

	"github.com/hookstep-dev/hookstep/host"
	"github.com/hookstep-dev/hookstep/host/admin"
	"github.com/hookstep-dev/hookstep/host/seal"
	"github.com/hookstep-dev/hookstep/host/store"
	"github.com/hookstep-dev/hookstep/host/store/home"
)

// keysReset is what `keys reset` was asked for.
type keysReset struct {
	*configured

	yes bool
}

func newKeysReset(self *app) *cobra.Command {
	asked := &keysReset{}
	cmd := &cobra.Command{
		Use:   "reset",
		Short: "Forget what is sealed, when the key that it is sealed under is lost for good",
		Long: "reset is the last way out, when the key is in no backup either. It forgets what connections hold, which nobody can read any more, and\n" +
			"makes new keys: under the key that is configured, or one that it makes. Executions, states, schedules and tokens stay. It is refused\n" +
			"while the key opens what is sealed, and while a host uses the database.\n" +
			"Afterwards, set and authorize the connections anew. URLs of flows with an unguessable endpoint are new, unless the data folder still has the\n" +
			"endpoint.key of an earlier version. Executions that have not ended go on without the credentials that their callers had shown.",
		Example: "  hookstep keys reset --yes",
		Args:    cobra.NoArgs,
	}
	asked.configured = self.configure(cmd, "data", "database", "seal.keyFile", "seal.previousKeyFile", "seal.kms", "seal.previousKms")
	cmd.Flags().BoolVar(&asked.yes, "yes", false, "do not ask")
	cmd.RunE = action(func(ctx context.Context, _ []string) error {
		return asked.onDatabase(ctx, home.Options{Existing: true}, asked.run)
	})
	return cmd
}

func (k *keysReset) run(ctx context.Context, where string, opened store.Store) error {
	set, err := k.load()
	if err != nil {
		return err
	}
	log := slog.New(slog.NewTextHandler(k.stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	options := seal.Options{Source: host.SealSource(&set, k.lookupEnv, keyService()), Now: time.Now, Log: log}
	lost, err := admin.Lost(ctx, opened, options)
	if err != nil {
		return err
	}
	if agreed, err := k.agreed(ctx, lost, opened); err != nil || !agreed {
		return err
	}
	forgot, err := admin.ResetKeys(ctx, opened, options)
	k.tell(forgot)
	if err != nil {
		return fmt.Errorf("%w (after %s; run it again)", err, counted(len(forgot), "connection"))
	}
	fmt.Fprintf(k.stdout, "%s %s has new keys for secrets\n", k.out.green("✓"), home.Shown(where))
	return nil
}

// agreed asks whether to go on, unless that was said.
func (k *keysReset) agreed(ctx context.Context, lost *seal.KeyError, opened store.Store) (bool, error) {
	if k.yes {
		return true, nil
	}
	if !k.interactive() {
		return false, usagef("reset forgets what is sealed, and needs --yes")
	}
	rows, err := opened.ListConnections(ctx, store.ConnectionFilter{})
	if err != nil {
		return false, err
	}
	fmt.Fprintln(k.stderr, lost)
	agreed, err := k.confirm(ctx, "Is the key in no backup? Forget what "+counted(len(rows), "connection")+" hold?")
	if err == nil && !agreed {
		err = errors.New("nothing was changed")
	}
	return agreed, err
}

// tell names what has to be set anew.
func (k *keysReset) tell(forgot []store.ConnectionKey) {
	if len(forgot) == 0 {
		return
	}
	fmt.Fprintln(k.stdout, "to be set and authorized anew (`hookstep connections set`, `hookstep connections authorize`):")
	for _, key := range forgot {
		of := "all instances"
		if key.Instance != "" {
			of = string(key.Instance)
		}
		fmt.Fprintf(k.stdout, "  %s of %s (%s)\n", key.Name, of, key.Integration)
	}
}
