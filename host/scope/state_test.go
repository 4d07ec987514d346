package scope_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/scope"
	"github.com/hookstep-dev/hookstep/host/store"
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

// inMemory has a ceiling of 1 MiB.
func inMemory() *scope.States { return scope.NewStates(scope.NewMemory(1<<20), 1<<20) }

func begin(t *testing.T, states *scope.States, of integration.Target) *scope.Session {
	t.Helper()
	session, err := states.Begin(t.Context(), of)
	if err != nil {
		t.Fatal(err)
	}
	return session
}

func save(t *testing.T, states *scope.States, of integration.Target, changed ...engine.States) {
	t.Helper()
	session := begin(t, states, of)
	for _, change := range changed {
		if err := session.Apply(change); err != nil {
			t.Fatal(err)
		}
	}
	if err := session.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func all(text string) engine.States {
	return engine.States{Instance: []byte(text), CrossFlow: []byte(text), Integration: []byte(text), Execution: []byte(text)}
}

func TestWhoSeesAState(t *testing.T) {
	t.Parallel()
	states := inMemory()
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
		if diff := cmp.Diff(test.want, begin(t, states, test.of).Current()); diff != "" {
			t.Errorf("%s/%s/%s (-want +got):\n%s", test.of.Integration.ID, test.of.Instance.Name, test.of.Flow.Slug, diff)
		}
	}
}

func TestChangesAreMergedByKey(t *testing.T) {
	t.Parallel()
	states, of := inMemory(), target("orders", "acme", "receive")
	save(t, states, of, engine.States{Instance: []byte(`{"a":1,"b":{"x":[1, 2]},"c":9007199254740993}`)})
	one, two := begin(t, states, of), begin(t, states, of)
	for session, change := range map[*scope.Session]string{one: `{"a":null,"d":"one"}`, two: `{"b":2,"e":"two"}`} {
		if err := session.Apply(engine.States{Instance: []byte(change)}); err != nil {
			t.Fatal(err)
		}
	}
	if got := string(one.Current().Instance); got != `{"b":{"x":[1, 2]},"c":9007199254740993,"d":"one"}` {
		t.Errorf("one sees %s", got)
	}
	if got := string(begin(t, states, of).Current().Instance); !strings.HasPrefix(got, `{"a":1,`) {
		t.Errorf("changes are visible before they are saved: %s", got)
	}
	if err := one.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := two.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := string(begin(t, states, of).Current().Instance); got != `{"b":2,"c":9007199254740993,"d":"one","e":"two"}` {
		t.Errorf("saved %s", got)
	}
	save(t, states, of, engine.States{Instance: []byte(`{"b":null,"c":null,"d":null,"e":null}`)})
	if got := begin(t, states, of).Current().Instance; got != nil {
		t.Errorf("emptied, it is %s", got)
	}
}

func TestConcurrentExecutionsLoseNothing(t *testing.T) {
	t.Parallel()
	states, of := inMemory(), target("orders", "acme", "receive")
	var done sync.WaitGroup
	for i := range 50 {
		done.Go(func() { save(t, states, of, all(fmt.Sprintf(`{"k%d":%d}`, i, i))) })
	}
	done.Wait()
	now := begin(t, states, of).Current()
	for _, text := range [][]byte{now.Instance, now.CrossFlow, now.Integration} {
		if got := strings.Count(string(text), `"k`); got != 50 {
			t.Errorf("%d keys in %s", got, text)
		}
	}
}

func TestCeiling(t *testing.T) {
	t.Parallel()
	states, of := inMemory(), target("orders", "acme", "receive")
	half := []byte(`{"a":"` + strings.Repeat("x", 1<<19) + `"}`)
	session := begin(t, states, of)
	err := session.Apply(engine.States{Instance: half, CrossFlow: half})
	if !fault.Is(err, fault.ResultSize) || !strings.Contains(err.Error(), "1 MiB") {
		t.Errorf("got %v", err)
	}
	one, two := begin(t, states, of), begin(t, states, of)
	if err := one.Apply(engine.States{Instance: half}); err != nil {
		t.Fatal(err)
	}
	if err := two.Apply(engine.States{CrossFlow: half}); err != nil {
		t.Fatal(err)
	}
	if err := one.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := two.Commit(t.Context()); !fault.Is(err, fault.ResultSize) {
		t.Errorf("together over the ceiling: %v", err)
	}
	if got := begin(t, states, of).Current().CrossFlow; got != nil {
		t.Error("half of a refused change was saved")
	}
}

func TestBrokenChangesAreTheEnginesFault(t *testing.T) {
	t.Parallel()
	for _, text := range []string{`[]`, `{`, `{"a"`, `x`} {
		if err := begin(t, inMemory(), target("a", "b", "c")).Apply(all(text)); !fault.Is(err, fault.Protocol) {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestChangesForTheStore(t *testing.T) {
	t.Parallel()
	kept := scope.NewMemory(1 << 20)
	states, of := scope.NewStates(kept, 1<<20), target("orders", "acme", "receive")
	session := begin(t, states, of)
	if got := session.Changes(); got != nil {
		t.Errorf("nothing was applied, and there is %v", got)
	}
	for _, change := range []engine.States{
		{Instance: []byte(`{"a":1}`), Execution: []byte(`{"x":1}`)},
		{Execution: []byte(`{"x":2}`)},
		{},
		{Instance: []byte(`{"a":null}`), CrossFlow: []byte(`{"b":1}`), Integration: []byte(`{"c":1}`)},
	} {
		if err := session.Apply(change); err != nil {
			t.Fatal(err)
		}
	}
	of3 := store.OwnersOf(store.FlowOf(&of))
	want := []store.StateChange{
		{Owner: of3[0], Merge: []byte(`{"a":1}`)},
		{Owner: of3[0], Merge: []byte(`{"a":null}`)},
		{Owner: of3[1], Merge: []byte(`{"b":1}`)},
		{Owner: of3[2], Merge: []byte(`{"c":1}`)},
	}
	if diff := cmp.Diff(want, session.Changes()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if err := kept.WriteStates(t.Context(), session.Changes()); err != nil {
		t.Fatal(err)
	}
	got := begin(t, states, of).Current()
	if diff := cmp.Diff(engine.States{CrossFlow: []byte(`{"b":1}`), Integration: []byte(`{"c":1}`)}, got); diff != "" {
		t.Errorf("written (-want +got):\n%s", diff)
	}
	owners, err := kept.StateOwners(t.Context(), "orders")
	if diff := cmp.Diff([]store.StateOwner{of3[2], of3[1]}, owners); diff != "" || err != nil {
		t.Errorf("owners (-want +got), %v:\n%s", err, diff)
	}
}

// TestCeilingOfOthers lets two flows grow what they share with a third.
func TestCeilingOfOthers(t *testing.T) {
	t.Parallel()
	states := inMemory()
	third := []byte(`{"a":"` + strings.Repeat("x", 1<<20/3) + `"}`)
	save(t, states, target("orders", "acme", "large"), engine.States{Instance: third})
	save(t, states, target("orders", "acme", "other"), engine.States{CrossFlow: third})
	session := begin(t, states, target("orders", "globex", "other"))
	if err := session.Apply(engine.States{Integration: third}); err != nil {
		t.Fatal(err)
	}
	if err := session.Commit(t.Context()); !fault.Is(err, fault.ResultSize) {
		t.Errorf("over the ceiling of acme's large flow: %v", err)
	}
	save(t, states, target("alerts", "acme", "large"), engine.States{Integration: third, CrossFlow: third})
}

// down is a store that answers nothing but its error.
type down struct {
	store.States

	err error
}

func (d down) ReadStates(context.Context, ...store.StateOwner) ([][]byte, error) { return nil, d.err }

func TestStoreThatIsDown(t *testing.T) {
	t.Parallel()
	states := scope.NewStates(down{err: store.Unavailable(errors.New("disk full"))}, 1<<20)
	_, err := states.Begin(t.Context(), target("a", "b", "c"))
	found := fault.As(err, fault.Host)
	if found.Code != fault.Unavailable || found.RetryAfter == 0 || !strings.HasPrefix(found.Message, "the states of the execution cannot be read: ") {
		t.Errorf("got %+v", found)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(fault.New(fault.Limit, fault.Deadline, "too late"))
	if _, err := scope.NewStates(down{err: ctx.Err()}, 1<<20).Begin(ctx, target("a", "b", "c")); !fault.Is(err, fault.Deadline) {
		t.Errorf("after the deadline: %v", err)
	}
}
