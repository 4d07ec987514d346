package veil_test

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hookstep-dev/hookstep/host/store"
)

// A store takes states apart and writes their names anew, so that an escape in one would come back as what it stands for.
func TestMarksInTheNamesOfAState(t *testing.T) {
	t.Parallel()
	kept, _, _ := open(t, shop)
	owner := store.OwnersOf(orders)[0]
	for _, name := range []string{`\u27e6secret Shop API.apiKey\u27e7`, `\u27E6secret Shop API.apiKey⟧`, `⟦secret Shop API.apiKey⟧`, `\\u27e6`} {
		change := store.StateChange{Owner: owner, Merge: []byte(`{"` + name + `":{"` + name + `":1},"gone":null}`)}
		if err := kept.WriteStates(t.Context(), []store.StateChange{change}); err != nil {
			t.Fatal(err)
		}
		read, err := kept.ReadStates(t.Context(), owner)
		if err != nil {
			t.Fatal(err)
		}
		var want, got map[string]any
		if err := errors.Join(json.Unmarshal(change.Merge, &want), json.Unmarshal(read[0], &got)); err != nil {
			t.Fatal(err)
		}
		delete(want, "gone")
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		clear(want)
		for at := range got {
			want[at] = nil
		}
		change.Merge, err = json.Marshal(want)
		if err == nil {
			err = kept.WriteStates(t.Context(), []store.StateChange{change})
		}
		if err != nil {
			t.Fatal(err)
		}
		if read, err := kept.ReadStates(t.Context(), owner); err != nil || len(read[0]) > 0 {
			t.Errorf("not deleted: %s, %v", read[0], err)
		}
	}
}
