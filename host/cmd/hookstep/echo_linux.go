package main

import (
	"os"

	"golang.org/x/sys/unix"
)

// hush has the terminal show nothing of what is typed from now on.
func hush(terminal *os.File) error {
	set, err := unix.IoctlGetTermios(int(terminal.Fd()), unix.TCGETS)
	if err != nil {
		return err
	}
	set.Lflag &^= unix.ECHO
	return unix.IoctlSetTermios(int(terminal.Fd()), unix.TCSETS, set)
}
