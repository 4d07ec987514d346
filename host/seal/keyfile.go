package seal

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// mostKeyFile is more than any key file has.
const mostKeyFile = 4 << 10

// fromFile reads a key file that nobody but its owner may read.
func fromFile(path, what string) (master, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, unreadable(path, err)
	}
	if tooOpen(info) {
		return nil, keyErrorf("%s can be read or written by others (mode %#o): if nobody did, close it with\n  chmod 600 %s", path, info.Mode().Perm(), path)
	}
	return fromCredential(path, what)
}

// fromCredential reads a file that somebody else protects.
func fromCredential(path, what string) (master, error) {
	content, err := os.ReadFile(path)
	switch {
	case err != nil:
		return nil, unreadable(path, err)
	case len(content) > mostKeyFile:
		return nil, keyErrorf("%s holds no key for secrets: it has %d bytes", what, len(content))
	}
	return newLocal(string(content), what)
}

func unreadable(path string, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return keyErrorf("the key file %s is not there: copy it from the first host or restore it; for a new installation, make one with\n"+
			"  hookstep keys new --out %s", path, path)
	}
	return &KeyError{Problem: "the key for secrets cannot be read", Err: err}
}

// WriteKeyFile keeps the text of a key in a new file, for its owner only. It survives a loss of power, a reader never sees half of it, and
// a file that is there already stays, with fs.ErrExist in the error.
func WriteKeyFile(path, text string) error {
	folder := filepath.Dir(path)
	fresh, err := os.CreateTemp(folder, filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(fresh.Name()) }() // linked under its name by then, or of no use
	_, err = fmt.Fprintln(fresh, text)
	if err := errors.Join(err, fresh.Sync(), fresh.Close()); err != nil {
		return err
	}
	if err := os.Link(fresh.Name(), path); err != nil {
		return err
	}
	return syncFolder(folder)
}

// syncFolder makes a new name in a folder last.
func syncFolder(path string) error {
	folder, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}
