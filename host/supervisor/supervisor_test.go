package supervisor_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hookstep-dev/hookstep/host/supervisor"
	"github.com/hookstep-dev/hookstep/sdk/engine"
	"github.com/hookstep-dev/hookstep/sdk/fault"
)

func TestOneProcessPerTenant(t *testing.T) {
	t.Parallel()
	s := open(t, nil)
	pids := map[string][]int{}
	for _, tenant := range []string{"a", "b", "a", "b"} {
		lease := acquire(t, s, tenant)
		pids[tenant] = append(pids[tenant], must[int](t, lease, "pid"))
		lease.Release()
	}
	if a, b := pids["a"], pids["b"]; a[0] != a[1] || b[0] != b[1] || a[0] == b[0] {
		t.Errorf("processes by tenant: %v", pids)
	}
	for _, stats := range s.Stats() {
		want := supervisor.ProcessStats{
			Engine: "probe", Tenant: stats.Tenant, PID: pids[stats.Tenant][0], BootID: stats.BootID, RSS: stats.RSS, LanesOpen: 1, Starts: 1,
		}
		if diff := cmp.Diff(want, stats); diff != "" || stats.RSS <= 0 || stats.BootID == "" {
			t.Errorf("stats (-want +got):\n%s", diff)
		}
	}
}

func TestStartIsShared(t *testing.T) {
	t.Parallel()
	s := open(t, nil)
	var asking sync.WaitGroup
	for range 20 {
		asking.Go(func() {
			if err := once(t.Context(), s, "a", "pid"); err != nil {
				t.Error(err)
			}
		})
	}
	asking.Wait()
	if starts := s.Stats()[0].Starts; starts != 1 {
		t.Errorf("%d starts", starts)
	}
}

func TestEnvironmentIsScrubbed(t *testing.T) {
	t.Setenv("HOST_SECRET", "hunter2")
	s := open(t, func(config *supervisor.Config) {
		config.Env = []string{"FROM_CONFIG=1"}
		config.Bundled[0].Env = []string{"FROM_PLUGIN=2"}
	})
	lease := acquire(t, s, "a")
	defer lease.Release()
	var got []string
	for _, entry := range must[[]string](t, lease, "env") {
		name, _, _ := strings.Cut(entry, "=")
		if !strings.HasPrefix(name, "HOOKSTEP_") && !strings.HasPrefix(name, "PLUGIN_") {
			got = append(got, entry)
		}
	}
	slices.Sort(got)
	want := []string{"FROM_CONFIG=1", "FROM_PLUGIN=2", "LANG=C.UTF-8", "PATH=/usr/local/bin:/usr/bin:/bin", "TZ=UTC"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("environment (-want +got):\n%s", diff)
	}
}

func TestWarm(t *testing.T) {
	t.Parallel()
	s := open(t, nil)
	for range 2 {
		if err := s.Warm(t.Context(), "probe", supervisor.Tenant{ID: "a"}); err != nil {
			t.Fatal(err)
		}
	}
	if stats := s.Stats()[0]; stats.PID == 0 || stats.LanesOpen != 1 || stats.LanesBusy != 0 || stats.Starts != 1 {
		t.Errorf("stats after warming: %+v", stats)
	}
}

func TestEqualSourcesAreLoadedOnce(t *testing.T) {
	t.Parallel()
	s := open(t, nil)
	var loading sync.WaitGroup
	for range 20 {
		loading.Go(func() {
			if err := once(t.Context(), s, "a", "pid"); err != nil {
				t.Error(err)
			}
		})
	}
	loading.Wait()
	lease := acquire(t, s, "a")
	defer lease.Release()
	if loads := must[int](t, lease, "loads"); loads != 1 {
		t.Errorf("%d loads", loads)
	}
	other := engine.Source{Name: "other", Files: []engine.File{{Path: "a"}}, Entries: []string{"a"}}
	if _, err := lease.Load(t.Context(), other); err != nil {
		t.Fatal(err)
	}
	if loads := must[int](t, lease, "loads"); loads != 2 {
		t.Errorf("%d loads after another source", loads)
	}
}

func TestForgottenProgramIsLoadedAgain(t *testing.T) {
	t.Parallel()
	s := open(t, nil)
	lease := acquire(t, s, "a")
	defer lease.Release()
	must[bool](t, lease, "forget")
	if _, err := do[any](t.Context(), lease, "pid", quiet()); !fault.Is(err, fault.NotLoaded) {
		t.Errorf("error is %v, want not_loaded", err)
	}
	if loads := must[int](t, lease, "loads"); loads != 2 {
		t.Errorf("%d loads", loads)
	}
}

func TestLaneIsKeptAfterUserFaults(t *testing.T) {
	t.Parallel()
	s := open(t, nil)
	for range 3 {
		if err := once(t.Context(), s, "a", "throw"); !fault.Is(err, fault.Thrown) {
			t.Errorf("error is %v, want thrown", err)
		}
	}
	if stats := s.Stats()[0]; stats.LanesOpen != 1 || stats.Starts != 1 {
		t.Errorf("stats: %+v", stats)
	}
}

func TestReleasedLeaseIsRefused(t *testing.T) {
	t.Parallel()
	s := open(t, nil)
	lease := acquire(t, s, "a")
	lease.Release()
	lease.Release()
	if _, err := do[any](t.Context(), lease, "pid", quiet()); !fault.Is(err, fault.Internal) {
		t.Errorf("error is %v", err)
	}
	if busy := s.Stats()[0].LanesBusy; busy != 0 {
		t.Errorf("%d lanes busy", busy)
	}
}

func TestBoundedWait(t *testing.T) {
	t.Parallel()
	s := open(t, func(config *supervisor.Config) {
		config.Lanes, config.MaxWaiting, config.Wait = 1, 1, 100*time.Millisecond
	})
	first := acquire(t, s, "a")
	begun := time.Now()
	waited := make(chan error)
	go func() { waited <- once(t.Context(), s, "a", "pid") }()
	eventually(t, "one waits", func() bool { return s.Stats()[0].Waiting == 1 })
	checkOverloaded(t, once(t.Context(), s, "a", "pid"), "1 callers wait")
	checkOverloaded(t, <-waited, "no place came free within 100ms")
	if took := time.Since(begun); took < 100*time.Millisecond {
		t.Errorf("refused after %s", took)
	}
	if err := once(t.Context(), s, "b", "pid"); err != nil {
		t.Errorf("another tenant: %v", err)
	}
	first.Release()
	if err := once(t.Context(), s, "a", "pid"); err != nil {
		t.Errorf("after the release: %v", err)
	}
}

func checkOverloaded(t *testing.T, err error, words string) {
	t.Helper()
	found, ok := errors.AsType[*fault.Fault](err)
	if !ok || found.Code != fault.Overloaded || found.Source != fault.Limit || found.RetryAfter <= 0 || !strings.Contains(found.Message, words) {
		t.Errorf("error is %#v, want overloaded with %q", err, words)
	}
}

func TestReleasePassesOn(t *testing.T) {
	t.Parallel()
	s := open(t, func(config *supervisor.Config) { config.Lanes = 1 })
	first := acquire(t, s, "a")
	var waiting sync.WaitGroup
	for range 5 {
		waiting.Go(func() {
			if err := once(t.Context(), s, "a", "pid"); err != nil {
				t.Error(err)
			}
		})
	}
	eventually(t, "five wait", func() bool { return s.Stats()[0].Waiting == 5 })
	first.Release()
	waiting.Wait()
	if stats := s.Stats()[0]; stats.LanesOpen != 1 || stats.Waiting != 0 {
		t.Errorf("stats: %+v", stats)
	}
}

func TestWaiterLeavesWithItsContext(t *testing.T) {
	t.Parallel()
	s := open(t, func(config *supervisor.Config) { config.Lanes = 1 })
	lease := acquire(t, s, "a")
	defer lease.Release()
	gone := errors.New("the caller hung up")
	ctx, cancel := context.WithCancelCause(t.Context())
	waited := make(chan error)
	go func() { waited <- once(ctx, s, "a", "pid") }()
	eventually(t, "one waits", func() bool { return s.Stats()[0].Waiting == 1 })
	cancel(gone)
	if err := <-waited; !errors.Is(err, gone) {
		t.Errorf("error is %v", err)
	}
	if waiting := s.Stats()[0].Waiting; waiting != 0 {
		t.Errorf("%d wait", waiting)
	}
}

func TestIdleStop(t *testing.T) {
	t.Parallel()
	s := open(t, func(config *supervisor.Config) { config.IdleStop = 50 * time.Millisecond })
	host, reached, letGo := meeting()
	lease := acquire(t, s, "a")
	pid := s.Stats()[0].PID
	met := make(chan error)
	go func() {
		_, err := do[int](t.Context(), lease, "meet", host)
		met <- err
	}()
	<-reached
	idle := acquire(t, s, "b")
	other := s.Stats()[1].PID
	idle.Release()
	eventually(t, "the idle process ends", func() bool { return !isAlive(other) })
	if !isAlive(pid) || s.Stats()[0].PID != pid {
		t.Error("a process at work was stopped")
	}
	letGo()
	if err := <-met; err != nil {
		t.Error(err)
	}
	lease.Release()
	eventually(t, "the process ends after its work", func() bool { return !isAlive(pid) })
	if err := once(t.Context(), s, "a", "pid"); err != nil {
		t.Errorf("after the idle stop: %v", err)
	}
	if stats := s.Stats()[0]; stats.Crashes+stats.Kills != 0 || stats.Starts != 2 {
		t.Errorf("stats: %+v", stats)
	}
}

func TestDrain(t *testing.T) {
	t.Parallel()
	s := open(t, nil)
	host, reached, letGo := meeting()
	lease := acquire(t, s, "a")
	met := make(chan error)
	go func() {
		_, err := do[int](t.Context(), lease, "meet", host)
		lease.Release()
		met <- err
	}()
	<-reached
	hurried, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if err := s.Drain(hurried); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("draining while something runs: %v", err)
	}
	for _, tenant := range []string{"a", "b"} {
		if err := once(t.Context(), s, tenant, "pid"); !fault.Is(err, fault.Unavailable) {
			t.Errorf("a newcomer %s got %v", tenant, err)
		}
	}
	letGo()
	if err := <-met; err != nil {
		t.Errorf("what ran: %v", err)
	}
	if err := s.Drain(t.Context()); err != nil {
		t.Errorf("draining: %v", err)
	}
}

func TestCloseCutsOff(t *testing.T) {
	t.Parallel()
	s := supervisor.New(settings(func(config *supervisor.Config) { config.StopGrace = 50 * time.Millisecond }), discard())
	lease := acquire(t, s, "a")
	pid := s.Stats()[0].PID
	ran := make(chan error)
	go func() {
		_, err := do[any](context.WithoutCancel(t.Context()), lease, "spin", quiet())
		lease.Release()
		ran <- err
	}()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := s.Close(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("closing: %v", err)
	}
	if isAlive(pid) {
		t.Error("the process lives on")
	}
	if err := <-ran; err == nil {
		t.Error("the execution that was cut off has no error")
	}
	if err := once(t.Context(), s, "b", "pid"); !fault.Is(err, fault.Unavailable) {
		t.Errorf("after Close: %v", err)
	}
}
