package main

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/spf13/cobra"

	"github.com/hookstep-dev/hookstep/host/store"
	"github.com/hookstep-dev/hookstep/host/store/home"
)

func newDatabase(self *app) *cobra.Command {
	group := &cobra.Command{Use: "database", Short: "Look after the database, while no host uses it", Args: cobra.NoArgs}
	group.AddCommand(newDatabaseStatus(self), newDatabaseMigrate(self), newDatabaseCopy(self))
	return group
}

// closeWithin is how long closing a database may take.
const closeWithin = 10 * time.Second

// withDatabase opens a database for as long as something is done with it. What its rooms have to say is said if it is a warning.
func (a *app) withDatabase(ctx context.Context, where string, options home.Options, do func(store.Store) error) (err error) {
	options.Log = slog.New(slog.NewTextHandler(a.stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	opened, err := home.Open(ctx, where, options)
	if err != nil {
		return ended(exitCannotStart, err)
	}
	defer func() {
		last, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeWithin)
		defer cancel()
		if closing := opened.Close(last); err == nil && closing != nil {
			err = fmt.Errorf("closing %s: %w", home.Shown(where), closing)
		}
	}()
	return do(opened)
}
