package api_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/hookstep-dev/hookstep/host/admin"
	"github.com/hookstep-dev/hookstep/host/admin/api"
	"github.com/hookstep-dev/hookstep/host/admin/client"
	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/pipeline"
	"github.com/hookstep-dev/hookstep/host/scope"
	"github.com/hookstep-dev/hookstep/host/steps"
	"github.com/hookstep-dev/hookstep/host/store"
	"github.com/hookstep-dev/hookstep/host/store/sqlite"
	"github.com/hookstep-dev/hookstep/sdk/engine"
	"github.com/hookstep-dev/hookstep/sdk/fault"
	"github.com/hookstep-dev/hookstep/sdk/hostapi"
	"github.com/hookstep-dev/hookstep/sdk/value"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience is how long a test waits for what must come. It decides nothing but how late a hang is reported.
const patience = 30 * time.Second

// desk is the API over a real database, behind real HTTP. Every answer that it gives is held against openapi.yaml.
type desk struct {
	t       *testing.T
	store   store.Store
	server  *httptest.Server
	handler *api.Handler
	guard   *admin.Guard
	ids     func(time.Time) integration.ExecutionID
	log     *lockedText
	rows    *sealedRows
	ahead   atomic.Int64 // of the guard's clock, in nanoseconds
	turned  turned
}

// orders is what the desk's host serves.
func orders() []*integration.Integration {
	return []*integration.Integration{{
		ID: "orders", Name: "Orders", File: "orders/integration.yaml", Digest: strings.Repeat("ab", 32),
		Flows: []integration.Flow{{
			Name: "Receive order", Slug: "receive-order", Trigger: integration.Trigger{Name: "Trigger", Key: "trigger"},
			Steps: []integration.Step{{Name: "First", Key: "first"}, {Name: "Second", Key: "second"}},
		}},
		Instances: []integration.Instance{{
			Name: "acme", Title: "Acme", Customer: &integration.Party{Name: "Acme Inc."},
			Endpoints: map[integration.FlowName]integration.Endpoint{"Receive order": {Instance: "acme", Flow: "receive-order"}},
		}},
	}}
}

var receiveOrder = store.Flow{Integration: "orders", Instance: "acme", Flow: "receive-order"}

func newDesk(t *testing.T) *desk {
	t.Helper()
	database, err := sqlite.Open(t.Context(), sqlite.Options{Path: filepath.Join(t.TempDir(), "hookstep.db"), Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	return newDeskOf(t, database)
}

// newDeskOf makes the desk of a host on a database, and closes it at the end.
func newDeskOf(t *testing.T, database store.Store) *desk {
	t.Helper()
	log := &lockedText{}
	logger := slog.New(slog.NewTextHandler(log, nil))
	d := &desk{t: t, store: database, log: log, ids: pipeline.IDs(database.Slot, 0)}
	catalog, err := pipeline.NewCatalog(orders(), steps.Times{Usual: time.Second, Longest: time.Minute}, "http://localhost:8080", nil)
	if err != nil {
		t.Fatal(err)
	}
	line := pipeline.New(pipeline.Rooms{
		Store: database, NewID: d.ids, Now: time.Now, Random: func() float64 { return 0 }, Scope: scope.Shared{Log: logger},
	})
	line.Use(catalog)
	d.guard = admin.NewGuard(database, func() time.Time { return time.Now().Add(time.Duration(d.ahead.Load())) })
	sealing := d.sealing(logger)
	d.handler = api.New(api.Rooms{
		Store: database, Replayer: line, Deployer: &d.turned, Served: orders, Guard: d.guard, Log: logger, Now: time.Now,
		Sealing: sealing, Connections: d.connections(sealing.Box, logger),
	})
	d.server = httptest.NewServer(held(t, d.handler))
	t.Cleanup(func() {
		d.handler.Close()
		d.server.Close()
		if err := database.Close(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	return d
}

// turned keeps what a host was told of its instances.
type turned struct {
	mu   sync.Mutex
	told []string
}

func (d *turned) Deploy(_ context.Context, name store.InstanceKey) error {
	return d.tell("deploy", name)
}

func (d *turned) Remove(_ context.Context, name store.InstanceKey) error {
	return d.tell("remove", name)
}

func (d *turned) Refresh(context.Context) ([]store.InstanceRow, error) {
	return nil, d.tell("refresh", store.InstanceKey{Instance: "acme"})
}

func (d *turned) tell(verb string, name store.InstanceKey) error {
	if name.Instance != "acme" {
		return store.ErrNotFound
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.told = append(d.told, verb+" "+name.Integration+"/"+string(name.Instance))
	return nil
}

// client speaks to the desk with its local token, or another.
func (d *desk) client(token ...string) *client.Client {
	d.t.Helper()
	made, err := client.New(d.server.URL, append(token, d.guard.Local())[0])
	if err != nil {
		d.t.Fatal(err)
	}
	d.t.Cleanup(made.Close)
	return made
}

// do sends a request and gives status, header and body.
func (d *desk) do(method, path, token, body string, header ...string) (int, http.Header, string) {
	d.t.Helper()
	request, err := http.NewRequestWithContext(d.t.Context(), method, d.server.URL+api.Prefix+path, strings.NewReader(body))
	if err != nil {
		d.t.Fatal(err)
	}
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	for i := 0; i < len(header); i += 2 {
		request.Header.Set(header[i], header[i+1])
	}
	response, err := d.server.Client().Do(request)
	if err != nil {
		d.t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		d.t.Fatal(err)
	}
	return response.StatusCode, response.Header, string(text)
}

// accept keeps an execution that waits for a worker.
func (d *desk) accept(change ...func(*store.Acceptance)) integration.ExecutionID {
	d.t.Helper()
	now := time.Now()
	asked := &store.Acceptance{
		ID: d.ids(now), Flow: receiveOrder, Source: store.Webhook, StartedAt: now,
		Input: &store.Input{Request: &integration.Request{
			Method: "POST", Path: "/hooks/acme/receive-order", InvokeURL: "http://localhost:8080/hooks/acme/receive-order", ReceivedAt: now,
			Headers: []hostapi.Header{{Name: "api-key", Value: "sk-very-secret"}, {Name: "content-type", Value: "application/json"}},
			Body:    []byte(`{"order":4711,"exact":9007199254740993}`), ContentType: "application/json", RemoteAddr: "192.0.2.1:4711",
		}},
	}
	for _, one := range change {
		one(asked)
	}
	if _, err := d.store.Accept(d.t.Context(), asked); err != nil {
		d.t.Fatal(err)
	}
	return asked.ID
}

// work gives what waits to take until all of the executions have been handed out and given back.
func (d *desk) work(count int, take func(ctx context.Context, claim *store.Claim)) {
	d.t.Helper()
	ctx, cancel := context.WithTimeout(d.t.Context(), patience)
	defer cancel()
	var left atomic.Int64
	left.Store(int64(count))
	err := d.store.Work(ctx, 4, func(ctx context.Context, claim *store.Claim) {
		take(ctx, claim)
		if left.Add(-1) == 0 {
			cancel()
		}
	})
	if err != nil || left.Load() > 0 {
		d.t.Fatalf("%d executions were not handed out; %v", left.Load(), err)
	}
}

// step is a result of a step, with bytes in it.
func step(position int, key string) *store.Step {
	return &store.Step{Position: position, EndedAt: time.Now(), Result: engine.StepResult{
		Key: key, Elapsed: 1500 * time.Microsecond, Changed: engine.States{Instance: []byte(`{"seen":1}`)},
		Results:  value.Value{JSON: []byte(`{"n":1,"file":null}`), Blobs: []value.Blob{{Pointer: "/file", Bytes: []byte{0, 1, 255}}}},
		Response: &engine.Response{Status: 201, Headers: []hostapi.Header{{Name: "x-own", Value: "yes"}}, Body: value.Bytes(nil, "image/png")},
	}}
}

func line(step, text string) hostapi.Line {
	return hostapi.Line{Step: step, Level: hostapi.Info, Text: text, At: time.Now()}
}

// thrown is the fault of a step.
func thrown(step string) *fault.Fault {
	return &fault.Fault{
		Source: fault.User, Code: fault.Thrown, Name: "TypeError", Message: "no such order", Step: step,
		Stack: []fault.Frame{{Function: "total", File: "totals.js", Line: 3, Column: 9}},
	}
}

// finished gives executions that have ended as dead letters, the oldest first.
func (d *desk) finished(count int) []integration.ExecutionID {
	d.t.Helper()
	ids := make([]integration.ExecutionID, count)
	for i := range ids {
		ids[i] = d.accept()
	}
	d.work(count, func(ctx context.Context, claim *store.Claim) {
		if err := d.store.Commit(ctx, claim, step(0, "first"), []hostapi.Line{line("first", "one"), line("first", "two")}); err != nil {
			d.t.Error(err)
		}
		failed := &store.Step{Position: 1, EndedAt: time.Now(), Tries: 2, Result: engine.StepResult{Key: "second", Fault: thrown("second")}}
		end := &store.End{Status: store.DeadLetter, Fault: thrown("second"), Last: failed, Logs: []hostapi.Line{line("second", "three")}, At: time.Now()}
		if err := d.store.Finish(ctx, claim, end); err != nil {
			d.t.Error(err)
		}
	})
	return ids
}

// lockedText is a writer that may be read meanwhile.
type lockedText struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *lockedText) Write(part []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(part)
}

func (l *lockedText) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}
