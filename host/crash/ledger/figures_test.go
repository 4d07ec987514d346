package ledger_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hookstep-dev/hookstep/host/crash/ledger"
)

func TestMeasure(t *testing.T) {
	t.Parallel()
	begin := time.Unix(1_700_000_000, 0)
	at := func(seconds int) time.Time { return begin.Add(time.Duration(seconds) * time.Second) }
	record := &ledger.Record{
		Steps: 2,
		Answers: []ledger.Answer{
			{Event: "a", Execution: "A", At: at(1)},
			{Event: "b", Execution: "B", At: at(2)},
			{Event: "a", Execution: "A", At: at(3)},
			{Event: "c", Execution: "C", At: at(21)},
			{Event: "d", Execution: "D", At: at(22)}, // D never comes to its end
		},
		Effects: []ledger.Effect{
			{Execution: "A", Step: 1, At: at(2)},
			{Execution: "A", Step: 2, At: at(4)},
			{Execution: "A", Step: 2, At: at(9)},
			{Execution: "B", Step: 1, At: at(12)},
			{Execution: "B", Step: 2, At: at(16)},
			{Execution: "C", Step: 1, At: at(23)},
			{Execution: "C", Step: 2, At: at(24)},
			{Execution: "D", Step: 1, At: at(25)},
		},
	}
	kills := []ledger.Kill{{At: at(10), Restarted: at(11)}, {At: at(20), Restarted: at(21)}, {At: at(30), Restarted: at(31)}}
	want := ledger.Figures{
		Finished: 3, Effects: 8, Repeated: 1,
		Next:    []time.Duration{5 * time.Second, 3 * time.Second},
		Moved:   []time.Duration{6 * time.Second, 0, 0},
		Longest: 14 * time.Second,
	}
	if diff := cmp.Diff(want, ledger.Measure(record, kills)); diff != "" {
		t.Errorf("figures (-want +got):\n%s", diff)
	}
}
