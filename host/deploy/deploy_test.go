package deploy_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/hookstep-dev/hookstep/host/deploy"
	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/store"
	"github.com/hookstep-dev/hookstep/host/store/sqlite"
	"github.com/hookstep-dev/hookstep/sdk/connection"
	"github.com/hookstep-dev/hookstep/sdk/fault"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// house is a real database with desks on it.
type house struct {
	*testing.T
	rows   *sqlite.Database
	number atomic.Int64
	refuse atomic.Bool // the store cannot deploy
}

func newHouse(t *testing.T) *house {
	t.Helper()
	opened, err := sqlite.Open(t.Context(), sqlite.Options{Path: filepath.Join(t.TempDir(), "hookstep.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := opened.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return &house{T: t, rows: opened}
}

func (h *house) ListInstances(ctx context.Context) ([]store.InstanceRow, error) {
	return h.rows.ListInstances(ctx)
}

func (h *house) SwitchInstance(ctx context.Context, name store.InstanceKey, disabled bool, at time.Time) error {
	return h.rows.SwitchInstance(ctx, name, disabled, at)
}

func (h *house) DeployInstance(ctx context.Context, deployed *store.Deployment) (bool, error) {
	if h.refuse.Load() {
		return false, store.Unavailable(errors.New("no space"))
	}
	return h.rows.DeployInstance(ctx, deployed)
}

func (h *house) desk(integrations ...*integration.Integration) *deploy.Desk {
	made := deploy.New(deploy.Parts{
		Rows: h, Prepare: h.prepare, Now: time.Now, Log: slog.New(slog.DiscardHandler),
		Accept: func(ctx context.Context, prepared *store.Acceptance) error {
			_, err := h.rows.Accept(ctx, prepared)
			return err
		},
	})
	made.Use(integrations)
	return made
}

// prepare makes what a pipeline makes.
func (h *house) prepare(flow store.Flow, source store.Source, request *integration.Request) (*store.Acceptance, error) {
	if got := request.Header("hookstep-event"); got != string(source) || request.Method != http.MethodPost || len(request.Body) != 0 || request.ReceivedAt.IsZero() {
		h.Errorf("the request of %s is %+v", source, request)
	}
	id := integration.NewExecutionID(time.Now().UnixMilli(), 0, int(h.number.Add(1)))
	return &store.Acceptance{ID: id, Flow: flow, Source: source, StartedAt: id.Time(), Input: &store.Input{Request: request}}, nil
}

// turn gives desks a turn at the same time.
func (h *house) turn(desks ...*deploy.Desk) {
	var all sync.WaitGroup
	for _, desk := range desks {
		all.Go(func() { desk.Turn(h.Context()) })
	}
	all.Wait()
}

// accepted lists all executions, as instance/flow source.
func (h *house) accepted() string {
	h.Helper()
	page, err := h.rows.List(h.Context(), &store.Filter{Limit: 1000})
	if err != nil {
		h.Fatal(err)
	}
	var all []string
	for _, one := range page.Executions {
		all = append(all, fmt.Sprintf("%s/%s %s", one.Flow.Instance, one.Flow.Flow, one.Source))
	}
	slices.Sort(all)
	return strings.Join(all, ", ")
}

func (h *house) expect(what, want, got string) {
	h.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		h.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func (h *house) must(err error) {
	h.Helper()
	if err != nil {
		h.Fatal(err)
	}
}

// shop is an integration with a flow for each event.
func shop(digest string, instances ...integration.Instance) *integration.Integration {
	return &integration.Integration{
		ID: "shop", Digest: digest, Instances: instances,
		Flows: []integration.Flow{
			{Name: "Sync", Slug: "sync", Trigger: integration.Trigger{On: integration.OnWebhook}},
			{Name: "Subscribe", Slug: "subscribe", Trigger: integration.Trigger{On: integration.OnDeploy}},
			{Name: "Unsubscribe", Slug: "unsubscribe", Trigger: integration.Trigger{On: integration.OnRemove}},
		},
	}
}

func named(name integration.InstanceName) integration.Instance {
	return integration.Instance{Name: name, ConfigVars: []byte(`{"Key":"secret"}`), APIKeys: map[integration.FlowName][]string{"Sync": {"k"}}}
}

func keyOf(name integration.InstanceName) store.InstanceKey {
	return store.InstanceKey{Integration: "shop", Instance: name}
}

func TestWhatChangedIsDeployed(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.turn(h.desk(shop("1", named("acme"), named("globex"))), h.desk(shop("1", named("acme"), named("globex"))))
	const both = "acme/subscribe deploy, globex/subscribe deploy"
	h.expect("new instances on two hosts", both, h.accepted())
	rows, err := h.rows.ListInstances(t.Context())
	h.must(err)
	if len(rows) != 2 || rows[0].Digest == "" || strings.Contains(rows[0].Digest, "secret") || rows[0].DeployedAt.IsZero() {
		t.Errorf("the rows are %+v", rows)
	}
	h.turn(h.desk(shop("1", named("acme"), named("globex"))))
	h.expect("after a restart", both, h.accepted())

	changed := named("acme")
	changed.Connections = map[string]connection.Values{"Shop": {"apiKey": "another"}}
	desk := h.desk(shop("1", changed, named("globex")))
	h.turn(desk)
	h.expect("after a change of one instance", "acme/subscribe deploy, "+both, h.accepted())
	desk.Use([]*integration.Integration{shop("2", changed, named("globex"))})
	h.turn(desk)
	h.expect("after a change of the code", "acme/subscribe deploy, acme/subscribe deploy, acme/subscribe deploy, globex/subscribe deploy, globex/subscribe deploy", h.accepted())
}

func TestSwitches(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	desk := h.desk(shop("1", named("acme"), named("globex")))
	h.turn(desk)
	if err := desk.Check(keyOf("acme")); err != nil || !desk.Open(keyOf("unknown")) {
		t.Errorf("before: %v", err)
	}
	h.must(h.rows.SwitchInstance(t.Context(), keyOf("acme"), true, time.Now()))
	h.turn(desk)
	disabled, known := errors.AsType[*fault.Fault](desk.Check(keyOf("acme")))
	if !known || disabled.Code != fault.Unavailable || !strings.Contains(disabled.Message, "acme is disabled") || desk.Open(keyOf("acme")) || !desk.Open(keyOf("globex")) {
		t.Errorf("disabled: %v", disabled)
	}
	desk.Use([]*integration.Integration{shop("2", named("acme"))})
	h.turn(desk)
	h.expect("a disabled instance that changed", "acme/subscribe deploy, globex/subscribe deploy", h.accepted())
	h.must(h.rows.SwitchInstance(t.Context(), keyOf("acme"), false, time.Now()))
	h.turn(desk)
	h.expect("when it is enabled", "acme/subscribe deploy, acme/subscribe deploy, globex/subscribe deploy", h.accepted())
	if !desk.Open(keyOf("acme")) {
		t.Error("it is enabled and closed")
	}
}

func TestRemoveAndDeploy(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	desk := h.desk(shop("1", named("acme")))
	h.turn(desk)
	for range 2 {
		h.must(desk.Remove(t.Context(), keyOf("acme")))
	}
	h.expect("removed twice", "acme/subscribe deploy, acme/unsubscribe remove", h.accepted())
	removed, known := errors.AsType[*fault.Fault](desk.Check(keyOf("acme")))
	if !known || removed.Code != fault.NotFound {
		t.Errorf("removed: %v", removed)
	}
	again := h.desk(shop("2", named("acme")))
	h.turn(again)
	h.expect("changed, and after a restart", "acme/subscribe deploy, acme/unsubscribe remove", h.accepted())
	if again.Open(keyOf("acme")) {
		t.Error("it is served after a restart")
	}
	h.must(again.Deploy(t.Context(), keyOf("acme")))
	h.expect("deployed", "acme/subscribe deploy, acme/subscribe deploy, acme/unsubscribe remove", h.accepted())
	if !again.Open(keyOf("acme")) {
		t.Error("it is not served after it was deployed")
	}
	h.must(again.Deploy(t.Context(), keyOf("acme")))
	h.expect("deployed once more", "acme/subscribe deploy, acme/subscribe deploy, acme/subscribe deploy, acme/unsubscribe remove", h.accepted())
	for _, verb := range []func(context.Context, store.InstanceKey) error{again.Deploy, again.Remove} {
		if err := verb(t.Context(), keyOf("unknown")); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("an unknown instance gave %v", err)
		}
	}
}

func TestTheStoreComesBack(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	desk := h.desk(shop("1", named("acme")))
	h.refuse.Store(true)
	h.turn(desk)
	if err := desk.Deploy(t.Context(), keyOf("acme")); err == nil {
		t.Error("deployed without a database")
	}
	h.expect("while nothing can be kept", "", h.accepted())
	h.refuse.Store(false)
	h.turn(desk)
	h.expect("afterwards", "acme/subscribe deploy", h.accepted())
}

func TestRun(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	moved := make(chan store.InstanceKey)
	desk := deploy.New(deploy.Parts{Rows: reporting{h, moved}, Prepare: h.prepare, Now: time.Now, Log: slog.New(slog.DiscardHandler)})
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { defer close(ended); desk.Run(ctx) }()
	for _, digest := range []string{"1", "2"} {
		desk.Use([]*integration.Integration{shop(digest, named("acme"))})
		if got := <-moved; got != keyOf("acme") {
			t.Errorf("deployed %v", got)
		}
	}
	stop()
	<-ended
	h.expect("what started", "acme/subscribe deploy, acme/subscribe deploy", h.accepted())
}

// reporting tells of each instance that is deployed.
type reporting struct {
	*house
	moved chan store.InstanceKey
}

func (r reporting) DeployInstance(ctx context.Context, deployed *store.Deployment) (bool, error) {
	moved, err := r.house.DeployInstance(ctx, deployed)
	r.moved <- deployed.Instance
	return moved, err
}

func BenchmarkCheck(b *testing.B) {
	desk := deploy.New(deploy.Parts{})
	b.ReportAllocs()
	b.RunParallel(func(all *testing.PB) {
		for all.Next() {
			if err := desk.Check(keyOf("acme")); err != nil {
				b.Error(err)
			}
		}
	})
}
