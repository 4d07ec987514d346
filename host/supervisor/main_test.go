package supervisor_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/hookstep-dev/hookstep/host/supervisor"
	"github.com/hookstep-dev/hookstep/sdk"
	"github.com/hookstep-dev/hookstep/sdk/engine"
	"github.com/hookstep-dev/hookstep/sdk/hostapi"
)

// TestMain lets the test binary play the other processes: the plugins, and a host that is to be killed.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 {
		if role, ok := roles[os.Args[1]]; ok {
			role()
			os.Exit(0)
		}
	}
	goleak.VerifyTestMain(m)
}

var roles = map[string]func(){
	"play-probe": func() {
		sdk.Serve(sdk.Plugin{Name: "probe", Version: "1.0.0", Engine: &probe{programs: map[string]bool{}}})
	},
	"play-notary": func() { sdk.Serve(sdk.Plugin{Name: "notary", Version: "1.0.0", Provider: notary{}}) },
	"play-both": func() {
		sdk.Serve(sdk.Plugin{Name: "both", Version: "1.0.0", Engine: &probe{programs: map[string]bool{}}, Provider: ribbons{}})
	},
	"play-broken": func() { fmt.Fprintln(os.Stderr, "the tank is empty"); os.Exit(3) },
	"play-silent": func() { select {} },
	"play-host":   playHost,
}

func role(name string) supervisor.Plugin {
	return supervisor.Plugin{Name: "probe", Path: "/proc/self/exe", Args: []string{name}}
}

// settings is the default configuration with the probe as its only plugin, then changed.
func settings(change func(*supervisor.Config)) supervisor.Config {
	config := supervisor.Default()
	config.Bundled = []supervisor.Plugin{role("play-probe")}
	if change != nil {
		change(&config)
	}
	return config
}

// open makes a supervisor that the test's end closes, and checks that no process is left then.
func open(tb testing.TB, change func(*supervisor.Config)) *supervisor.Supervisor {
	tb.Helper()
	config := settings(change)
	if err := config.Validate(); err != nil {
		tb.Fatal(err)
	}
	log := &lines{}
	s := supervisor.New(config, slog.New(slog.NewTextHandler(log, nil)))
	tb.Cleanup(func() {
		pids := pidsOf(s)
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := s.Close(ctx); err != nil {
			tb.Errorf("closing: %v", err)
		}
		for _, pid := range pids {
			if isAlive(pid) {
				tb.Errorf("process %d outlives Close", pid)
			}
		}
		if tb.Failed() {
			tb.Logf("log:\n%s", log.String())
		}
	})
	return s
}

// lines is a log that several goroutines may write.
type lines struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

func pidsOf(s *supervisor.Supervisor) (pids []int) {
	for _, stats := range s.Stats() {
		if stats.PID != 0 {
			pids = append(pids, stats.PID)
		}
	}
	return pids
}

func isAlive(pid int) bool { return syscall.Kill(pid, 0) == nil }

func acquire(tb testing.TB, s *supervisor.Supervisor, tenant string) *supervisor.Lease {
	tb.Helper()
	lease, err := s.Acquire(tb.Context(), "probe", supervisor.Tenant{ID: tenant})
	if err != nil {
		tb.Fatalf("acquiring for %s: %v", tenant, err)
	}
	return lease
}

// do runs one verb under a lease and decodes its result.
func do[T any](ctx context.Context, lease *supervisor.Lease, verb string, host hostapi.Host) (result T, err error) {
	program, err := lease.Load(ctx, engine.Source{Name: "test", Files: []engine.File{{Path: "a"}}, Entries: []string{"a"}})
	if err != nil {
		return result, fmt.Errorf("loading: %w", err)
	}
	run := engine.Run{Program: program.ID, Execution: "x", Steps: []engine.Step{{Key: "only", Name: "Only", Entry: verb, Kind: engine.KindStep}}}
	err = lease.Run(ctx, run, host, func(_ context.Context, step engine.StepResult) error {
		return json.Unmarshal(step.Results.JSON, &result)
	})
	return result, err
}

func must[T any](tb testing.TB, lease *supervisor.Lease, verb string) T {
	tb.Helper()
	result, err := do[T](tb.Context(), lease, verb, quiet())
	if err != nil {
		tb.Fatalf("running %s: %v", verb, err)
	}
	return result
}

// once acquires, runs and releases.
func once(ctx context.Context, s *supervisor.Supervisor, tenant, verb string) error {
	lease, err := s.Acquire(ctx, "probe", supervisor.Tenant{ID: tenant})
	if err != nil {
		return err
	}
	defer lease.Release()
	_, err = do[any](ctx, lease, verb, quiet())
	return err
}

// hostFunc answers fetch; the rest of the host is not asked in these tests.
type hostFunc func(ctx context.Context) (int, error)

func (hostFunc) Log(hostapi.Line) {}

func (f hostFunc) Fetch(ctx context.Context, _ hostapi.FetchRequest) (hostapi.FetchResponse, error) {
	status, err := f(ctx)
	return hostapi.FetchResponse{Status: status}, err
}

func (hostFunc) InvokeFlow(context.Context, hostapi.InvokeRequest) (hostapi.InvokeResponse, error) {
	return hostapi.InvokeResponse{}, errors.New("no sibling here")
}

func quiet() hostFunc { return func(context.Context) (int, error) { return 200, nil } }

// meeting is a host whose fetch tells that it was reached, then waits to be let go.
func meeting() (host hostFunc, reached <-chan struct{}, letGo func()) {
	came, release := make(chan struct{}, 100), make(chan struct{})
	host = func(ctx context.Context) (int, error) {
		came <- struct{}{}
		select {
		case <-release:
			return 200, nil
		case <-ctx.Done():
			return 0, context.Cause(ctx)
		}
	}
	return host, came, sync.OnceFunc(func() { close(release) })
}

// eventually polls until the condition holds.
func eventually(tb testing.TB, what string, holds func() bool) {
	tb.Helper()
	deadline := time.Now().Add(20 * time.Second)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		if time.Now().After(deadline) {
			tb.Fatalf("%s: not within 20 s", what)
		}
		<-tick.C
	}
}

func discard() *slog.Logger { return slog.New(slog.DiscardHandler) }
