package supervisor_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/hookstep-dev/hookstep/host/supervisor"
	"github.com/hookstep-dev/hookstep/sdk/engine"
	"github.com/hookstep-dev/hookstep/sdk/fault"
)

func TestKillUnderLoad(t *testing.T) {
	t.Parallel()
	s := open(t, nil)
	var stop atomic.Bool
	var load sync.WaitGroup
	var good atomic.Int64
	run := func(tenant string, check func(error)) {
		for range 4 {
			load.Go(func() {
				for !stop.Load() {
					check(once(t.Context(), s, tenant, "pid"))
				}
			})
		}
	}
	run("victim", func(err error) {
		if err != nil && !fault.Is(err, fault.WorkerLost) && !fault.Is(err, fault.Unavailable) {
			t.Errorf("victim: %v", err)
		}
	})
	run("neighbour", func(err error) {
		if good.Add(1); err != nil {
			t.Errorf("neighbour: %v", err)
		}
	})
	for kill := range 3 {
		pid := awaitPID(t, s, "victim")
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
			t.Error(err)
		}
		eventually(t, "the next process serves", func() bool {
			next := pidOf(s, "victim")
			return next != 0 && next != pid && once(t.Context(), s, "victim", "pid") == nil
		})
		if crashes := statsOf(s, "victim").Crashes; crashes != kill+1 {
			t.Errorf("%d crashes counted after %d", crashes, kill+1)
		}
	}
	stop.Store(true)
	load.Wait()
	if stats := statsOf(s, "neighbour"); stats.Starts != 1 || good.Load() == 0 {
		t.Errorf("neighbour: %d executions, %+v", good.Load(), stats)
	}
}

func statsOf(s *supervisor.Supervisor, tenant string) supervisor.ProcessStats {
	for _, stats := range s.Stats() {
		if stats.Tenant == tenant {
			return stats
		}
	}
	return supervisor.ProcessStats{}
}

func pidOf(s *supervisor.Supervisor, tenant string) int { return statsOf(s, tenant).PID }

func awaitPID(t *testing.T, s *supervisor.Supervisor, tenant string) (pid int) {
	t.Helper()
	eventually(t, tenant+" has a process", func() bool { pid = pidOf(s, tenant); return pid != 0 })
	return pid
}

func TestLeaseEndsWithItsProcess(t *testing.T) {
	t.Parallel()
	s := open(t, nil)
	old := acquire(t, s, "a")
	first := must[int](t, old, "pid")
	if err := syscall.Kill(first, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the next process runs", func() bool { pid := pidOf(s, "a"); return pid != 0 && pid != first })
	if pid, err := do[int](t.Context(), old, "pid", quiet()); err == nil {
		t.Errorf("the old lease ran in process %d", pid)
	}
	fresh := acquire(t, s, "a")
	if fresh.BootID() == old.BootID() {
		t.Errorf("two lives, one boot id %s", old.BootID())
	}
	old.Release()
	if pid := must[int](t, fresh, "pid"); pid == first {
		t.Errorf("process %d again", pid)
	}
	fresh.Release()
	if stats := s.Stats()[0]; stats.LanesOpen != 1 || stats.LanesBusy != 0 {
		t.Errorf("stats: %+v", stats)
	}
}

// Each of many runaway executions in a row must get its answer in time, however often the process was killed before.
func TestRunawaysInARow(t *testing.T) {
	t.Parallel()
	s := open(t, nil)
	const limit, rounds = 100 * time.Millisecond, 4
	for range rounds {
		late := fault.New(fault.Limit, fault.Deadline, "out of time")
		ctx, cancel := context.WithTimeoutCause(t.Context(), limit, late)
		begun := time.Now()
		err := once(ctx, s, "a", "spin")
		cancel()
		if !fault.Is(err, fault.Deadline) {
			t.Errorf("error is %v, want deadline", err)
		}
		if took := time.Since(begun); took > limit+time.Second {
			t.Errorf("answered after %s", took)
		}
	}
	if err := once(t.Context(), s, "a", "pid"); err != nil {
		t.Errorf("the next execution: %v", err)
	}
	if stats := s.Stats()[0]; stats.Kills == 0 || stats.Crashes != 0 {
		t.Errorf("stats: %+v", stats)
	}
}

//nolint:paralleltest // beside tests that spin on every core, half a second may be too short for any answer
func TestCancelledExecutionCostsNoProcess(t *testing.T) {
	s := open(t, nil)
	ctx, cancel := context.WithTimeoutCause(t.Context(), 50*time.Millisecond, fault.New(fault.Limit, fault.Deadline, "out of time"))
	defer cancel()
	if err := once(ctx, s, "a", "wait"); !fault.Is(err, fault.Deadline) {
		t.Errorf("error is %v, want deadline", err)
	}
	if err := once(t.Context(), s, "a", "pid"); err != nil {
		t.Error(err)
	}
	if stats := s.Stats()[0]; stats.Starts != 1 {
		t.Errorf("stats: %+v", stats)
	}
}

func TestCrashIsNotRepeated(t *testing.T) {
	t.Parallel()
	s := open(t, nil)
	if err := once(t.Context(), s, "a", "exit"); !fault.Is(err, fault.WorkerLost) {
		t.Errorf("error is %v, want worker_lost", err)
	}
	eventually(t, "the crash is counted", func() bool { return s.Stats()[0].Crashes == 1 })
	if reason := s.Stats()[0].LastReason; !strings.Contains(reason, "exit status 3") || !strings.Contains(reason, "out of luck") {
		t.Errorf("reason is %q", reason)
	}
	if err := once(t.Context(), s, "a", "pid"); err != nil {
		t.Errorf("the next execution: %v", err)
	}
}

func TestHungProcessIsKilled(t *testing.T) {
	t.Parallel()
	s := open(t, func(config *supervisor.Config) {
		config.HealthEvery, config.HealthWithin, config.HealthMisses = 20*time.Millisecond, 50*time.Millisecond, 2
	})
	lease := acquire(t, s, "a")
	pid := must[int](t, lease, "pid")
	if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the process is stopped", func() bool { return stateOf(pid) == "T" })
	if _, err := do[any](t.Context(), lease, "pid", quiet()); !fault.Is(err, fault.WorkerLost) {
		t.Errorf("error is %v, want worker_lost", err)
	}
	lease.Release()
	if err := once(t.Context(), s, "a", "pid"); err != nil {
		t.Errorf("the next execution: %v", err)
	}
	if isAlive(pid) {
		t.Errorf("the hung process %d lives on", pid)
	}
}

// script is a plugin file whose content the test decides.
func script(t *testing.T, path, command string) {
	t.Helper()
	draft := path + ".new"
	if err := os.WriteFile(draft, []byte("#!/bin/sh\n"+command+"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(draft, path); err != nil {
		t.Fatal(err)
	}
}

func self(t *testing.T) string {
	t.Helper()
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func TestGiveUpSaysWhyUntilThePluginChanges(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "probe")
	script(t, path, "echo 'the tank is empty' >&2; exit 3")
	s := open(t, func(config *supervisor.Config) {
		config.Bundled[0] = supervisor.Plugin{Name: "probe", Path: path}
		config.Restart.First, config.Restart.Tries = 5*time.Millisecond, 3
	})
	for round := range 2 {
		found, ok := errors.AsType[*fault.Fault](once(t.Context(), s, "a", "pid"))
		if !ok || found.Code != fault.Unavailable || found.RetryAfter <= 0 {
			t.Fatalf("round %d: fault is %+v, want unavailable", round, found)
		}
		for _, words := range []string{"exit status 3", "the tank is empty"} {
			if !strings.Contains(found.Message, words) {
				t.Errorf("round %d: message %q lacks %q", round, found.Message, words)
			}
		}
	}
	if starts := s.Stats()[0].Starts; starts != 3 {
		t.Errorf("%d starts tried", starts)
	}
	script(t, path, fmt.Sprintf("exec %q play-probe", self(t)))
	if err := once(t.Context(), s, "a", "pid"); err != nil {
		t.Errorf("after the plugin changed: %v", err)
	}
}

func TestSilentPluginIsGivenUp(t *testing.T) {
	t.Parallel()
	s := open(t, func(config *supervisor.Config) {
		config.Bundled[0] = role("play-silent")
		config.StartTimeout, config.Restart.First, config.Restart.Tries = 50*time.Millisecond, time.Millisecond, 2
	})
	if err := once(t.Context(), s, "a", "pid"); !fault.Is(err, fault.Unavailable) {
		t.Errorf("error is %v, want unavailable", err)
	}
}

func TestReplacedPluginTakesOver(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "probe")
	script(t, path, fmt.Sprintf("exec %q play-probe", self(t)))
	s := open(t, func(config *supervisor.Config) {
		config.Bundled[0] = supervisor.Plugin{Name: "probe", Path: path}
		config.HealthEvery = 20 * time.Millisecond
	})
	host, reached, letGo := meeting()
	lease := acquire(t, s, "a")
	old := must[int](t, lease, "pid")
	met := make(chan error)
	go func() {
		_, err := do[int](t.Context(), lease, "meet", host)
		met <- err
	}()
	<-reached
	script(t, path, fmt.Sprintf("# the next version\nexec %q play-probe", self(t)))
	eventually(t, "the next version serves", func() bool { pid := pidOf(s, "a"); return pid != 0 && pid != old })
	letGo()
	if err := <-met; err != nil {
		t.Errorf("what ran in the old version: %v", err)
	}
	lease.Release()
	eventually(t, "the old version ends", func() bool { return !isAlive(old) })
}

func TestSourceThatEndsItsProcessIsNotCompiledForever(t *testing.T) {
	t.Parallel()
	s := open(t, func(config *supervisor.Config) { config.LoadTimeout = 100 * time.Millisecond })
	for try := range 4 {
		lease := acquire(t, s, "a")
		_, err := lease.Load(t.Context(), engine.Source{Name: "bomb"})
		lease.Release()
		found, ok := errors.AsType[*fault.Fault](err)
		if !ok || found.Code != fault.Deadline || try > 1 && found.RetryAfter <= 0 {
			t.Errorf("try %d: %+v, want deadline", try, found)
		}
	}
	if err := once(t.Context(), s, "a", "pid"); err != nil {
		t.Errorf("good sources: %v", err)
	}
	if stats := s.Stats()[0]; stats.Kills != 2 || stats.Starts != 3 {
		t.Errorf("stats: %+v", stats)
	}
}

// After a panic of the engine its process takes nothing new. The next process serves, while the old one ends what it runs.
func TestProcessThatRefusesIsReplaced(t *testing.T) {
	t.Parallel()
	s := open(t, nil)
	host, reached, letGo := meeting()
	lease := acquire(t, s, "a")
	old := must[int](t, lease, "pid")
	met := make(chan error)
	go func() {
		_, err := do[int](t.Context(), lease, "meet", host)
		met <- err
	}()
	<-reached
	if err := once(t.Context(), s, "a", "panic"); !fault.Is(err, fault.Internal) {
		t.Errorf("error is %v, want internal", err)
	}
	eventually(t, "the next process serves", func() bool {
		err := once(t.Context(), s, "a", "pid")
		if err != nil && !fault.Is(err, fault.Unavailable) {
			t.Errorf("error is %v", err)
		}
		return err == nil && pidOf(s, "a") != old
	})
	letGo()
	if err := <-met; err != nil {
		t.Errorf("what ran in the old process: %v", err)
	}
	lease.Release()
	eventually(t, "the old process ends", func() bool { return !isAlive(old) })
}
