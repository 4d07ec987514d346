package main_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// patience is how long a script waits for what must come. It decides nothing but how late a hang is reported.
const patience = 60 * time.Second

type stageKey struct{}

// stage is what the commands of one script share: the server that it started and the requests that are under way.
type stage struct {
	env     *testscript.Env
	server  *server
	pending map[string]chan reply
}

func newStage(env *testscript.Env) *stage {
	made := &stage{env: env, pending: map[string]chan reply{}}
	env.Defer(func() {
		if made.server != nil && made.server.command.Process != nil {
			_ = made.server.command.Process.Kill()
			<-made.server.ended
		}
	})
	return made
}

// command makes a script command of a method that says what is wrong.
func command(do func(*stage, *testscript.TestScript, []string) error) func(*testscript.TestScript, bool, []string) {
	return func(ts *testscript.TestScript, negated bool, args []string) {
		if negated {
			ts.Fatalf("this command cannot be negated")
		}
		ts.Check(do(ts.Value(stageKey{}).(*stage), ts, args))
	}
}

// server is `hookstep serve` under a script.
type server struct {
	command *exec.Cmd
	out     transcript
	err     transcript
	ended   chan struct{} // closed when the process has ended
	failure error         // of Wait; set before ended is closed
}

// serve starts the server on free ports, with more environment variables if there are any, and waits until it is ready.
// URL and ADMIN are its addresses then.
//
//	serve [NAME=VALUE…] [ARG…]
func (s *stage) serve(ts *testscript.TestScript, args []string) error {
	if s.server != nil {
		return errors.New("there is a server already")
	}
	path, vars := filepath.Join(binary, "hookstep"), s.env.Vars
	for len(args) > 0 && isVariable(args[0]) {
		vars, args = append(slices.Clip(vars), args[0]), args[1:]
	}
	args = append([]string{"serve", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0"}, args...)
	made := &server{command: exec.Command(path, args...), ended: make(chan struct{})}
	made.command.Dir, made.command.Env = ts.MkAbs("."), vars
	s.server = made
	found, err := made.start()
	if err != nil {
		return err
	}
	ts.Setenv("URL", found[1])
	ts.Setenv("ADMIN", found[2])
	ts.Setenv("ADDRESS", strings.TrimPrefix(found[1], "http://"))
	return nil
}

func isVariable(argument string) bool {
	name, _, given := strings.Cut(argument, "=")
	return given && !strings.HasPrefix(name, "-")
}

// start starts the process and gives the addresses of its listeners once it is ready.
func (s *server) start() ([]string, error) {
	s.command.Stdout, s.command.Stderr = &s.out, &s.err
	if err := s.command.Start(); err != nil {
		close(s.ended)
		return nil, err
	}
	go func() {
		s.failure = s.command.Wait()
		close(s.ended)
	}()
	return s.await(&s.out, regexp.MustCompile(`(?m)^ready: hooks on (\S+), operators on (\S+)$`))
}

// signal sends the server a signal and goes on.
//
//	signal TERM|INT
func (s *stage) signal(_ *testscript.TestScript, args []string) error {
	if len(args) != 1 || s.server == nil {
		return errors.New("signal takes a name, and a server must run")
	}
	return s.server.command.Process.Signal(signalOf(args[0]))
}

func signalOf(name string) syscall.Signal {
	return map[string]syscall.Signal{"TERM": syscall.SIGTERM, "INT": syscall.SIGINT, "KILL": syscall.SIGKILL}[name]
}

// halt sends the server a signal (TERM by default), waits for its end, checks its exit code (0 by default), and leaves what
// it wrote in the files serve.out and serve.err. Every engine process that it had must be gone soon after.
//
//	halt [TERM|INT|KILL [CODE]]
func (s *stage) halt(ts *testscript.TestScript, args []string) error {
	if s.server == nil {
		return errors.New("there is no server")
	}
	name, want := "TERM", "0"
	if len(args) > 0 {
		name = args[0]
	}
	if len(args) > 1 {
		want = args[1]
	}
	signal, engines := signalOf(name), children(s.server.command.Process.Pid)
	if err := s.server.command.Process.Signal(signal); err != nil {
		return err
	}
	select {
	case <-s.server.ended:
	case <-time.After(patience):
		return errors.New("the server has not ended")
	}
	for name, text := range map[string]*transcript{"serve.out": &s.server.out, "serve.err": &s.server.err} {
		if err := os.WriteFile(ts.MkAbs(name), []byte(text.String()), 0o644); err != nil {
			return err
		}
	}
	if err := poll(func() error { return gone(engines) }); err != nil {
		return err
	}
	code := exitCode(s.server.command.ProcessState)
	stderr := s.server.err.String()
	s.server = nil
	if signal != syscall.SIGKILL && strconv.Itoa(code) != want {
		return fmt.Errorf("the server ended with %d, want %s; it wrote:\n%s", code, want, stderr)
	}
	return nil
}

// waitLog waits until the server has written a line that matches.
//
//	waitlog PATTERN
func (s *stage) waitLog(_ *testscript.TestScript, args []string) error {
	if len(args) != 1 || s.server == nil {
		return errors.New("waitlog takes a pattern, and a server must run")
	}
	pattern, err := regexp.Compile("(?m)" + args[0])
	if err != nil {
		return err
	}
	_, err = s.server.await(&s.server.err, pattern)
	return err
}

// engines waits until the server has as many engine processes as said, or kills them as a crash would.
//
//	engines COUNT | engines kill
func (s *stage) engines(_ *testscript.TestScript, args []string) error {
	if len(args) != 1 || s.server == nil {
		return errors.New("engines takes a count or `kill`, and a server must run")
	}
	parent := s.server.command.Process.Pid
	if args[0] == "kill" {
		for _, pid := range children(parent) {
			if err := syscall.Kill(pid, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
				return err
			}
		}
		return nil
	}
	want, err := strconv.Atoi(args[0])
	if err != nil {
		return err
	}
	return poll(func() error {
		if pids := children(parent); len(pids) != want {
			return fmt.Errorf("there are %d engine processes, want %d", len(pids), want)
		}
		return nil
	})
}

// exits runs a program and compares its exit code.
//
//	exits CODE PROGRAM [ARG…]
func (s *stage) exits(ts *testscript.TestScript, args []string) error {
	if len(args) < 2 {
		return errors.New("exits takes a code and a command")
	}
	err := ts.Exec(args[1], args[2:]...)
	got := 0
	if failed, ok := errors.AsType[*exec.ExitError](err); ok {
		got = failed.ExitCode()
	} else if err != nil {
		return err
	}
	if strconv.Itoa(got) != args[0] {
		return fmt.Errorf("exit code %d, want %s", got, args[0])
	}
	return nil
}

// children lists the live processes that a process started.
func children(parent int) []int {
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	var found []int
	for _, file := range stats {
		text, err := os.ReadFile(file)
		if err != nil {
			continue // ended meanwhile
		}
		_, rest, _ := bytes.Cut(text, []byte(") "))
		fields := strings.Fields(string(rest))
		if len(fields) < 2 || fields[0] == "Z" || fields[1] != strconv.Itoa(parent) {
			continue
		}
		pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(file)))
		found = append(found, pid)
	}
	return found
}

// exitCode is what a shell says: 128 and the signal that ended a process, if one did.
func exitCode(of *os.ProcessState) int {
	if status, ok := of.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return 128 + int(status.Signal())
	}
	return of.ExitCode()
}

// gone tells which of the processes are still there.
func gone(pids []int) error {
	for _, pid := range pids {
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if err == nil && !bytes.Contains(stat, []byte(") Z ")) {
			return fmt.Errorf("the engine process %d is still there", pid)
		}
	}
	return nil
}

// poll repeats a check until it holds, or patience ends.
func poll(check func() error) error {
	late := time.After(patience)
	again := time.NewTicker(5 * time.Millisecond)
	defer again.Stop()
	for {
		err := check()
		if err == nil {
			return nil
		}
		select {
		case <-late:
			return err
		case <-again.C:
		}
	}
}

// await waits until text matches.
func (s *server) await(text *transcript, pattern *regexp.Regexp) ([]string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for {
		changed := text.changed()
		if found := pattern.FindStringSubmatch(text.String()); found != nil {
			return found, nil
		}
		select {
		case <-changed:
		case <-s.ended:
			if found := pattern.FindStringSubmatch(text.String()); found != nil {
				return found, nil
			}
			return nil, fmt.Errorf("the server ended (%w) before it wrote %q; it wrote:\n%s%s", s.failure, pattern, s.out.String(), s.err.String())
		case <-ctx.Done():
			return nil, fmt.Errorf("the server has not written %q; it wrote:\n%s%s", pattern, s.out.String(), s.err.String())
		}
	}
}

// transcript keeps what a process writes, and tells when there is more.
type transcript struct {
	mutex  sync.Mutex
	text   strings.Builder
	signal chan struct{}
}

func (t *transcript) Write(part []byte) (int, error) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	if t.signal != nil {
		close(t.signal)
		t.signal = nil
	}
	return t.text.Write(part)
}

func (t *transcript) String() string {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	return t.text.String()
}

// changed gives a channel that is closed at the next write.
func (t *transcript) changed() <-chan struct{} {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	if t.signal == nil {
		t.signal = make(chan struct{})
	}
	return t.signal
}
