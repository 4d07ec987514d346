package main

import (
	"context"
	"errors"
	"path/filepath"

	"github.com/hookstep-dev/hookstep/host/seal"
	"github.com/hookstep-dev/hookstep/host/store/postgres/scratch"
)

// newCluster makes a PostgreSQL cluster with an empty database, for two hosts.
func newCluster(ctx context.Context, folder string) (*home, error) {
	made, err := scratch.New(ctx)
	if err != nil {
		return nil, err
	}
	key := filepath.Join(folder, "seal.key") // of both hosts
	if err := seal.WriteKeyFile(key, seal.NewKeyText()); err != nil {
		return nil, errors.Join(err, made.Remove())
	}
	return &home{
		name: "PostgreSQL with two hosts", data: []string{filepath.Join(folder, "data-1"), filepath.Join(folder, "data-2")},
		flags: []string{"--database", made.URL(), "--seal-key-file", key}, close: made.Remove,
	}, nil
}
