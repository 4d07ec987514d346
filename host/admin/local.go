package admin

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
)

// localFile is where the local token is written, in the data folder.
const localFile = "admin.token"

// WriteLocal writes a token where the command line of the same machine finds it, readable by its owner only. Forget removes it
// again, unless another host has written its own meanwhile.
func WriteLocal(data, token string) (forget func(), err error) {
	path := filepath.Join(data, localFile)
	fresh, err := os.CreateTemp(data, localFile+".*") // 0600
	if err != nil {
		return nil, err
	}
	_, err = fresh.WriteString(token + "\n")
	if err := errors.Join(err, fresh.Close()); err != nil {
		_ = os.Remove(fresh.Name()) // the first error tells enough
		return nil, err
	}
	if err := os.Rename(fresh.Name(), path); err != nil {
		_ = os.Remove(fresh.Name())
		return nil, err
	}
	return func() {
		if found, err := ReadLocal(data); err == nil && found == token {
			_ = os.Remove(path) // what is left is of no use
		}
	}, nil
}

// ReadLocal reads what WriteLocal wrote; the error is fs.ErrNotExist when no host runs that uses the folder.
func ReadLocal(data string) (string, error) {
	text, err := os.ReadFile(filepath.Join(data, localFile))
	return strings.TrimSpace(string(text)), err
}
