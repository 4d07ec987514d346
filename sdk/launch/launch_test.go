package launch_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hookstep-dev/hookstep/sdk/engine"
	"github.com/hookstep-dev/hookstep/sdk/launch"
)

func TestStartAndRun(t *testing.T) {
	t.Parallel()
	process := start(t, command(t, "engine"))
	want := launch.Description{Name: "plain", Version: "1.2.3", Protocol: 1, Engine: true}
	if diff := cmp.Diff(want, process.Plugin()); diff != "" {
		t.Errorf("description (-want +got):\n%s", diff)
	}
	if err := process.Ping(t.Context()); err != nil {
		t.Error(err)
	}
	lane, err := process.Engine().Lane(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer lane.Close()
	run := engine.Run{
		Payload: &engine.Payload{RawBody: []byte(`{"a":1}`)},
		Steps:   []engine.Step{{Key: "one", Entry: "echo"}},
	}
	var got []string
	err = lane.Run(t.Context(), run, nil, func(_ context.Context, result engine.StepResult) error {
		got = append(got, result.Key+" "+string(result.Results.JSON))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{`one {"a":1}`}, got); diff != "" {
		t.Errorf("results (-want +got):\n%s", diff)
	}
	if err := process.Stop(t.Context()); err != nil {
		t.Error(err)
	}
	t.Log(process.Err())
}
