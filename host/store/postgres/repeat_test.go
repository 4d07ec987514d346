package postgres_test

import (
	"bytes"
	"context"
	"net"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hookstep-dev/hookstep/host/store"
	"github.com/hookstep-dev/hookstep/host/store/postgres"
	"github.com/hookstep-dev/hookstep/sdk/fault"
	"github.com/hookstep-dev/hookstep/sdk/hostapi"
)

// wire leads connections to a server, and breaks those whose transaction brings a mark with it: the server has committed, and its
// answer is lost.
type wire struct {
	net.Listener
	server string
	marked atomic.Bool // what carries the mark is broken
	broken atomic.Int64
	under  sync.WaitGroup
}

const mark = "the answer to this is lost"

func newWire(t *testing.T, to string) (*wire, string) {
	t.Helper()
	parsed, err := url.Parse(to)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{Listener: listener, server: parsed.Host}
	w.under.Go(w.serve)
	t.Cleanup(func() {
		_ = listener.Close()
		w.under.Wait()
	})
	parsed.Host = listener.Addr().String()
	return w, parsed.String()
}

func (w *wire) serve() {
	for {
		client, err := w.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial("tcp", w.server)
		if err != nil {
			_ = client.Close()
			continue
		}
		var lost atomic.Bool
		w.under.Go(func() { w.lead(server, client, func(part []byte) bool { w.look(part, &lost); return true }) })
		w.under.Go(func() { w.lead(client, server, func(part []byte) bool { return !w.breaks(part, &lost) }) })
	}
}

// lead hands on what comes, until one side ends or something is not to pass.
func (*wire) lead(to, from net.Conn, passes func([]byte) bool) {
	defer to.Close()
	defer from.Close()
	buffer := make([]byte, 64<<10)
	for {
		n, err := from.Read(buffer)
		if n > 0 {
			if !passes(buffer[:n]) {
				return
			}
			if _, err := to.Write(buffer[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

func (w *wire) look(part []byte, lost *atomic.Bool) {
	if w.marked.Load() && bytes.Contains(part, []byte(mark)) {
		lost.Store(true)
	}
}

// breaks tells an answer that ends a transaction with the mark.
func (w *wire) breaks(part []byte, lost *atomic.Bool) bool {
	const ready = "Z\x00\x00\x00\x05I" // for a query, outside of a transaction
	if !lost.Load() || !bytes.Contains(part, []byte(ready)) {
		return false
	}
	w.broken.Add(1)
	return true
}

// once has something done whose answer is lost, and then again with answers.
func (w *wire) once(t *testing.T, what string, do func() error) {
	t.Helper()
	broken := w.broken.Load()
	w.marked.Store(true)
	if err := do(); !isUnavailable(err) {
		t.Errorf("%s, whose answer was lost, gave %v", what, err)
	}
	w.marked.Store(false)
	if w.broken.Load() != broken+1 {
		t.Fatalf("%s: %d answers were lost, want one", what, w.broken.Load()-broken)
	}
	if err := do(); err != nil {
		t.Errorf("%s, repeated after its answer was lost, gave %v", what, err)
	}
}

func marked() []hostapi.Line {
	return []hostapi.Line{{At: time.UnixMilli(1), Level: hostapi.Info, Text: mark}}
}

// claimOne has a host take one execution and gives the claim to the test until it ends.
func claimOne(t *testing.T, host *postgres.Database, asked *store.Acceptance, do func(ctx context.Context, claim *store.Claim)) {
	t.Helper()
	if _, err := host.Accept(t.Context(), asked); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var once sync.Once
	err := host.Work(ctx, 1, func(ctx context.Context, claim *store.Claim) {
		once.Do(func() { do(ctx, claim) })
		stop()
	})
	if err != nil {
		t.Error(err)
	}
}

// TestLostAnswers repeats what the database has committed and nobody was told of.
func TestLostAnswers(t *testing.T) {
	t.Parallel()
	lanes := []store.Lane{{Key: "one", Limit: 1}}
	until := time.Now().Add(time.Hour)
	for _, c := range []struct {
		name  string
		lanes []store.Lane
		end   func(ctx context.Context, host *postgres.Database, claim *store.Claim) error
		want  store.Status
	}{
		{name: "finish", want: store.Succeeded, end: succeed},
		{name: "finish in a lane", want: store.Succeeded, end: succeed, lanes: lanes},
		{name: "postpone", want: store.Waiting, end: func(ctx context.Context, host *postgres.Database, claim *store.Claim) error {
			why := fault.New(fault.User, fault.Thrown, "once")
			return host.Postpone(ctx, claim, &store.Postponement{Until: until, Retry: true, Fault: why, Logs: marked()})
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			through, url := newWire(t, database(t))
			host := open(t, url)
			asked := newAsking().next("a")
			asked.Lanes = c.lanes
			claimOne(t, host, asked, func(ctx context.Context, claim *store.Claim) {
				through.once(t, "Commit", func() error { return host.Commit(ctx, claim, step(0), marked()) })
				through.once(t, c.name, func() error { return c.end(ctx, host, claim) })
				if err := c.end(ctx, host, claim); err == nil {
					t.Error("a claim that has ended was ended again")
				}
			})
			ended(t, host, asked, c.want)
		})
	}
}

func succeed(ctx context.Context, host *postgres.Database, claim *store.Claim) error {
	return host.Finish(ctx, claim, &store.End{Status: store.Succeeded, Last: step(1), Logs: marked(), At: time.Now()})
}

// ended holds that each change was made once.
func ended(t *testing.T, host *postgres.Database, asked *store.Acceptance, want store.Status) {
	t.Helper()
	detail, err := host.Execution(t.Context(), asked.ID)
	if err != nil {
		t.Fatal(err)
	}
	of := detail.Execution
	if of.Status != want || len(detail.Steps) != of.StepsDone || of.Attempt > 1 {
		t.Errorf("the execution is %+v, with %d steps", of, len(detail.Steps))
	}
	logs, err := host.Logs(t.Context(), asked.ID, 0, 10)
	if err != nil || len(logs) != 2 {
		t.Errorf("the log has %d chunks, want two: %v, %v", len(logs), logs, err)
	}
}
