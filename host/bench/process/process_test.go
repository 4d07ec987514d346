package process_test

import (
	"regexp"
	"strings"
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
