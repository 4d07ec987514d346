package integration_test

import (
	"encoding/json"
	"math"
	"testing"
	"time"

	"github.com/hookstep-dev/hookstep/host/integration"
)

func TestExecutionIDText(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 21, 10, 0, 0, 7_000_000, time.UTC)
	made := integration.NewExecutionID(at.UnixMilli(), integration.MaxSlot, integration.MaxSequence)
	for _, id := range []integration.ExecutionID{0, 1, 31, 32, made, math.MaxInt64} {
		text, err := json.Marshal(id)
		if err != nil || len(text) != 15 {
			t.Fatalf("%d is %s, %v", id, text, err)
		}
		var back integration.ExecutionID
		if err := json.Unmarshal(text, &back); err != nil || back != id {
			t.Errorf("%d came back as %d, %v", id, back, err)
		}
	}
	if !made.Time().Equal(at) || integration.FirstIDAt(at) > made || integration.FirstIDAt(at.Add(time.Millisecond)) <= made {
		t.Errorf("%s is of %s", made, made.Time())
	}
	if integration.FirstIDAt(time.Time{}) != 0 {
		t.Errorf("ids begin at %s", integration.FirstIDAt(time.Time{}))
	}
}

func TestParseExecutionIDRefuses(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "0", "00000000000000", "000000000000u", "000000000000A", "8000000000000", "00000 0000000"} {
		if id, err := integration.ParseExecutionID(text); err == nil {
			t.Errorf("%q was read as %d", text, id)
		}
	}
}
