package steps_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/scope"
	"github.com/hookstep-dev/hookstep/host/script"
	"github.com/hookstep-dev/hookstep/host/steps"
	"github.com/hookstep-dev/hookstep/host/store"
	"github.com/hookstep-dev/hookstep/sdk/connection"
	"github.com/hookstep-dev/hookstep/sdk/engine"
)

// connections answers what is connected.
type connections func(ctx context.Context, target *integration.Target, within time.Duration) (steps.Connected, error)

func (c connections) Connected(ctx context.Context, target *integration.Target, within time.Duration) (steps.Connected, error) {
	return c(ctx, target, within)
}

// connecting is an integration of one flow with a connection.
func connecting(variables ...integration.ConfigVar) *integration.Integration {
	return &integration.Integration{
		ID: "orders", Digest: "0123456789abcdef", Flows: []integration.Flow{*flow("a", "b@lua")}, ConfigVars: variables,
		Instances: []integration.Instance{{
			Name: "orders", ConfigVars: []byte(`{"Text":"x"}`),
		}},
	}
}

func shop() integration.ConfigVar {
	declared := &integration.Declaration{Type: connection.Type{Key: "apiKey"}}
	return integration.ConfigVar{Name: "Shop", Type: integration.VarConnection, Declaration: declared}
}

func stageOf(running *engines, of *integration.Integration, connected steps.Connections) stage {
	states := scope.NewStates(scope.NewMemory(store.StateCeiling), store.StateCeiling)
	plans := steps.Plans(of, script.CodeOf(of), steps.Times{Usual: time.Minute, Longest: time.Hour}, "http://localhost", connected)
	return stage{steps.New(script.New(running), states, nil, engine.Limits{}), plans[0], states}
}

// configVars are those that each call to an engine brought along.
func (e *engines) configVars(t *testing.T) []string {
	t.Helper()
	var told []string
	for _, call := range e.calls {
		var seen struct {
			ConfigVars json.RawMessage `json:"configVars"`
		}
		if err := json.Unmarshal(call.Context, &seen); err != nil {
			t.Fatal(err)
		}
		told = append(told, string(seen.ConfigVars))
	}
	return told
}

func TestConnectionsAreAskedForEachRun(t *testing.T) {
	t.Parallel()
	answer, asked := steps.Connected{JSON: map[string]json.RawMessage{"Shop": json.RawMessage("1")}, Version: 7}, 0
	running := &engines{}
	s := stageOf(running, connecting(shop(), integration.ConfigVar{Name: "Text", Type: integration.VarString}),
		connections(func(_ context.Context, target *integration.Target, within time.Duration) (steps.Connected, error) {
			if asked++; target.Instance.Name != "orders" || within != time.Minute {
				t.Errorf("asked for %s within %s", target.Instance.Name, within)
			}
			return answer, nil
		}))
	s.run(t.Context())
	first := running.calls[0].Context
	s.run(t.Context())
	if same := running.calls[2].Context; &same[0] != &first[0] {
		t.Error("the context was made again although nothing had changed")
	}
	answer = steps.Connected{JSON: map[string]json.RawMessage{"Shop": json.RawMessage("2")}, Version: 8}
	s.run(t.Context())
	one, two := `{"Shop":1,"Text":"x"}`, `{"Shop":2,"Text":"x"}`
	if diff := cmp.Diff([]string{one, one, one, one, two, two}, running.configVars(t)); diff != "" || asked != 3 {
		t.Errorf("asked %d times, config variables (-want +got):\n%s", asked, diff)
	}
}

func TestConnectionsThatCannotBeHad(t *testing.T) {
	t.Parallel()
	s := stageOf(&engines{}, connecting(shop()), connections(func(context.Context, *integration.Target, time.Duration) (steps.Connected, error) {
		return steps.Connected{}, errors.New("the database is away")
	}))
	if outcome := s.run(t.Context()); outcome.Fault == nil || !strings.Contains(outcome.Fault.Message, "the database is away") {
		t.Errorf("the run came to %+v", outcome)
	}
}

func TestNoConnectionsNoQuestion(t *testing.T) {
	t.Parallel()
	running := &engines{}
	s := stageOf(running, connecting(), nil)
	if outcome := s.run(t.Context()); outcome.Fault != nil {
		t.Error(outcome.Fault)
	}
	if diff := cmp.Diff([]string{`{"Text":"x"}`, `{"Text":"x"}`}, running.configVars(t)); diff != "" {
		t.Errorf("config variables (-want +got):\n%s", diff)
	}
}
