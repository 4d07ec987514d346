// Package process starts the servers that a measurement compares, with the figures that /proc has of them.
package process

import (
	"bufio"
	"bytes"
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

// Server is a process under measurement, with the processes that it started.
type Server struct {
	Name     string
	Lines    []string // what it printed until it was ready
	command  *exec.Cmd
	messages bytes.Buffer // its standard error
	started  time.Time
}

// Start runs a program and waits until it prints a line that matches ready.
func Start(ctx context.Context, name string, ready *regexp.Regexp, program string, args ...string) (*Server, error) {
	server := &Server{Name: name, command: exec.CommandContext(ctx, program, args...), started: time.Now()}
	server.command.Stderr = &server.messages
	server.command.Cancel = func() error { return server.command.Process.Signal(syscall.SIGTERM) }
	server.command.WaitDelay = 10 * time.Second
	stdout, err := server.command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := server.command.Start(); err != nil {
		return nil, err
	}
	if !server.awaitReady(stdout, ready) {
		err := server.Stop()
		return nil, errors.Join(fmt.Errorf("%s ended before it was ready; it wrote:\n%s\n%s",
			name, strings.Join(server.Lines, "\n"), server.messages.String()), err)
	}
	return server, nil
}

func (s *Server) awaitReady(stdout io.Reader, ready *regexp.Regexp) bool {
	lines := bufio.NewScanner(stdout)
	for lines.Scan() {
		s.Lines = append(s.Lines, lines.Text())
		if ready.MatchString(lines.Text()) {
			go func() { _, _ = io.Copy(io.Discard, stdout) }()
			return true
		}
	}
	return false
}

// Match gives the first group of the first line that fits pattern.
func (s *Server) Match(pattern *regexp.Regexp) (string, error) {
	for _, line := range s.Lines {
		if found := pattern.FindStringSubmatch(line); found != nil {
			return found[1], nil
		}
	}
	return "", fmt.Errorf("%s printed no line like %s", s.Name, pattern)
}

// Age is the time since the process was started.
func (s *Server) Age() time.Duration { return time.Since(s.started) }

// Stop asks the process to end, and waits for it.
func (s *Server) Stop() error {
	_ = s.command.Process.Signal(syscall.SIGTERM)
	err := s.command.Wait()
	if _, ok := errors.AsType[*exec.ExitError](err); ok && s.command.ProcessState.ExitCode() == -1 {
		return nil
	}
	return err
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
	for _, pid := range family(s.command.Process.Pid, parents) {
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
		if err != nil {
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
