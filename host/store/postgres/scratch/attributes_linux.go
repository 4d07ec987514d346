package scratch

import "syscall"

// attributes has the server end when the process that started it is gone, kill -9 included.
func attributes(owner *syscall.Credential) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Credential: owner, Pdeathsig: syscall.SIGQUIT}
}
