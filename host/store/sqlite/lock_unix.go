//go:build unix

package sqlite

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// lockName is the file that says whose the folder is. It stays when the host has gone: it is the lock on it that counts, which ends
// with its process however that ends.
const lockName = "hookstep.lock"

type folderLock struct{ file *os.File }

// lockFolder makes the folder this process's own.
func lockFolder(folder string) (*folderLock, error) {
	file, err := os.OpenFile(filepath.Join(folder, lockName), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("locking the data folder: %w", err)
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		defer func() { _ = file.Close() }()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, fmt.Errorf("the data folder %s is in use by another hookstep%s: stop that one first, or give this one another folder",
				folder, holder(file))
		}
		return nil, fmt.Errorf("locking the data folder %s: %w", folder, err)
	}
	if err := sign(file); err != nil {
		return nil, errors.Join(fmt.Errorf("locking the data folder: %w", err), file.Close())
	}
	return &folderLock{file}, nil
}

// holder tells the process that signed the file, if that can be known.
func holder(file *os.File) string {
	signed := make([]byte, 32)
	read, _ := file.ReadAt(signed, 0)
	if pid, err := strconv.Atoi(strings.TrimSpace(string(signed[:read]))); err == nil {
		return fmt.Sprintf(" (process %d)", pid)
	}
	return ""
}

func sign(file *os.File) error {
	if err := file.Truncate(0); err != nil {
		return err
	}
	_, err := file.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0)
	return err
}

// release gives the lock back for sure: a process that is being started may have the descriptor for a moment longer.
func (l *folderLock) release() error {
	return errors.Join(syscall.Flock(int(l.file.Fd()), syscall.LOCK_UN), l.file.Close())
}
