package process_test

import (
	"context"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/hookstep-dev/hookstep/host/bench/process"
)

func start(t *testing.T, script string) *process.Server {
	t.Helper()
	server, err := process.Start(t.Context(), "example", regexp.MustCompile(`^ready`), "sh", "-c", script)
	if err != nil {
		t.Fatal(err)
	}
	return server
}

func TestServerIsMeasuredWithWhatItStarted(t *testing.T) {
	t.Parallel()
	server := start(t, `tail -f /dev/null & trap "kill $!; exit 0" TERM; echo "at :7"; echo ready; wait`)
	usage, err := server.Usage()
	if err != nil {
		t.Fatal(err)
	}
	if len(usage) != 2 {
		t.Errorf("%d processes, want the shell and the one that it started: %+v", len(usage), usage)
	}
	total := process.Total(usage)
	if total.RSS <= usage[0].RSS || total.Files <= usage[0].Files || !strings.HasPrefix(usage[0].Command, "sh -c") {
		t.Errorf("implausible usage: %+v", usage)
	}
	if address, err := server.Match(regexp.MustCompile(`^at (\S+)`)); err != nil || address != ":7" {
		t.Errorf("address %q, error %v", address, err)
	}
	if server.Age() <= 0 {
		t.Errorf("age %s", server.Age())
	}
	if err := server.Stop(); err != nil {
		t.Errorf("stopping: %v", err)
	}
}

func TestServerThatEndsTellsWhatItWrote(t *testing.T) {
	t.Parallel()
	_, err := process.Start(t.Context(), "example", regexp.MustCompile(`^ready`), "sh", "-c", "echo one; echo two >&2; exit 3")
	if err == nil || !strings.Contains(err.Error(), "one") || !strings.Contains(err.Error(), "two") {
		t.Errorf("error %v, want one with what the program wrote", err)
	}
}

func TestKillLeavesWhatTheServerStarted(t *testing.T) {
	t.Parallel()
	var log strings.Builder
	server, err := process.Launch(t.Context(), &process.Program{
		Name: "example", Path: "sh", Args: []string{"-c", `tail -f /dev/null > /dev/null 2>&1 & echo "$GREETING" >&2; echo ready; echo more; wait`},
		Env: []string{"GREETING=hello"}, Ready: regexp.MustCompile(`^ready`), Log: &log,
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Await(t.Context()); err != nil {
		t.Fatal(err)
	}
	children, err := process.Children(server.PID())
	if err != nil || len(children) != 1 {
		t.Fatalf("children %v, error %v, want one", children, err)
	}
	server.Kill()
	if err := syscall.Kill(children[0], syscall.SIGKILL); err != nil {
		t.Errorf("the child was gone already: %v", err)
	}
	if log.String() != "hello\n" || server.Errors() != "hello\n" {
		t.Errorf("log %q, kept %q", &log, server.Errors())
	}
	select {
	case <-server.Ended():
	default:
		t.Error("the server is not said to have ended")
	}
	if err := server.Stop(); err != nil {
		t.Errorf("stopping what was killed: %v", err)
	}
}

func TestAwaitEndsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	server, err := process.Start(ctx, "example", regexp.MustCompile(`^ready`), "sh", "-c", "sleep 60")
	if err == nil {
		t.Errorf("%s got ready", server.Name)
	}
}
