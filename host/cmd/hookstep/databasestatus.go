package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/hookstep-dev/hookstep/host/store"
	"github.com/hookstep-dev/hookstep/host/store/home"
)

// databaseStatus is what is told of a database.
type databaseStatus struct {
	Database   string               `json:"database"` // without a password
	Product    string               `json:"product"`
	Schema     int                  `json:"schema"`
	Bytes      int64                `json:"bytes"`
	Hosts      int                  `json:"hosts"`
	Unfinished map[store.Status]int `json:"unfinished"`

	Connections map[store.ConnectionStatus]int `json:"connections"`
}

func newDatabaseStatus(self *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Show version, size and what waits in the database",
		Long: "status opens the database of the configuration. The embedded one can be opened only while no host uses it: of a running host,\n" +
			"ask with `hookstep executions list`.",
		Args: cobra.NoArgs,
	}
	set := self.configure(cmd, "data", "database")
	asJSON := cmd.Flags().Bool("json", false, "print JSON")
	cmd.RunE = action(func(ctx context.Context, _ []string) error {
		return set.onDatabase(ctx, home.Options{Existing: true}, func(ctx context.Context, where string, opened store.Store) error {
			status, err := statusOf(ctx, where, opened)
			switch {
			case err != nil:
				return err
			case *asJSON:
				return writeJSON(self.stdout, status)
			}
			self.printStatus(status)
			return nil
		})
	})
	return cmd
}

// onDatabase does something with the configuration's database, until an interrupt.
func (c *configured) onDatabase(ctx context.Context, options home.Options, do func(ctx context.Context, where string, opened store.Store) error) error {
	set, err := c.load()
	if err != nil {
		return err
	}
	ctx, stop := interruptible(ctx)
	defer stop()
	where := home.Of(set.Database, set.Data)
	return interrupted(ctx, c.withDatabase(ctx, where, options, func(opened store.Store) error { return do(ctx, where, opened) }))
}

func statusOf(ctx context.Context, where string, of store.Store) (databaseStatus, error) {
	about, err := of.About(ctx)
	if err != nil {
		return databaseStatus{}, err
	}
	depths, err := of.Depths(ctx)
	if err != nil {
		return databaseStatus{}, err
	}
	rows, err := of.ListConnections(ctx, store.ConnectionFilter{})
	connections := map[store.ConnectionStatus]int{}
	for i := range rows {
		connections[rows[i].Status]++
	}
	return databaseStatus{home.Shown(where), about.Product, about.Schema, about.Bytes, about.Others, depths, connections}, err
}

func (a *app) printStatus(status databaseStatus) {
	for _, line := range [][2]string{
		{"database", status.Database},
		{"product", status.Product},
		{"schema", fmt.Sprintf("version %d", status.Schema)},
		{"size", byteSize(status.Bytes)},
		{"in use by", counted(status.Hosts, "other host")},
		{"unfinished", countedBy(status.Unfinished, store.Statuses())},
		{"connections", countedBy(status.Connections, slices.Sorted(maps.Keys(status.Connections)))},
	} {
		fmt.Fprintf(a.stdout, "%s  %s\n", a.out.faint(fmt.Sprintf("%-11s", line[0])), line[1])
	}
}

// countedBy writes how many there are of each kind, in an order.
func countedBy[Kind comparable](counts map[Kind]int, order []Kind) string {
	var parts []string
	for _, kind := range order {
		if count := counts[kind]; count > 0 {
			parts = append(parts, fmt.Sprintf("%d %v", count, kind))
		}
	}
	if parts == nil {
		return "none"
	}
	return strings.Join(parts, ", ")
}

// byteSize writes a number of bytes for people.
func byteSize(count int64) string {
	if count < 1<<10 {
		return fmt.Sprintf("%d bytes", count)
	}
	size, unit := float64(count), 0
	for size >= 1<<10 && unit < 4 {
		size /= 1 << 10
		unit++
	}
	return fmt.Sprintf("%.1f %ciB", size, "KMGT"[unit-1])
}
