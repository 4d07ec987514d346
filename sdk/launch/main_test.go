package launch_test

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/hookstep-dev/hookstep/sdk/engine"
	"github.com/hookstep-dev/hookstep/sdk/fault"
	"github.com/hookstep-dev/hookstep/sdk/hostapi"
	"github.com/hookstep-dev/hookstep/sdk/launch"
	"github.com/hookstep-dev/hookstep/sdk/value"
)

// role makes the test binary something else than the tests.
const role = "HOOKSTEP_TEST_ROLE"

func TestMain(m *testing.M) {
	as := os.Getenv(role)
	if as == "" {
		goleak.VerifyTestMain(m)
		return
	}
	misbehave, known := roles()[as]
	if !known {
		fmt.Fprintln(os.Stderr, "unknown role", as)
		os.Exit(99)
	}
	misbehave()
}

// command starts the test binary in a role.
func command(t *testing.T, as string) launch.Command {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return launch.Command{
		Path:   program,
		Env:    []string{role + "=" + as},
		Stderr: func(line string) { t.Log("plugin: " + line) },
	}
}

func start(t *testing.T, command launch.Command) *launch.Process {
	t.Helper()
	process, err := launch.Start(t.Context(), command)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		process.Kill(fault.New(fault.Host, fault.WorkerLost, "the test is over"))
		<-process.Exited()
	})
	return process
}

// plain is an engine whose code is the name of what to do.
type plain struct{}

func (plain) Describe(context.Context) (engine.Description, error) {
	return engine.Description{Name: "plain", Version: "1.2.3", Language: "names of things to do"}, nil
}

func (plain) Load(_ context.Context, source engine.Source) (engine.Program, error) {
	return engine.Program{ID: source.Name}, nil
}

func (plain) Lane(context.Context) (engine.Lane, error) { return plainLane{}, nil }

type plainLane struct{}

func (plainLane) Close() error { return nil }

func (plainLane) Run(ctx context.Context, run engine.Run, host hostapi.Host, done engine.StepDone) error {
	for _, step := range run.Steps {
		if err := plainStep(ctx, run, step, host, done); err != nil {
			return err
		}
	}
	return nil
}

func plainStep(ctx context.Context, run engine.Run, step engine.Step, host hostapi.Host, done engine.StepDone) error {
	result := engine.StepResult{Key: step.Key, Results: value.Null()}
	switch step.Entry {
	case "echo":
		result.Results = value.JSON(run.Payload.RawBody)
	case "wait":
		host.Log(hostapi.Line{Step: step.Key, Level: hostapi.Info, Text: "waiting"})
		<-ctx.Done()
		return context.Cause(ctx)
	case "spin":
		host.Log(hostapi.Line{Step: step.Key, Level: hostapi.Info, Text: "spinning"})
		for n := 0; ; n++ {
			_ = n
		}
	case "print":
		printALot()
	case "shout":
		for n := range shouted {
			fmt.Fprintln(os.Stderr, n)
		}
	case "exit":
		fmt.Fprintln(os.Stderr, "leaving early")
		os.Exit(9)
	case "panic":
		panic("the engine is broken")
	case "crash":
		go func() { panic("a goroutine of the engine is broken") }()
		<-ctx.Done()
		return context.Cause(ctx)
	case "hoard":
		return hoard(ctx, 1<<20)
	case "leap":
		return hoard(ctx, 1<<31)
	case "garbage":
		makeGarbage()
	}
	return done(ctx, result)
}

// shouted is how many lines the step "shout" logs.
const shouted = 20_000

// printALot writes what a host must survive: long lines, and one that looks like a log record but is none.
func printALot() {
	long := strings.Repeat("x", 100<<10)
	for _, stream := range []*os.File{os.Stdout, os.Stderr, os.NewFile(1, "stdout"), os.NewFile(2, "stderr")} {
		fmt.Fprintln(stream, long)
		fmt.Fprintln(stream, `{"@message":42}`)
	}
}

// hoard keeps ever more memory.
func hoard(ctx context.Context, piece int) error {
	var kept [][]byte
	for ctx.Err() == nil {
		taken := make([]byte, piece)
		for i := 0; i < len(taken); i += 4096 {
			taken[i] = 1
		}
		kept = append(kept, taken)
	}
	runtime.KeepAlive(kept)
	return context.Cause(ctx)
}

// makeGarbage takes a lot of memory and keeps none.
func makeGarbage() {
	var last []byte
	for range 4096 {
		last = make([]byte, 1<<20)
	}
	runtime.KeepAlive(last)
}
