package scope_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/scope"
	"github.com/hookstep-dev/hookstep/sdk/engine"
	"github.com/hookstep-dev/hookstep/sdk/fault"
)

func target(id, instance, flow string) integration.Target {
	return integration.Target{
		Integration: &integration.Integration{ID: id},
		Instance:    &integration.Instance{Name: integration.InstanceName(instance)},
		Flow:        &integration.Flow{Slug: integration.Slug(flow)},
	}
}

func save(t *testing.T, states *scope.States, of integration.Target, changed ...engine.States) {
	t.Helper()
	session := states.Begin(of)
	for _, change := range changed {
		if err := session.Apply(change); err != nil {
			t.Fatal(err)
		}
	}
	if err := session.Commit(); err != nil {
		t.Fatal(err)
	}
}

func all(text string) engine.States {
	return engine.States{Instance: []byte(text), CrossFlow: []byte(text), Integration: []byte(text), Execution: []byte(text)}
}

func TestWhoSeesAState(t *testing.T) {
	t.Parallel()
	states := scope.NewStates(scope.Ceiling)
	save(t, states, target("orders", "acme", "receive"), all(`{"n":1}`))
	text := []byte(`{"n":1}`)
	for _, test := range []struct {
		of   integration.Target
		want engine.States
	}{
		{target("orders", "acme", "receive"), engine.States{Instance: text, CrossFlow: text, Integration: text}},
		{target("orders", "acme", "other"), engine.States{CrossFlow: text, Integration: text}},
		{target("orders", "globex", "receive"), engine.States{Integration: text}},
		{target("alerts", "acme", "receive"), engine.States{}},
	} {
		if diff := cmp.Diff(test.want, states.Begin(test.of).Current()); diff != "" {
			t.Errorf("%s/%s/%s (-want +got):\n%s", test.of.Integration.ID, test.of.Instance.Name, test.of.Flow.Slug, diff)
		}
	}
}

func TestChangesAreMergedByKey(t *testing.T) {
	t.Parallel()
	states, of := scope.NewStates(scope.Ceiling), target("orders", "acme", "receive")
	save(t, states, of, engine.States{Instance: []byte(`{"a":1,"b":{"x":[1, 2]},"c":9007199254740993}`)})
	one, two := states.Begin(of), states.Begin(of)
	for session, change := range map[*scope.Session]string{one: `{"a":null,"d":"one"}`, two: `{"b":2,"e":"two"}`} {
		if err := session.Apply(engine.States{Instance: []byte(change)}); err != nil {
			t.Fatal(err)
		}
	}
	if got := string(one.Current().Instance); got != `{"b":{"x":[1, 2]},"c":9007199254740993,"d":"one"}` {
		t.Errorf("one sees %s", got)
	}
	if got := string(states.Begin(of).Current().Instance); !strings.HasPrefix(got, `{"a":1,`) {
		t.Errorf("changes are visible before they are saved: %s", got)
	}
	if err := one.Commit(); err != nil {
		t.Fatal(err)
	}
	if err := two.Commit(); err != nil {
		t.Fatal(err)
	}
	if got := string(states.Begin(of).Current().Instance); got != `{"b":2,"c":9007199254740993,"d":"one","e":"two"}` {
		t.Errorf("saved %s", got)
	}
	save(t, states, of, engine.States{Instance: []byte(`{"b":null,"c":null,"d":null,"e":null}`)})
	if got := states.Begin(of).Current().Instance; got != nil {
		t.Errorf("emptied, it is %s", got)
	}
}

func TestConcurrentExecutionsLoseNothing(t *testing.T) {
	t.Parallel()
	states, of := scope.NewStates(scope.Ceiling), target("orders", "acme", "receive")
	var done sync.WaitGroup
	for i := range 50 {
		done.Go(func() { save(t, states, of, all(fmt.Sprintf(`{"k%d":%d}`, i, i))) })
	}
	done.Wait()
	now := states.Begin(of).Current()
	for _, text := range [][]byte{now.Instance, now.CrossFlow, now.Integration} {
		if got := strings.Count(string(text), `"k`); got != 50 {
			t.Errorf("%d keys in %s", got, text)
		}
	}
}

func TestCeiling(t *testing.T) {
	t.Parallel()
	states, of := scope.NewStates(1<<20), target("orders", "acme", "receive")
	half := []byte(`{"a":"` + strings.Repeat("x", 1<<19) + `"}`)
	session := states.Begin(of)
	err := session.Apply(engine.States{Instance: half, CrossFlow: half})
	if !fault.Is(err, fault.ResultSize) || !strings.Contains(err.Error(), "1 MiB") {
		t.Errorf("got %v", err)
	}
	one, two := states.Begin(of), states.Begin(of)
	if err := one.Apply(engine.States{Instance: half}); err != nil {
		t.Fatal(err)
	}
	if err := two.Apply(engine.States{CrossFlow: half}); err != nil {
		t.Fatal(err)
	}
	if err := one.Commit(); err != nil {
		t.Fatal(err)
	}
	if err := two.Commit(); !fault.Is(err, fault.ResultSize) {
		t.Errorf("together over the ceiling: %v", err)
	}
	if got := states.Begin(of).Current().CrossFlow; got != nil {
		t.Error("half of a refused change was saved")
	}
}

func TestBrokenChangesAreTheEnginesFault(t *testing.T) {
	t.Parallel()
	for _, text := range []string{`[]`, `{`, `{"a"`, `x`} {
		if err := scope.NewStates(scope.Ceiling).Begin(target("a", "b", "c")).Apply(all(text)); !fault.Is(err, fault.Protocol) {
			t.Errorf("%s: %v", text, err)
		}
	}
}
