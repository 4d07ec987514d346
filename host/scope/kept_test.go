package scope_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hookstep-dev/hookstep/host/scope"
	"github.com/hookstep-dev/hookstep/host/store"
	"github.com/hookstep-dev/hookstep/host/store/sqlite"
	"github.com/hookstep-dev/hookstep/sdk/engine"
	"github.com/hookstep-dev/hookstep/sdk/fault"
)

// open gives states in the embedded database at a path.
func open(t *testing.T, path string) (states *scope.States, shut func()) {
	t.Helper()
	database, err := sqlite.Open(t.Context(), sqlite.Options{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	shut = sync.OnceFunc(func() {
		if err := database.Close(t.Context()); err != nil {
			t.Error(err)
		}
	})
	return scope.NewStates(database, store.StateCeiling), shut
}

func TestStatesSurviveARestart(t *testing.T) {
	t.Parallel()
	path, of := filepath.Join(t.TempDir(), "hookstep.db"), target("orders", "acme", "receive")
	states, shut := open(t, path)
	save(t, states, of, engine.States{Instance: []byte(`{"b":1,"a":{"n":9007199254740993}}`), Integration: []byte(`{"gone":1}`)})
	save(t, states, of, engine.States{Instance: []byte(`{"c":"x"}`), Integration: []byte(`{"gone":null}`)})
	lost := begin(t, states, of)
	if err := lost.Apply(engine.States{CrossFlow: []byte(`{"lost":1}`)}); err != nil {
		t.Fatal(err)
	}
	shut()

	states, shut = open(t, path)
	defer shut()
	want := engine.States{Instance: []byte(`{"b":1,"a":{"n":9007199254740993},"c":"x"}`)}
	if diff := cmp.Diff(want, begin(t, states, of).Current()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestKeptStatesAreMergedAtOnce(t *testing.T) {
	t.Parallel()
	states, shut := open(t, filepath.Join(t.TempDir(), "hookstep.db"))
	defer shut()
	var done sync.WaitGroup
	for i := range 50 {
		done.Go(func() {
			save(t, states, target("orders", "acme", fmt.Sprintf("flow-%d", i%2)), all(fmt.Sprintf(`{"k%d":%d}`, i, i)))
		})
	}
	done.Wait()
	for i := range 2 {
		now := begin(t, states, target("orders", "acme", fmt.Sprintf("flow-%d", i))).Current()
		for want, text := range map[int][]byte{25: now.Instance, 50: now.CrossFlow} {
			if got := strings.Count(string(text), `"k`); got != want {
				t.Errorf("%d keys, want %d, in %s", got, want, text)
			}
		}
	}
}

func TestClosedDatabaseIsUnavailable(t *testing.T) {
	t.Parallel()
	states, shut := open(t, filepath.Join(t.TempDir(), "hookstep.db"))
	of := target("orders", "acme", "receive")
	session := begin(t, states, of)
	if err := session.Apply(engine.States{Instance: []byte(`{"a":1}`)}); err != nil {
		t.Fatal(err)
	}
	shut()
	found := fault.As(session.Commit(t.Context()), fault.Host)
	if found == nil || found.Code != fault.Unavailable || found.RetryAfter == 0 || !strings.HasPrefix(found.Message, "the states of the execution are not saved: ") {
		t.Errorf("got %+v", found)
	}
}
