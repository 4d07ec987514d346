//go:build unix

package launch_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/hookstep-dev/hookstep/sdk/fault"
	"github.com/hookstep-dev/hookstep/sdk/hostapi"
	"github.com/hookstep-dev/hookstep/sdk/launch"
)

func TestStopIsOrderly(t *testing.T) {
	t.Parallel()
	process := start(t, command(t, "engine"))
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if err := process.Stop(ctx); err != nil {
		t.Fatal(err)
	}
	if err := process.Err(); err == nil || !strings.Contains(err.Error(), "exit status 0") {
		t.Errorf("it ended with %v", err)
	}
}

// A running execution comes to its end before the process stops; the next one is refused.
func TestStopWaitsForExecutions(t *testing.T) {
	t.Parallel()
	process := start(t, command(t, "engine"))
	running, release := context.WithCancelCause(t.Context())
	defer release(nil)
	waiting, ended, stopped := make(chan struct{}), make(chan error, 1), make(chan error, 1)
	go func() { ended <- do(running, t, process, "wait", func(hostapi.Line) { close(waiting) }) }()
	<-waiting
	go func() { stopped <- process.Stop(t.Context()) }()
	until(t, "an execution is refused", func() bool {
		return fault.Is(do(t.Context(), t, process, "echo", nil), fault.Unavailable)
	})
	over := fault.New(fault.Host, fault.Canceled, "enough")
	release(over)
	if err := <-ended; !errors.Is(err, over) {
		t.Errorf("the execution ended with %v", err)
	}
	if err := <-stopped; err != nil {
		t.Errorf("stopping: %v", err)
	}
}

// freeze stops a process in its tracks, and returns when all of its threads stand still.
func freeze(t *testing.T, pid int) {
	t.Helper()
	if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(10 * time.Second); ; {
		states, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/stat", pid))
		if err != nil {
			t.Fatal(err)
		}
		if !slices.ContainsFunc(states, isMoving) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("the process %d does not stop", pid)
		}
	}
}

// isMoving tells whether a thread is in another state than stopped. The state stands behind the name in brackets.
func isMoving(path string) bool {
	text, err := os.ReadFile(path)
	_, state, _ := strings.Cut(string(text), ") ")
	return err == nil && !strings.HasPrefix(state, "T")
}

// A process that does not answer any more is killed when the time for stopping is over.
func TestStopOfHungProcess(t *testing.T) {
	t.Parallel()
	process := start(t, command(t, "engine"))
	freeze(t, process.PID())
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	begun := time.Now()
	if err := process.Stop(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("stopping: %v", err)
	}
	if took := time.Since(begun); took > 3*time.Second {
		t.Errorf("it took %s", took)
	}
	if err := process.Err(); !fault.Is(err, fault.WorkerLost) {
		t.Errorf("it ended with %v", err)
	}
}

// Kill ends the process and what it started, even when pipes are still held, and all its lanes know at once.
func TestKillEndsTheGroup(t *testing.T) {
	t.Parallel()
	log := &transcript{}
	command := command(t, "parent")
	command.Stderr = log.add
	process := start(t, command)
	waiting, ended := make(chan struct{}, 2), make(chan error, 2)
	for range 2 {
		go func() { ended <- do(t.Context(), t, process, "wait", func(hostapi.Line) { waiting <- struct{}{} }) }()
	}
	<-waiting
	<-waiting
	reason := fault.New(fault.Host, fault.WorkerLost, "the test wants it")
	process.Kill(reason)
	for range 2 {
		if err := <-ended; !fault.Is(err, fault.WorkerLost) || !strings.Contains(err.Error(), "the test wants it") {
			t.Errorf("a lane ended with %v", err)
		}
	}
	<-process.Exited()
	if !errors.Is(process.Err(), reason) {
		t.Errorf("it ended with %v", process.Err())
	}
	sleeper, err := strconv.Atoi(strings.TrimPrefix(log.all()[0], "sleeper "))
	if err != nil {
		t.Fatal(err)
	}
	until(t, "the child of the plugin ends", func() bool { return !alive(sleeper) })
}

func TestDeathInTheMiddle(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		code fault.Code
		says []string
	}{
		"exit":  {fault.WorkerLost, []string{"exit status 9", "leaving early"}},
		"crash": {fault.WorkerLost, []string{"exit status 2"}},
		"panic": {fault.Internal, []string{"the engine is broken"}},
	}
	for entry, test := range tests {
		t.Run(entry, func(t *testing.T) {
			t.Parallel()
			process := start(t, command(t, "engine"))
			err := do(t.Context(), t, process, entry, nil)
			if !fault.Is(err, test.code) {
				t.Fatalf("want a fault %s, got %v", test.code, err)
			}
			for _, part := range test.says {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("the message lacks %q: %v", part, err)
				}
			}
			select {
			case <-process.Exited():
			case <-time.After(5 * time.Second):
				t.Error("the process goes on")
			}
		})
	}
}

// User code that cannot be interrupted is ended with its process; the caller gets the reason that ended its context.
func TestSpinningCodeIsKilled(t *testing.T) {
	t.Parallel()
	process := start(t, command(t, "engine"))
	late := fault.New(fault.Limit, fault.Deadline, "out of time")
	ctx, cancel := context.WithTimeoutCause(t.Context(), 100*time.Millisecond, late)
	defer cancel()
	begun := time.Now()
	err := do(ctx, t, process, "spin", nil)
	if !fault.Is(err, fault.Deadline) {
		t.Errorf("got %v", err)
	}
	if took := time.Since(begun); took > 2*time.Second {
		t.Errorf("it took %s", took)
	}
	<-process.Exited()
	if err := process.Err(); !strings.Contains(err.Error(), "did not stop within 500ms") {
		t.Errorf("it ended with %v", err)
	}
}

// What a plugin prints disturbs nobody.
func TestPrinting(t *testing.T) {
	t.Parallel()
	log := &transcript{}
	command := command(t, "engine")
	command.Stderr = log.add
	process := start(t, command)
	if err := do(t.Context(), t, process, "print", nil); err != nil {
		t.Error(err)
	}
	if err := do(t.Context(), t, process, "echo", nil); err != nil {
		t.Error(err)
	}
	until(t, "both log streams come", func() bool { return len(log.all()) >= 4 })
	for _, line := range log.all() {
		if line != `{"@message":42}` && (len(line) > 8<<10 || strings.Trim(line, "x") != "") {
			t.Errorf("a line of %d bytes", len(line))
		}
	}
}

// A plugin that floods its log is heard in part, and the rest is counted.
func TestFloodOfLogLines(t *testing.T) {
	t.Parallel()
	log := &transcript{}
	command := command(t, "engine")
	command.Stderr = log.add
	process := start(t, command)
	if err := do(t.Context(), t, process, "shout", nil); err != nil {
		t.Fatal(err)
	}
	if err := process.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	heard, dropped := 0, 0
	for _, line := range log.all() {
		if _, err := fmt.Sscanf(line, "(%d more lines were dropped)", &dropped); err == nil {
			heard += dropped
		} else {
			heard++
		}
	}
	if heard != shouted || dropped == 0 {
		t.Errorf("%d lines are accounted for, %d of them dropped at last", heard, dropped)
	}
}

func TestMemoryLimit(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("memory of other processes is not known here")
	}
	for _, entry := range []string{"hoard", "leap"} {
		t.Run(entry, func(t *testing.T) {
			t.Parallel()
			command := command(t, "engine")
			command.Memory = 192 << 20
			process := start(t, command)
			err := do(t.Context(), t, process, entry, nil)
			if !fault.Is(err, fault.Memory) && !fault.Is(errors.Unwrap(err), fault.Memory) {
				t.Errorf("got %v", err)
			}
		})
	}
}

// Garbage is no offence: code may take more than the limit, as long as it keeps less.
func TestGarbageWithinMemoryLimit(t *testing.T) {
	t.Parallel()
	if raceDetector {
		t.Skip("the race detector keeps more than the limit")
	}
	command := command(t, "engine")
	command.Memory = 128 << 20
	process := start(t, command)
	if err := do(t.Context(), t, process, "garbage", nil); err != nil {
		t.Error(err)
	}
}

func TestReplyBeyondLimit(t *testing.T) {
	t.Parallel()
	process := start(t, command(t, "huge"))
	if err := do(t.Context(), t, process, "any", nil); !fault.Is(err, fault.Protocol) {
		t.Errorf("got %v", err)
	}
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	if memory.HeapSys > 500<<20 {
		t.Errorf("the host took %d MiB", memory.HeapSys>>20)
	}
}

func TestLaneEndsInTheMiddle(t *testing.T) {
	t.Parallel()
	process := start(t, command(t, "broken"))
	if err := do(t.Context(), t, process, "any", nil); !fault.Is(err, fault.Protocol) {
		t.Errorf("got %v", err)
	}
}

// A host that is killed leaves no plugin behind, even while user code spins.
func TestNoOrphan(t *testing.T) {
	t.Parallel()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	host := exec.CommandContext(t.Context(), program)
	host.Env = []string{role + "=host"}
	out, err := host.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := host.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	plugin, err := strconv.Atoi(strings.TrimSpace(line))
	if err != nil {
		t.Fatalf("the host says %q", line)
	}
	if !alive(plugin) {
		t.Fatal("there is no plugin")
	}
	_ = host.Process.Kill()
	_ = host.Wait()
	until(t, "the plugin ends", func() bool { return !alive(plugin) })
}

// Ten starts and ends leave nothing behind; the goroutines are counted at the end of all tests.
func TestStartsLeaveNothing(t *testing.T) {
	t.Parallel()
	boots := map[string]bool{}
	for range 10 {
		process, err := launch.Start(t.Context(), command(t, "engine"))
		if err != nil {
			t.Fatal(err)
		}
		boots[process.BootID()] = true
		process.Kill(fault.New(fault.Host, fault.WorkerLost, "enough"))
		<-process.Exited()
	}
	if len(boots) != 10 {
		t.Errorf("%d different boot ids", len(boots))
	}
}

// until polls for something that another process does.
func until(t *testing.T, what string, is func() bool) {
	t.Helper()
	deadline := time.After(10 * time.Second)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !is() {
		select {
		case <-deadline:
			t.Fatalf("waited in vain until %s", what)
		case <-tick.C:
		}
	}
}

// alive tells whether a process runs; one that only waits to be reaped does not.
func alive(pid int) bool {
	if syscall.Kill(pid, 0) != nil {
		return false
	}
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return !errors.Is(err, os.ErrNotExist)
	}
	_, after, _ := strings.Cut(string(stat), ") ")
	return !strings.HasPrefix(after, "Z") && !strings.HasPrefix(after, "X")
}
