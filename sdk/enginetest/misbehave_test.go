package enginetest_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/hookstep-dev/hookstep/sdk/engine"
	"github.com/hookstep-dev/hookstep/sdk/enginetest"
	"github.com/hookstep-dev/hookstep/sdk/fault"
	"github.com/hookstep-dev/hookstep/sdk/launch"
)

// misbehave is the program that does one thing wrong. It is built once for all tests.
var misbehave = sync.OnceValues(func() (string, error) {
	folder, err := os.MkdirTemp("", "misbehave")
	if err != nil {
		return "", err
	}
	program := filepath.Join(folder, "misbehave")
	output, err := exec.Command("go", "build", "-o", program, "../../testdata/plugins/misbehave").CombinedOutput()
	if err != nil {
		return "", errors.New(string(output))
	}
	return program, nil
})

func TestMain(m *testing.M) {
	code := m.Run()
	if program, err := misbehave(); err == nil {
		_ = os.RemoveAll(filepath.Dir(program)) // a temporary folder
	}
	if code == 0 {
		if err := goleak.Find(); err != nil {
			os.Stderr.WriteString(err.Error() + "\n")
			code = 1
		}
	}
	os.Exit(code)
}

func command(t *testing.T, wrong string) launch.Command {
	t.Helper()
	program, err := misbehave()
	if err != nil {
		t.Fatal(err)
	}
	return launch.Command{Path: program, Args: []string{wrong}, StartTimeout: 5 * time.Second}
}

func start(t *testing.T, command launch.Command) *launch.Process {
	t.Helper()
	process, err := launch.Start(t.Context(), command)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		process.Kill(fault.New(fault.Host, fault.Canceled, "the test is over"))
		<-process.Exited()
	})
	return process
}

// runOne runs one step and gives its result and what Run returned.
func runOne(t *testing.T, process *launch.Process, timeout time.Duration) (string, error) {
	t.Helper()
	ctx, cancel := context.WithTimeoutCause(t.Context(), timeout, fault.New(fault.Limit, fault.Deadline, "too late"))
	defer cancel()
	lane, err := process.Engine().Lane(ctx)
	if err != nil {
		return "", err
	}
	defer func() { _ = lane.Close() }() // the process may be gone
	var result string
	run := engine.Run{Program: "the only one", Context: []byte("{}"), Steps: []engine.Step{{Key: "step", Entry: "step.any", Kind: engine.KindStep}}}
	err = lane.Run(ctx, run, nil, func(_ context.Context, done engine.StepResult) error {
		result = string(done.Results.JSON)
		return nil
	})
	return result, err
}

func gone(t *testing.T, process *launch.Process) {
	t.Helper()
	select {
	case <-process.Exited():
	case <-time.After(10 * time.Second):
		t.Fatal("the process lives on")
	}
}

// TestStartsBadly: a program that does not come to serve is refused with words that show why, and does not live on.
func TestStartsBadly(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		wrong string
		codes []fault.Code
		says  string
	}{
		{"exit", []fault.Code{fault.Unavailable}, "no licence"},
		{"silent", []fault.Code{fault.Unavailable}, "introduce itself"},
		{"garbage", []fault.Code{fault.Unavailable, fault.Protocol}, ""},
		{"early", []fault.Code{fault.Unavailable, fault.Protocol}, "Welcome"},
		{"old", []fault.Code{fault.Protocol}, "0"},
	} {
		t.Run(test.wrong, func(t *testing.T) {
			t.Parallel()
			program := command(t, test.wrong)
			program.StartTimeout = 2 * time.Second
			process, err := launch.Start(t.Context(), program)
			if err == nil {
				process.Kill(fault.New(fault.Host, fault.Canceled, "over"))
				t.Fatal("it started")
			}
			found := fault.As(err, fault.Host)
			if !slices.Contains(test.codes, found.Code) || !strings.Contains(found.Message, test.says) {
				t.Errorf("got %s/%s: %s", found.Source, found.Code, found.Message)
			}
		})
	}
}

// leadsBackTo tells whether a fault or one of its causes has the code.
func leadsBackTo(found *fault.Fault, code fault.Code) bool {
	for ; found != nil; found = found.Cause {
		if found.Code == code {
			return true
		}
	}
	return false
}

// TestRunsBadly: what goes wrong in a run is a fault of its kind, within a second of the limit, and the process is gone.
func TestRunsBadly(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		wrong   string
		memory  int64
		timeout time.Duration
		code    fault.Code
		says    string
	}{
		{"crash", 0, 20 * time.Second, fault.WorkerLost, "7"},
		{"panic", 0, 20 * time.Second, fault.Internal, "a defect of the engine"},
		{"hang", 0, 300 * time.Millisecond, fault.Deadline, "too late"},
		{"deaf", 0, 300 * time.Millisecond, fault.Deadline, "too late"},
		{"frozen", 0, 300 * time.Millisecond, fault.Deadline, "too late"},
		{"hog", 128 << 20, 20 * time.Second, fault.Memory, ""},
	} {
		t.Run(test.wrong, func(t *testing.T) {
			t.Parallel()
			program := command(t, test.wrong)
			program.Memory = test.memory
			process := start(t, program)
			started := time.Now()
			_, err := runOne(t, process, test.timeout)
			if took := time.Since(started); took > test.timeout+2*time.Second {
				t.Errorf("it took %s", took)
			}
			found := fault.As(err, fault.Host)
			if !leadsBackTo(found, test.code) || !strings.Contains(found.Message, test.says) {
				t.Errorf("got %+v", found)
			}
			gone(t, process)
		})
	}
}

// TestStopEnds: a process whose run never ends is gone soon after the time that it had to stop, frozen or not.
func TestStopEnds(t *testing.T) {
	t.Parallel()
	for _, wrong := range []string{"hang", "deaf", "frozen"} {
		t.Run(wrong, func(t *testing.T) {
			t.Parallel()
			process := start(t, command(t, wrong))
			ended := make(chan error, 1)
			go func() {
				_, err := runOne(t, process, 20*time.Second)
				ended <- err
			}()
			grace, over := context.WithTimeout(t.Context(), 500*time.Millisecond)
			defer over()
			started := time.Now()
			_ = process.Stop(grace) // it tells whether it was asked in vain
			gone(t, process)
			if took := time.Since(started); took > 3*time.Second {
				t.Errorf("it took %s", took)
			}
			select {
			case <-ended:
			case <-time.After(3 * time.Second):
				t.Error("the run goes on without a process")
			}
		})
	}
}

// TestNoise: what a process writes where it should not does no harm, and its log arrives.
func TestNoise(t *testing.T) {
	t.Parallel()
	for _, wrong := range []string{"late", "noisy"} {
		t.Run(wrong, func(t *testing.T) {
			t.Parallel()
			program := command(t, wrong)
			lines := make(chan string, 1000)
			program.Stderr = func(line string) { lines <- line }
			process := start(t, program)
			for range 3 {
				result, err := runOne(t, process, 20*time.Second)
				if err != nil || result != `"fine"` {
					t.Errorf("got %s, %v", result, err)
				}
			}
			if wrong == "noisy" && !strings.Contains(<-lines, "42") {
				t.Error("the first line of the log did not arrive")
			}
		})
	}
}

// TestSuiteFindsMisbehaviour: the suite fails what a host would suffer from, and comes to its end.
func TestSuiteFindsMisbehaviour(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ wrong, level, name string }{
		{"exit", "handshake", "starts"},
		{"early", "handshake", "line"},
		{"old", "handshake", "line"},
		{"deaf", "process", "lifeline"},
	} {
		t.Run(test.wrong, func(t *testing.T) {
			t.Parallel()
			program := command(t, test.wrong)
			program.StartTimeout = 2 * time.Second
			report, err := enginetest.Run(t.Context(), enginetest.Target{Command: &program}, enginetest.Options{
				Match: func(level enginetest.Level, name string) bool {
					return string(level) == test.level && name == test.name
				},
			})
			if err != nil {
				t.Fatal(err)
			}
			if report.Count(enginetest.Fail) != 1 {
				t.Errorf("got %+v", report.Results)
			}
		})
	}
}
