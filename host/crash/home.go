package main

import (
	"context"
	"path/filepath"
)

// home is a kind of database, with the hosts that it is made for.
type home struct {
	name  string   // for people
	data  []string // folder of each host
	flags []string // of all hosts, beside their folder
	close func() error
}

// homeNames are the values of the flag databases.
func homeNames() []string { return []string{"sqlite", "postgres"} }

// newHome makes an empty database.
func newHome(ctx context.Context, name, folder string) (*home, error) {
	if name == "postgres" {
		return newCluster(ctx, folder)
	}
	return &home{
		name: "SQLite with one host", data: []string{filepath.Join(folder, "data")}, close: func() error { return nil },
	}, nil
}
