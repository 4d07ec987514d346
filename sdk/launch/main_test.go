package launch_test

import (
	"context"
	"os"
	"testing"
	"time"

	"github.com/hookstep-dev/hookstep/sdk"
	"github.com/hookstep-dev/hookstep/sdk/engine"
	"github.com/hookstep-dev/hookstep/sdk/fault"
	"github.com/hookstep-dev/hookstep/sdk/hostapi"
	"github.com/hookstep-dev/hookstep/sdk/launch"
	"github.com/hookstep-dev/hookstep/sdk/value"
)

// role makes the test binary something else than the tests.
const role = "HOOKSTEP_TEST_ROLE"

func TestMain(m *testing.M) {
	switch os.Getenv(role) {
	case "":
		os.Exit(m.Run())
	case "engine":
		sdk.Serve(sdk.Plugin{Name: "plain", Version: "1.2.3", Engine: plain{}})
	}
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
	begun := time.Now()
	result := engine.StepResult{Key: step.Key, Results: value.Null()}
	switch step.Entry {
	case "echo":
		result.Results = value.JSON(run.Payload.RawBody)
	}
	result.Elapsed = time.Since(begun)
	return done(ctx, result)
}
