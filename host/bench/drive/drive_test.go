package drive_test

import (
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/hookstep-dev/hookstep/host/bench/drive"
	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/store"
	"github.com/hookstep-dev/hookstep/host/store/sqlite"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestRunCountsWhatEnded(t *testing.T) {
	t.Parallel()
	database, err := sqlite.Open(t.Context(), sqlite.Options{Path: filepath.Join(t.TempDir(), "test.db"), Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	ids := make(chan integration.ExecutionID, 1) // the last one, so that each is greater
	ids <- integration.FirstIDAt(time.Now())
	host := drive.Host{Store: database, NewID: func(time.Time) integration.ExecutionID {
		next := <-ids + 1
		ids <- next
		return next
	}}
	plan := drive.Plan{Callers: 4, For: 100 * time.Millisecond, Steps: 3, Payload: []byte(`{"n":1}`)}
	sample, err := drive.Run(t.Context(), []drive.Host{host}, &plan)
	if err != nil {
		t.Fatal(err)
	}
	page, err := database.List(t.Context(), &store.Filter{Limit: sample.Requests + 1})
	if err != nil {
		t.Fatal(err)
	}
	if len(page.Executions) != sample.Requests || sample.Requests < plan.Callers || sample.P50 <= 0 || sample.P99 < sample.P50 {
		t.Errorf("%d executions in the store, sample %+v", len(page.Executions), sample)
	}
	for _, each := range page.Executions {
		if each.Status != store.Succeeded || each.StepsDone != plan.Steps {
			t.Errorf("%+v", each)
		}
	}
	if err := database.Close(t.Context()); err != nil {
		t.Error(err)
	}
}
