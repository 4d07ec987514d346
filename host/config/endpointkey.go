package config

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

const (
	endpointKeyFile = "endpoint.key"
	endpointKeySize = 32
)

// EndpointKey gives the secret from which the tokens of unguessable endpoints are derived. It is made at the first call
// and kept in the data folder, readable by its owner only. Several processes that begin at once agree on one key.
func EndpointKey(data string) ([]byte, error) {
	path := filepath.Join(data, endpointKeyFile)
	key, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		if err := makeEndpointKey(data, path); err != nil {
			return nil, fmt.Errorf("making %s: %w", path, err)
		}
		key, err = os.ReadFile(path)
	}
	switch {
	case err != nil:
		return nil, fmt.Errorf("reading the endpoint key: %w", err)
	case len(key) != endpointKeySize:
		return nil, fmt.Errorf("%s holds %d bytes, not %d: restore it, or remove it to get new endpoint URLs", path, len(key), endpointKeySize)
	}
	return key, nil
}

// makeEndpointKey links a complete file into place, so that a reader never sees half a key and the first one wins.
func makeEndpointKey(data, path string) error {
	if err := os.MkdirAll(data, 0o700); err != nil {
		return err
	}
	fresh, err := os.CreateTemp(data, endpointKeyFile+".*")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(fresh.Name()) }() // linked under its name by then, or of no use
	key := make([]byte, endpointKeySize)
	rand.Read(key)
	_, err = fresh.Write(key)
	if err := errors.Join(err, fresh.Sync(), fresh.Close()); err != nil {
		return err
	}
	if err := os.Link(fresh.Name(), path); !errors.Is(err, fs.ErrExist) {
		return err
	}
	return nil
}
