package config

import (
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

// EndpointKey gives the secret that earlier versions kept in the data folder, of which they derived the tokens of unguessable
// endpoints; nil if there is none.
func EndpointKey(data string) ([]byte, error) {
	path := filepath.Join(data, endpointKeyFile)
	key, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("reading the endpoint key: %w", err)
	case len(key) != endpointKeySize:
		return nil, fmt.Errorf("%s holds %d bytes, not %d: restore it, or remove it to get new endpoint URLs", path, len(key), endpointKeySize)
	}
	return key, nil
}
