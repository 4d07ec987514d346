package supervisor_test

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hookstep-dev/hookstep/host/supervisor"
	"github.com/hookstep-dev/hookstep/sdk/connection"
	"github.com/hookstep-dev/hookstep/sdk/engine"
	"github.com/hookstep-dev/hookstep/sdk/fault"
)

func TestOneProcessForAllTypes(t *testing.T) {
	t.Parallel()
	s, seal := provide(t, nil)
	if stats := s.Stats(); len(stats) != 1 || stats[0].PID != 0 || stats[0].Starts != 0 {
		t.Errorf("before the first call: %+v", stats)
	}
	stamp, err := s.Provider(t.Context(), "stamp")
	if err != nil {
		t.Fatal(err)
	}
	pid := answerer(t, seal)
	var calls sync.WaitGroup
	for range 20 {
		calls.Go(func() {
			token, err := stamp.Refresh(t.Context(), connection.Settings{Type: "stamp"}, connection.Token{})
			var answer struct{ PID int }
			if err != nil || json.Unmarshal(token.Response, &answer) != nil || answer.PID != pid {
				t.Errorf("process %d answers %s: %v", pid, token.Response, err)
			}
		})
	}
	calls.Wait()
	want := supervisor.ProcessStats{Provider: "notary", PID: pid, Starts: 1}
	got := s.Stats()[0]
	if got.BootID == "" {
		t.Error("no boot id")
	}
	got.BootID, got.RSS = "", 0
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("stats (-want +got):\n%s", diff)
	}
}

// Every method reaches the provider: what it answers, or that it does not offer it.
func TestProviderMethods(t *testing.T) {
	t.Parallel()
	_, client := provide(t, nil)
	described, err := client.Describe(t.Context())
	if diff := cmp.Diff(notarized(), described); diff != "" || err != nil {
		t.Errorf("error %v, description (-want +got):\n%s", err, diff)
	}
	schema, err := client.Schema(t.Context(), connection.Declared{Type: "seal"})
	if err != nil || len(schema.Inputs) != 1 || schema.Inputs[0].Key != "do" {
		t.Errorf("schema %+v: %v", schema, err)
	}
	if err := client.Revoke(t.Context(), connection.Settings{}, connection.Token{}); !fault.Is(err, fault.Unreachable) {
		t.Errorf("revoking: %v", err)
	}
	if _, err := client.BeginAuthorize(t.Context(), connection.Begin{}); !fault.Is(err, fault.Unsupported) {
		t.Errorf("authorizing: %v", err)
	}
	if _, err := client.Exchange(t.Context(), connection.Exchange{}); !fault.Is(err, fault.Unsupported) {
		t.Errorf("exchanging: %v", err)
	}
	if _, err := client.Apply(t.Context(), connection.Settings{}, connection.Token{}, connection.Request{}); !fault.Is(err, fault.Unsupported) {
		t.Errorf("signing: %v", err)
	}
}

// A call that a service may have answered is not made twice behind its caller's back.
func TestProviderKilledInTheMiddle(t *testing.T) {
	t.Parallel()
	s, client := provide(t, nil)
	address, came := meetings(t)
	first := answerer(t, client)
	refreshed := make(chan error)
	go func() { refreshed <- refresh(t.Context(), client, connection.Values{"do": "meet", "at": address}) }()
	conn := <-came
	kill(t, first)
	if err := <-refreshed; !fault.Is(err, fault.WorkerLost) {
		t.Errorf("the call in the middle: %v", err)
	}
	_ = conn.Close()
	if second := answerer(t, client); second == first {
		t.Error("a dead process answers")
	}
	if stats := s.Stats()[0]; stats.Crashes != 1 || stats.Starts != 2 {
		t.Errorf("stats: %+v", stats)
	}
}

func TestHarmlessCallSurvivesItsProcess(t *testing.T) {
	t.Parallel()
	_, client := provide(t, nil)
	address, came := meetings(t)
	first := answerer(t, client)
	answered := make(chan int)
	go func() {
		pid, err := validate(t.Context(), client, connection.Values{"do": "meet", "at": address})
		if err != nil {
			t.Error(err)
		}
		answered <- pid
	}()
	conn := <-came
	kill(t, first)
	_ = conn.Close()
	_ = (<-came).Close()
	if second := <-answered; second == first || second == 0 {
		t.Errorf("the answer is of process %d, after %d was killed", second, first)
	}
}

// A process that leaves a call without an answer takes no more.
func TestHungProvider(t *testing.T) {
	t.Parallel()
	_, client := provide(t, func(config *supervisor.Config) {
		config.ProviderTime, config.StopGrace = 3*time.Second, 100*time.Millisecond
	})
	first := answerer(t, client)
	err := refresh(t.Context(), client, connection.Values{"do": "hang"})
	if !fault.Is(err, fault.Deadline) || !strings.Contains(err.Error(), "the connection provider notary did not answer within 3s") {
		t.Errorf("the call that hung: %v", err)
	}
	eventually(t, "another process answers", func() bool { return answerer(t, client) != first })
	eventually(t, "the old process ends", func() bool { return !isAlive(first) })
}

func TestFrozenProviderIsKilled(t *testing.T) {
	t.Parallel()
	_, client := provide(t, func(config *supervisor.Config) {
		config.HealthEvery, config.HealthWithin, config.HealthMisses = 50*time.Millisecond, 500*time.Millisecond, 2
	})
	address, came := meetings(t)
	first := answerer(t, client)
	refreshed := make(chan error)
	go func() { refreshed <- refresh(t.Context(), client, connection.Values{"do": "meet", "at": address}) }()
	conn := <-came
	if err := syscall.Kill(first, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	if err := <-refreshed; !fault.Is(err, fault.WorkerLost) || !strings.Contains(err.Error(), "the provider did not answer 2 pings") {
		t.Errorf("the call: %v", err)
	}
	_ = conn.Close()
	if second := answerer(t, client); second == first {
		t.Error("the frozen process answers")
	}
}

func TestCallerMayLeaveProvider(t *testing.T) {
	t.Parallel()
	_, client := provide(t, nil)
	address, came := meetings(t)
	first := answerer(t, client)
	gone := errors.New("the caller hung up")
	ctx, cancel := context.WithCancelCause(t.Context())
	refreshed := make(chan error)
	go func() { refreshed <- refresh(ctx, client, connection.Values{"do": "meet", "at": address}) }()
	conn := <-came
	cancel(gone)
	if err := <-refreshed; !errors.Is(err, gone) {
		t.Errorf("the call: %v", err)
	}
	_ = conn.Close()
	if second := answerer(t, client); second != first {
		t.Error("the process was replaced because a caller left")
	}
}

func TestProviderIdleStop(t *testing.T) {
	t.Parallel()
	s, client := provide(t, func(config *supervisor.Config) { config.ProviderIdleStop = 50 * time.Millisecond })
	address, came := meetings(t)
	refreshed := make(chan error)
	go func() { refreshed <- refresh(t.Context(), client, connection.Values{"do": "meet", "at": address}) }()
	conn := <-came
	first := s.Stats()[0].PID
	if s.Stats()[0].LanesBusy != 1 || !isAlive(first) {
		t.Errorf("at work: %+v", s.Stats()[0])
	}
	_ = conn.Close()
	if err := <-refreshed; err != nil {
		t.Error(err)
	}
	eventually(t, "the idle process ends", func() bool { return !isAlive(first) })
	if second := answerer(t, client); second == first {
		t.Error("the stopped process answers")
	}
	if stats := s.Stats()[0]; stats.Crashes+stats.Kills != 0 {
		t.Errorf("stats: %+v", stats)
	}
}

func TestTooManyCalls(t *testing.T) {
	t.Parallel()
	_, client := provide(t, func(config *supervisor.Config) { config.ProviderCalls, config.Wait = 1, 50*time.Millisecond })
	address, came := meetings(t)
	answerer(t, client)
	refreshed := make(chan error)
	go func() { refreshed <- refresh(t.Context(), client, connection.Values{"do": "meet", "at": address}) }()
	conn := <-came
	checkOverloaded(t, refresh(t.Context(), client, nil), "the connection provider notary is busy: no place came free within 50ms")
	_ = conn.Close()
	if err := <-refreshed; err != nil {
		t.Error(err)
	}
}

func TestProviderThatDoesNotStart(t *testing.T) {
	t.Parallel()
	broken := filepath.Join(t.TempDir(), "broken")
	script(t, broken, "echo 'the ink is dry' >&2; exit 3")
	s := open(t, func(config *supervisor.Config) {
		config.Bundled = []supervisor.Plugin{{Name: "broken", Path: broken, Provider: notarized()}}
		config.Restart.First, config.Restart.Most, config.Restart.Tries = time.Millisecond, time.Millisecond, 2
	})
	client, err := s.Provider(t.Context(), "stamp")
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := refresh(t.Context(), client, nil); !fault.Is(err, fault.Unavailable) || !strings.Contains(err.Error(), "the ink is dry") {
			t.Errorf("the call: %v", err)
		}
	}
	if stats := s.Stats()[0]; stats.Starts != 2 {
		t.Errorf("it was not given up after two tries: %+v", stats)
	}
}

func TestPluginWithoutWhatItSays(t *testing.T) {
	t.Parallel()
	s := open(t, func(config *supervisor.Config) {
		config.Restart.First, config.Restart.Most, config.Restart.Tries = time.Millisecond, time.Millisecond, 1
		config.Bundled[0].Provider = notarized() // the probe's
		config.Bundled[0].Description = engine.Description{Name: "probe"}
	})
	client, err := s.Provider(t.Context(), "stamp")
	if err != nil {
		t.Fatal(err)
	}
	if err := refresh(t.Context(), client, nil); !fault.Is(err, fault.Unavailable) || !strings.Contains(err.Error(), "offers no provider") {
		t.Errorf("the call: %v", err)
	}
}

// Executions that run to their end may need their connections.
func TestProvidersAnswerWhileEnginesDrain(t *testing.T) {
	t.Parallel()
	s, client := provide(t, nil)
	host, reached, letGo := meeting()
	lease := acquire(t, s, "a")
	met := make(chan error)
	go func() {
		_, err := do[int](t.Context(), lease, "meet", hostFunc(func(ctx context.Context) (int, error) {
			status, err := host(ctx)
			return status, errors.Join(err, refresh(ctx, client, nil))
		}))
		lease.Release()
		met <- err
	}()
	<-reached
	drained := make(chan error)
	go func() { drained <- s.Drain(t.Context()) }()
	eventually(t, "newcomers are refused", func() bool { return fault.Is(once(t.Context(), s, "b", "pid"), fault.Unavailable) })
	letGo()
	if err := <-met; err != nil {
		t.Errorf("what ran: %v", err)
	}
	if err := <-drained; err != nil {
		t.Errorf("draining: %v", err)
	}
	if err := refresh(t.Context(), client, nil); !fault.Is(err, fault.Unavailable) {
		t.Errorf("a call after the drain: %v", err)
	}
}

func TestCloseWaitsForCalls(t *testing.T) {
	t.Parallel()
	config := supervisor.Default()
	config.Bundled = []supervisor.Plugin{playNotary()}
	s := supervisor.New(config, discard())
	client, err := s.Provider(t.Context(), "stamp")
	if err != nil {
		t.Fatal(err)
	}
	address, came := meetings(t)
	refreshed, closed := make(chan error), make(chan error)
	go func() { refreshed <- refresh(t.Context(), client, connection.Values{"do": "meet", "at": address}) }()
	conn := <-came
	pid := s.Stats()[0].PID
	go func() { closed <- s.Close(context.Background()) }()
	eventually(t, "newcomers are refused", func() bool { return fault.Is(refresh(t.Context(), client, nil), fault.Unavailable) })
	_ = conn.Close()
	if err := <-refreshed; err != nil {
		t.Errorf("the call that ran: %v", err)
	}
	if err := <-closed; err != nil || isAlive(pid) {
		t.Errorf("closed with %v, process alive: %t", err, isAlive(pid))
	}
}

func kill(t *testing.T, pid int) {
	t.Helper()
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
}

func providers(t *testing.T, s *supervisor.Supervisor) map[string]supervisor.ProviderInfo {
	t.Helper()
	infos, err := s.Providers(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]supervisor.ProviderInfo{}
	for _, info := range infos {
		found[filepath.Base(info.Plugin.Path)] = info
	}
	return found
}

func keysOf(types []connection.Type) (keys []string) {
	for _, kind := range types {
		keys = append(keys, kind.Key)
	}
	return keys
}

func TestProvidersAreFound(t *testing.T) {
	t.Parallel()
	folder, cache := t.TempDir(), filepath.Join(t.TempDir(), "plugins.json")
	starts := counted(t, filepath.Join(folder, "both"), "play-both")
	change := func(config *supervisor.Config) {
		config.Bundled, config.Folder, config.Cache = []supervisor.Plugin{playNotary()}, folder, cache
	}
	if err := os.WriteFile(cache, []byte(`{"`+filepath.Join(folder, "both")+`":{"file":{},"description":{"Name":"old"}}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		s := open(t, change)
		both := providers(t, s)["both"]
		if diff := cmp.Diff([]string{"ribbon"}, keysOf(both.Types)); diff != "" || both.Bundled || both.Version != "1.0.0" ||
			both.Problem != `connections of the type "seal" are offered by /proc/self/exe already` {
			t.Errorf("%+v, types (-want +got):\n%s", both, diff)
		}
		if exe := providers(t, s)["exe"]; !exe.Bundled || exe.Problem != "" || len(exe.Types) != 2 {
			t.Errorf("the bundled one: %+v", exe)
		}
		if found := engines(t, s); len(found) != 1 || found["both"].Description.Name != "probe" || found["both"].Problem != "" {
			t.Errorf("engines: %+v", found)
		}
	}
	if got := starts(); got != 1 {
		t.Errorf("asked %d times", got)
	}
	s := open(t, change)
	if err := once(t.Context(), s, "a", "pid"); err != nil {
		t.Errorf("its engine: %v", err)
	}
	client, err := s.Provider(t.Context(), "ribbon")
	if err != nil {
		t.Fatal(err)
	}
	answerer(t, client)
}

func TestInstalledProviderComesFirst(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "mine")
	starts := counted(t, path, "play-both")
	s := open(t, func(config *supervisor.Config) {
		config.Bundled = []supervisor.Plugin{playNotary()}
		config.Installed = []supervisor.Plugin{{Name: "notary", Path: path}}
	})
	client, err := s.Provider(t.Context(), "seal")
	if err != nil {
		t.Fatal(err)
	}
	answerer(t, client)
	if starts() != 2 { // to be asked, and to serve
		t.Error("the bundled plugin served")
	}
	want := `connections of the type "seal" are offered by ` + path + " already"
	if exe := providers(t, s)["exe"]; exe.Problem != want || cmp.Diff([]string{"stamp"}, keysOf(exe.Types)) != "" {
		t.Errorf("the bundled one: %+v", exe)
	}
}

func TestUnknownConnectionType(t *testing.T) {
	t.Parallel()
	s, _ := provide(t, nil)
	_, err := s.Provider(t.Context(), "wax")
	if !fault.Is(err, fault.Unavailable) || !strings.Contains(err.Error(), `"wax"; there are: seal, stamp`) {
		t.Errorf("error is %v", err)
	}
}

// A name that a provider's plugin has is not an engine's.
func TestEngineNamedAsProvider(t *testing.T) {
	t.Parallel()
	s, _ := provide(t, nil)
	_, err := s.Acquire(t.Context(), "notary", supervisor.Tenant{ID: "a"})
	if !fault.Is(err, fault.Unavailable) || !strings.Contains(err.Error(), `no plugin offers the engine "notary"`) {
		t.Errorf("error is %v", err)
	}
}
