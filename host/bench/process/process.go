// Package process starts the servers that a measurement or a crash run looks at, with the figures that /proc has of them.
package process

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Program is what a server is started from.
type Program struct {
	Name  string
	Path  string
	Args  []string
	Env   []string       // added to this process's own
	Ready *regexp.Regexp // of the line that says that it serves
	Log   io.Writer      // gets all that it writes to its standard error; nil: the last of it is kept for errors alone
}

// Server is a process under measurement, with the processes that it started.
type Server struct {
	Name    string
	command *exec.Cmd
	lines   *lines
	errors  tail
	started time.Time
	ended   chan struct{}
	err     error // of Wait, once ended is closed
}

// stopTime is what a server gets to end when it was asked to.
const stopTime = 40 * time.Second

// Start runs a program and waits until it prints a line that matches ready.
func Start(ctx context.Context, name string, ready *regexp.Regexp, program string, args ...string) (*Server, error) {
	server, err := Launch(ctx, &Program{Name: name, Path: program, Args: args, Ready: ready})
	if err != nil {
		return nil, err
	}
	return server, server.Await(ctx)
}

// Launch runs a program and does not wait. When ctx ends, it is asked to end.
func Launch(ctx context.Context, program *Program) (*Server, error) {
	server := &Server{
		Name: program.Name, command: exec.CommandContext(ctx, program.Path, program.Args...), lines: newLines(program.Ready),
		started: time.Now(), ended: make(chan struct{}),
	}
	server.command.Env = append(os.Environ(), program.Env...)
	server.command.Stdout, server.command.Stderr = server.lines, &server.errors
	if program.Log != nil {
		server.command.Stderr = io.MultiWriter(program.Log, &server.errors)
	}
	server.command.Cancel = func() error { return server.command.Process.Signal(syscall.SIGTERM) }
	server.command.WaitDelay = stopTime
	if err := server.command.Start(); err != nil {
		return nil, err
	}
	go func() {
		defer close(server.ended)
		server.err = server.command.Wait()
	}()
	return server, nil
}

// Await waits until the server is ready. If it ends before, or ctx does, the error tells what it wrote.
func (s *Server) Await(ctx context.Context) error {
	select {
	case <-s.lines.ready:
		return nil
	case <-s.ended:
	case <-ctx.Done():
		_ = s.Stop()
	}
	return fmt.Errorf("%s ended before it was ready; it wrote:\n%s\n%s", s.Name, strings.Join(s.Lines(), "\n"), &s.errors)
}

// Ready is closed when the server has printed its line.
func (s *Server) Ready() <-chan struct{} { return s.lines.ready }

// Ended is closed when the process has ended.
func (s *Server) Ended() <-chan struct{} { return s.ended }

// Lines are what the server printed so far, up to the line that said that it was ready.
func (s *Server) Lines() []string { return s.lines.all() }

// PID is the process's number.
func (s *Server) PID() int { return s.command.Process.Pid }

// Errors is the last of what the server wrote to its standard error.
func (s *Server) Errors() string { return s.errors.String() }

// Match gives the first group of the first line that fits pattern.
func (s *Server) Match(pattern *regexp.Regexp) (string, error) {
	for _, line := range s.Lines() {
		if found := pattern.FindStringSubmatch(line); found != nil {
			return found[1], nil
		}
	}
	return "", fmt.Errorf("%s printed no line like %s", s.Name, pattern)
}

// Age is the time since the process was started.
func (s *Server) Age() time.Duration { return time.Since(s.started) }

// Stop asks the process to end, and waits for it; one that takes too long is killed, which is an error.
func (s *Server) Stop() error {
	_ = s.command.Process.Signal(syscall.SIGTERM)
	late := time.NewTimer(stopTime)
	defer late.Stop()
	select {
	case <-s.ended:
	case <-late.C:
		s.Kill()
		return fmt.Errorf("%s did not end within %s of being asked to", s.Name, stopTime)
	}
	if _, ok := errors.AsType[*exec.ExitError](s.err); ok && s.command.ProcessState.ExitCode() == -1 {
		return nil
	}
	return s.err
}

// Kill ends the process, and it alone, with SIGKILL, and waits until it is gone.
func (s *Server) Kill() {
	_ = s.command.Process.Kill()
	<-s.ended
}

// Children gives the processes that a process started, and those that they started, but for those that have ended.
func Children(pid int) ([]int, error) {
	parents, err := parentsByPID()
	if err != nil {
		return nil, err
	}
	return family(pid, parents)[1:], nil
}

// Usage is what one process has used.
type Usage struct {
	PID     int
	Command string        // arguments, without the folder of the program
	CPU     time.Duration // user and system time so far
	RSS     int64         // bytes
	Files   int           // open file descriptors
}

// Usage reads the figures of the process and of all that it started, the first one its own.
func (s *Server) Usage() ([]Usage, error) {
	parents, err := parentsByPID()
	if err != nil {
		return nil, err
	}
	var all []Usage
	for _, pid := range family(s.PID(), parents) {
		usage, err := usageOf(pid)
		if errors.Is(err, os.ErrNotExist) {
			continue // ended meanwhile
		}
		if err != nil {
			return nil, err
		}
		all = append(all, usage)
	}
	return all, nil
}

// Total adds up.
func Total(all []Usage) Usage {
	var total Usage
	for _, usage := range all {
		total.CPU += usage.CPU
		total.RSS += usage.RSS
		total.Files += usage.Files
	}
	return total
}

func family(root int, parents map[int]int) []int {
	found := []int{root}
	for next := 0; next < len(found); next++ {
		for child, parent := range parents {
			if parent == found[next] {
				found = append(found, child)
			}
		}
	}
	return found
}

func parentsByPID() (map[int]int, error) {
	files, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return nil, err
	}
	parents := make(map[int]int, len(files))
	for _, file := range files {
		fields, err := statFields(file)
		if err != nil || fields[0] == "Z" {
			continue // ended meanwhile
		}
		pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(file)))
		parents[pid], _ = strconv.Atoi(fields[1])
	}
	return parents, nil
}

// statFields gives what follows the command's name in a stat file: state, parent and so on.
func statFields(file string) ([]string, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	_, rest, ok := strings.Cut(string(text), ") ")
	fields := strings.Fields(rest)
	if !ok || len(fields) < 22 {
		return nil, fmt.Errorf("%s: unknown form", file)
	}
	return fields, nil
}

const ticksPerSecond = 100 // of /proc, on every Linux that Go supports

func usageOf(pid int) (Usage, error) {
	folder := filepath.Join("/proc", strconv.Itoa(pid))
	fields, err := statFields(filepath.Join(folder, "stat"))
	if err != nil {
		return Usage{}, err
	}
	user, _ := strconv.ParseInt(fields[11], 10, 64)
	system, _ := strconv.ParseInt(fields[12], 10, 64)
	pages, _ := strconv.ParseInt(fields[21], 10, 64)
	files, err := os.ReadDir(filepath.Join(folder, "fd"))
	if err != nil {
		return Usage{}, err
	}
	line, err := os.ReadFile(filepath.Join(folder, "cmdline"))
	if err != nil {
		return Usage{}, err
	}
	args := strings.Split(strings.TrimRight(string(line), "\x00"), "\x00")
	args[0] = filepath.Base(args[0])
	return Usage{
		PID: pid, Command: strings.Join(args, " "), Files: len(files), RSS: pages * int64(os.Getpagesize()),
		CPU: time.Duration(user+system) * time.Second / ticksPerSecond,
	}, nil
}
