//go:build unix

package scratch

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
)

// ErrMissing says that PostgreSQL is not installed on this machine, and what would install it.
var ErrMissing = errors.New("PostgreSQL is not installed: install the Debian package postgresql (its binaries are looked for in /usr/lib/postgresql/*/bin and in PATH)")

// find gives the folder with initdb and postgres, of the newest version that Debian keeps, else of PATH.
func find() (string, error) {
	installed, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil {
		return "", err
	}
	if len(installed) > 0 {
		return filepath.Dir(slices.MaxFunc(installed, func(a, b string) int { return version(a) - version(b) })), nil
	}
	found, err := exec.LookPath("initdb")
	if err != nil {
		return "", ErrMissing
	}
	if found, err = filepath.EvalSymlinks(found); err != nil {
		return "", err
	}
	return filepath.Dir(found), nil
}

// version reads the folder above bin, as in /usr/lib/postgresql/15/bin/initdb.
func version(binary string) int {
	read, err := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(binary))))
	if err != nil {
		return 0
	}
	return read
}

// credential is the user that the server runs as: nil for this process's own.
func credential() (*syscall.Credential, error) {
	if os.Geteuid() != 0 {
		return nil, nil //nolint:nilnil // nil is what os/exec takes for the same user
	}
	found, err := user.Lookup("postgres")
	if err != nil {
		return nil, fmt.Errorf("PostgreSQL refuses to run as root, and its own user is not there: %w: %w", err, ErrMissing)
	}
	uid, err := strconv.ParseUint(found.Uid, 10, 32)
	if err != nil {
		return nil, err
	}
	gid, err := strconv.ParseUint(found.Gid, 10, 32)
	if err != nil {
		return nil, err
	}
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
}
