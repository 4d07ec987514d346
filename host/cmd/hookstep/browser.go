package main

import (
	"context"
	"os/exec"
	"runtime"
)

// openBrowser opens a link in the browser of whoever sits at the machine, if there is one. The link is printed anyway, so nothing is
// said if not.
func openBrowser(ctx context.Context, link string, env []string) {
	opener := "xdg-open"
	if runtime.GOOS == "darwin" {
		opener = "open"
	}
	path, err := exec.LookPath(opener)
	if err != nil {
		return
	}
	command := exec.CommandContext(context.WithoutCancel(ctx), path, link) // it may live on as the browser itself
	command.Env = env
	if command.Start() == nil {
		go func() { _ = command.Wait() }()
	}
}
