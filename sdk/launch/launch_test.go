package launch_test

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hookstep-dev/hookstep/sdk/engine"
	"github.com/hookstep-dev/hookstep/sdk/fault"
	"github.com/hookstep-dev/hookstep/sdk/hostapi"
	"github.com/hookstep-dev/hookstep/sdk/launch"
)

func TestProcessIntroducesItself(t *testing.T) {
	t.Parallel()
	process := start(t, command(t, "engine"))
	want := launch.Description{Name: "plain", Version: "1.2.3", Protocol: 2, Engine: true}
	if diff := cmp.Diff(want, process.Plugin()); diff != "" {
		t.Errorf("description (-want +got):\n%s", diff)
	}
	if err := process.Ping(t.Context()); err != nil {
		t.Error(err)
	}
	if process.RSS() == 0 || process.PID() == 0 || process.BootID() == "" {
		t.Errorf("RSS %d, PID %d, boot id %q", process.RSS(), process.PID(), process.BootID())
	}
	if process.Err() != nil {
		t.Errorf("a running process has the end %v", process.Err())
	}
}

func TestProcessWithoutEngine(t *testing.T) {
	t.Parallel()
	process := start(t, command(t, "engineless"))
	if process.Engine() != nil || process.Provider() != nil {
		t.Error("there is an engine, or a provider")
	}
}

// Everything that a start can fail of shows what the program did.
func TestStartFails(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		code fault.Code
		says []string
	}{
		"garbage":  {fault.Protocol, []string{"no Hookstep plugin", `"Welcome to the wrong program"`}},
		"babbler":  {fault.Protocol, []string{"no Hookstep plugin", "xxxxxxxx"}},
		"older":    {fault.Protocol, []string{"protocol version 0", "newer version of the plugin"}},
		"newer":    {fault.Protocol, []string{"protocol version 2", "upgrade the host"}},
		"netrpc":   {fault.Protocol, []string{`"netrpc"`}},
		"nobody":   {fault.Unavailable, []string{"/nowhere"}},
		"silent":   {fault.Unavailable, []string{"did not introduce itself within 1s"}},
		"early":    {fault.Unavailable, []string{"exit status 7", "cannot find my library"}},
		"stranger": {fault.Protocol, []string{"no Hookstep plugin"}},
	}
	for as, test := range tests {
		t.Run(as, func(t *testing.T) {
			t.Parallel()
			command := command(t, as)
			if as == "silent" {
				command.StartTimeout = time.Second
			}
			begun := time.Now()
			_, err := launch.Start(t.Context(), command)
			if !fault.Is(err, test.code) {
				t.Fatalf("want a fault %s, got %v", test.code, err)
			}
			for _, part := range test.says {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("the message lacks %q: %v", part, err)
				}
			}
			if took := time.Since(begun); took > 5*time.Second {
				t.Errorf("it took %s", took)
			}
		})
	}
}

func TestStartOfNothing(t *testing.T) {
	t.Parallel()
	_, err := launch.Start(t.Context(), launch.Command{Path: "/nowhere/at/all"})
	if !fault.Is(err, fault.Unavailable) || !strings.Contains(err.Error(), "/nowhere/at/all") {
		t.Errorf("got %v", err)
	}
}

func TestStartGivenUp(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeoutCause(t.Context(), 50*time.Millisecond, fault.New(fault.Host, fault.Canceled, "nobody waits"))
	defer cancel()
	if _, err := launch.Start(ctx, command(t, "silent")); err == nil || !strings.Contains(err.Error(), "nobody waits") {
		t.Errorf("got %v", err)
	}
}

// The host's environment is not passed on: what the process gets is listed.
func TestEnvironmentIsExact(t *testing.T) {
	t.Setenv("HOOKSTEP_TEST_SECRET", "must not be seen")
	seen := &transcript{}
	command := command(t, "environment")
	command.Env = append(command.Env, "GIVEN=yes")
	command.Memory = 1 << 30
	command.Stderr = seen.add
	if _, err := launch.Start(t.Context(), command); err == nil {
		t.Fatal("it serves")
	}
	var names []string
	for _, line := range seen.all() {
		name, _, _ := strings.Cut(line, "=")
		names = append(names, name)
	}
	slices.Sort(names)
	want := []string{
		"GIVEN", "HOOKSTEP_MEMORY_LIMIT", "HOOKSTEP_PLUGIN", role,
		"PLUGIN_MAX_PORT", "PLUGIN_MIN_PORT", "PLUGIN_PROTOCOL_VERSIONS", "PLUGIN_UNIX_SOCKET_DIR",
	}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Errorf("environment (-want +got):\n%s", diff)
	}
}

// transcript collects lines from several goroutines.
type transcript struct {
	mu    sync.Mutex
	lines []string
}

func (s *transcript) add(line string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lines = append(s.lines, line)
}

func (s *transcript) all() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.lines)
}

// do runs one step that the plain engine knows.
func do(ctx context.Context, t *testing.T, process *launch.Process, entry string, log func(hostapi.Line)) error {
	t.Helper()
	lane, err := process.Engine().Lane(ctx)
	if err != nil {
		return err
	}
	defer lane.Close()
	if log == nil {
		log = func(hostapi.Line) {}
	}
	run := engine.Run{Steps: []engine.Step{{Key: entry, Entry: entry}}, Payload: &engine.Payload{RawBody: []byte(`1`)}}
	return lane.Run(ctx, run, logs(log), func(context.Context, engine.StepResult) error { return nil })
}
