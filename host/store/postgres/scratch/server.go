//go:build unix

package scratch

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// server is one life of the cluster's processes.
type server struct {
	pid   int
	ended chan struct{} // closed when the first process has ended
}

// run starts a server. It holds a thread for as long as the server lives, because the kernel tells the server of the
// death of the thread that started it.
func run(command *exec.Cmd) (*server, error) {
	begun := &server{ended: make(chan struct{})}
	failed := make(chan error)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		defer close(begun.ended)
		err := command.Start()
		if err == nil {
			begun.pid = command.Process.Pid
		}
		failed <- err
		if err == nil {
			_ = command.Wait() // how it ended is what the caller asked for, or is in its log
		}
	}()
	if err := <-failed; err != nil {
		return nil, fmt.Errorf("starting PostgreSQL: %w", err)
	}
	return begun, nil
}

func (s *server) signal(what syscall.Signal) {
	_ = syscall.Kill(s.pid, what) // it has ended already
}

// all sends signals to every process of the server. The first one goes to the postmaster before its children are looked
// for: stopped, it makes no new ones. (Each child is in a process group of its own, so the group does not do.)
func (s *server) all(signals ...syscall.Signal) (children []int) {
	s.signal(signals[0])
	children = childrenOf(s.pid)
	for _, what := range signals {
		for _, one := range children {
			_ = syscall.Kill(one, what)
		}
	}
	for _, what := range signals[1:] {
		s.signal(what)
	}
	return children
}

// kill ends every process of the server, and waits for the last: as long as one of them is there, no other server starts on the same data.
func (s *server) kill() {
	children := s.all(syscall.SIGSTOP, syscall.SIGKILL)
	<-s.ended
	turn := time.NewTicker(pollTime)
	defer turn.Stop()
	for slices.ContainsFunc(children, lives) {
		<-turn.C
	}
}

// lives tells whether a process is there and has not ended.
func lives(pid int) bool {
	fields := statOf(pid)
	return len(fields) > 0 && fields[0] != "Z"
}

// childrenOf gives the processes whose parent is the given one.
func childrenOf(parent int) []int {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil
	}
	var found []int
	for _, entry := range entries {
		if pid, err := strconv.Atoi(entry.Name()); err == nil && parentOf(pid) == parent {
			found = append(found, pid)
		}
	}
	return found
}

func parentOf(pid int) int {
	fields := statOf(pid)
	if len(fields) < 2 {
		return 0
	}
	parent, err := strconv.Atoi(fields[1])
	if err != nil {
		return 0
	}
	return parent
}

// statOf gives the fields of a process's stat from its state on; those before it are its number and its name, which may hold anything.
func statOf(pid int) []string {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return nil
	}
	whole := string(text)
	return strings.Fields(whole[strings.LastIndexByte(whole, ')')+1:])
}
