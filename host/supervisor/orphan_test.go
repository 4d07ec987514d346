package supervisor_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/hookstep-dev/hookstep/host/supervisor"
)

// playHost is a host of its own process: it starts two engines, one idle and one that spins, tells their processes and
// goes on until it is killed.
func playHost() {
	ctx := context.Background()
	s := supervisor.New(settings(nil), discard())
	for _, tenant := range []string{"idle", "spinning"} {
		if err := once(ctx, s, tenant, "pid"); err != nil {
			fmt.Fprintln(os.Stdout, "error:", err)
			return
		}
	}
	fmt.Fprintln(os.Stdout, pidOf(s, "idle"), pidOf(s, "spinning"))
	_ = once(ctx, s, "spinning", "spin")
}

func TestNoOrphanAfterTheHostIsKilled(t *testing.T) {
	t.Parallel()
	sockets := t.TempDir()
	host := exec.CommandContext(t.Context(), self(t), "play-host")
	host.Env = append(os.Environ(), "TMPDIR="+sockets)
	host.Stderr = os.Stderr
	output, err := host.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := host.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(output).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	var idle, spinning int
	if _, err := fmt.Sscan(strings.TrimSpace(line), &idle, &spinning); err != nil || !isAlive(idle) || !isAlive(spinning) {
		t.Fatalf("the host said %q: %v", line, err)
	}
	if held, err := os.ReadDir(sockets); err != nil || len(held) != 2 {
		t.Fatalf("socket folders of two engines: %v %v", held, err)
	}
	if err := host.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = host.Wait()
	eventually(t, "the idle engine ends", func() bool { return !isRunning(idle) })
	eventually(t, "the spinning engine ends", func() bool { return !isRunning(spinning) })
	left, err := os.ReadDir(sockets)
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
}

// isRunning tells whether a process runs: one that ended but that nobody has waited for does not.
func isRunning(pid int) bool {
	state := stateOf(pid)
	return state != "" && state != "Z" && state != "X"
}

// stateOf is the letter of a process's state; empty when there is no such process.
func stateOf(pid int) string {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return ""
	}
	_, after, _ := strings.Cut(string(stat), ") ")
	return after[:1]
}
