//go:build unix && !linux

package sdk

import (
	"os"

	"golang.org/x/sys/unix"
)

// redirect leads what is written to files to another one. Where that fails, they stay as they are.
func redirect(to *os.File, files ...*os.File) {
	for _, file := range files {
		_ = unix.Dup2(int(to.Fd()), int(file.Fd()))
	}
}
