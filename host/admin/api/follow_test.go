package api_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/hookstep-dev/hookstep/host/admin/wire"
	"github.com/hookstep-dev/hookstep/host/store"
	"github.com/hookstep-dev/hookstep/host/store/postgres"
	"github.com/hookstep-dev/hookstep/host/store/postgres/scratch"
	"github.com/hookstep-dev/hookstep/sdk/hostapi"
)

// A running execution is followed line by line, over a cut connection, to its end.
func TestFollow(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	follow(t, d, d)
}

// Any host of a database tells of an execution that runs on another.
func TestFollowOnAnotherHost(t *testing.T) {
	t.Parallel()
	cluster := scratch.ForTest(t)
	url, err := cluster.Database(t.Context(), "hosts")
	if err != nil {
		t.Fatal(err)
	}
	host := func() *desk {
		database, err := postgres.Open(t.Context(), postgres.Options{URL: url, Log: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		return newDeskOf(t, database)
	}
	follow(t, host(), host())
}

// follow asks one host for the log of what another one runs.
func follow(t *testing.T, asked, runs *desk) {
	t.Helper()
	id, host := runs.accept(), asked.client()
	lines, told := make(chan string, 10), make(chan struct{})
	go func() {
		defer close(told)
		status, err := host.Follow(t.Context(), id.String(), 0, func(batch []wire.Line) error {
			for _, line := range batch {
				lines <- line.Text
			}
			return nil
		})
		if err != nil {
			t.Errorf("following: %v", err)
		}
		lines <- "ended " + status
	}()
	next := func(want string) {
		t.Helper()
		select {
		case got := <-lines:
			if got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		case <-time.After(patience):
			t.Errorf("%q has not come", want)
		}
	}
	runs.work(1, func(ctx context.Context, claim *store.Claim) {
		for _, text := range []string{"before", "after the cut"} {
			if err := runs.store.Log(ctx, claim, []hostapi.Line{line("first", text)}); err != nil {
				t.Error(err)
			}
			next(text)
			asked.server.CloseClientConnections()
		}
		end := &store.End{Status: store.Succeeded, Last: step(0, "first"), Logs: []hostapi.Line{line("first", "last")}, At: time.Now()}
		if err := runs.store.Finish(ctx, claim, end); err != nil {
			t.Error(err)
		}
	})
	next("last")
	next("ended succeeded")
	<-told
}
