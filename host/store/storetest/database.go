package storetest

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/store"
)

// patience is how long something that must happen may take on a busy machine. What must not happen is never waited for.
const patience = 90 * time.Second

// poll is how often something that must happen is looked for.
const poll = 5 * time.Millisecond

// database is an empty database of one subtest.
type database struct {
	*testing.T
	home     Home
	location string
	clock    *clock
	ids      *atomic.Int64
}

func newDatabase(t *testing.T, home Home) *database {
	t.Helper()
	ids := &atomic.Int64{}
	ids.Store(int64(integration.FirstIDAt(time.Now())))
	return &database{T: t, home: home, location: home.Create(t), clock: &clock{}, ids: ids}
}

// newID gives the next execution id.
func (d *database) newID() integration.ExecutionID { return integration.ExecutionID(d.ids.Add(1)) }

// open opens the database as one more host, until the test ends.
func (d *database) open() *host {
	d.Helper()
	opened, err := d.home.Open(d.Context(), d.location, d.clock.Now)
	if err != nil {
		d.Fatalf("opening the database: %v", err)
	}
	h := &host{database: d, Store: opened}
	d.Cleanup(h.close)
	return h
}

// clock is the real time, or as much later as the test says.
type clock struct{ ahead atomic.Int64 }

func (c *clock) Now() time.Time { return time.Now().Add(time.Duration(c.ahead.Load())) }

func (c *clock) advance(by time.Duration) { c.ahead.Add(int64(by)) }

// moment is the time in the precision of databases.
func (d *database) moment() time.Time { return d.clock.Now().UTC().Truncate(time.Millisecond) }

// equal compares what came with what must have, nil and empty slices alike.
func (d *database) equal(what string, want, got any) {
	d.Helper()
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		d.Errorf("%s (- want, + got):\n%s", what, diff)
	}
}

// must ends the test at an error.
func (d *database) must(err error) {
	d.Helper()
	if err != nil {
		d.Fatal(err)
	}
}

// is reports an error that is not of the wanted kind.
func (d *database) is(what string, err, want error) {
	d.Helper()
	if !errors.Is(err, want) {
		d.Errorf("%s gave the error %v, want %v", what, err, want)
	}
}

// eventually looks until something is so.
func (d *database) eventually(what string, so func() bool) {
	d.Helper()
	late, tick := time.NewTimer(patience), time.NewTicker(poll)
	defer late.Stop()
	defer tick.Stop()
	for !so() {
		select {
		case <-late.C:
			d.Fatalf("%s: not within %s", what, patience)
		case <-tick.C:
		}
	}
}

// host is one host on the database.
type host struct {
	*database
	store.Store
	ending sync.Once
	worker *worker // nil until work
}

// close ends the host's part in good order. The test may have done so already.
func (h *host) close() {
	h.ending.Do(func() {
		if h.worker != nil {
			h.worker.stop()
		}
		// The test's own context has ended when this cleans up.
		if err := h.Close(context.WithoutCancel(h.Context())); err != nil {
			h.Errorf("closing the database: %v", err)
		}
	})
}

// restart closes the host and opens the database again.
func (h *host) restart() *host {
	h.Helper()
	h.close()
	return h.open()
}

// detail gives an execution whole.
func (h *host) detail(id integration.ExecutionID) *store.Detail {
	h.Helper()
	detail, err := h.Execution(h.Context(), id)
	if err != nil {
		h.Fatalf("reading execution %s: %v", id, err)
	}
	return detail
}

func (h *host) status(id integration.ExecutionID) store.Status {
	h.Helper()
	return h.detail(id).Execution.Status
}

// stands reports an execution that has not the wanted status.
func (h *host) stands(id integration.ExecutionID, want store.Status) {
	h.Helper()
	if got := h.status(id); got != want {
		h.Errorf("execution %s is %s, want %s", id, got, want)
	}
}

// comesTo waits for an execution's status.
func (h *host) comesTo(id integration.ExecutionID, want store.Status) {
	h.Helper()
	h.eventually("execution "+id.String()+" comes to "+string(want), func() bool { return h.status(id) == want })
}

// absent reports an execution that is there.
func (h *host) absent(id integration.ExecutionID) {
	h.Helper()
	_, err := h.Execution(h.Context(), id)
	h.is("reading an execution that was not kept", err, store.ErrNotFound)
}
