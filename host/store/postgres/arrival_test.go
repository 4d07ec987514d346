package postgres_test

import (
	"testing"

	"github.com/hookstep-dev/hookstep/host/store"
)

// A batch that is written again, one by one, begins anew: what stood in the way the first time may be gone.
func TestArrivalsThatAreWrittenAgain(t *testing.T) {
	t.Parallel()
	host, asked := open(t, database(t)), newAsking()
	there := asked.next("a")
	if _, err := host.Accept(t.Context(), there); err != nil {
		t.Fatal(err)
	}
	taken, behind := asked.next("a"), asked.next("a")
	taken.ID = there.ID
	taken.Lanes = []store.Lane{{Key: "one at a time", Limit: 1}}
	behind.Lanes = taken.Lanes
	errs, err := host.AcceptTogether(t.Context(), taken, behind)
	if err != nil {
		t.Fatal(err)
	}
	if errs[0] == nil || errs[1] != nil {
		t.Errorf("an id that is taken and a free one gave %v", errs)
	}
	kept, err := host.Execution(t.Context(), behind.ID)
	if err != nil {
		t.Fatal(err)
	}
	if kept.Execution.Status != store.Queued {
		t.Errorf("with its lane free, the execution is %s", kept.Execution.Status)
	}
}
