package schedule_test

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
	_ "time/tzdata"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/integration/timetable"
	"github.com/hookstep-dev/hookstep/host/schedule"
	"github.com/hookstep-dev/hookstep/host/store"
	"github.com/hookstep-dev/hookstep/host/store/sqlite"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// noon is when the tests begin.
var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

// hand is a clock that goes when it is told to.
type hand struct{ at atomic.Int64 }

func (h *hand) now() time.Time          { return time.UnixMilli(h.at.Load()).UTC() }
func (h *hand) set(at time.Time)        { h.at.Store(at.UnixMilli()) }
func (h *hand) forward(d time.Duration) { h.at.Add(d.Milliseconds()) }

// house is a real database with a clock in the test's hand, and what the loops on it started.
type house struct {
	*testing.T
	*hand
	rows   *sqlite.Database
	number atomic.Int64
	closed sync.Map // store.InstanceKey of instances that take no work

	mu      sync.Mutex
	started []string // instance/flow at the time that was due
	last    *schedule.Due
}

func newHouse(t *testing.T) *house {
	t.Helper()
	h := &house{T: t, hand: &hand{}}
	h.set(noon)
	var err error
	h.rows, err = sqlite.Open(t.Context(), sqlite.Options{Path: filepath.Join(t.TempDir(), "hookstep.db"), Now: h.now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := h.rows.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return h
}

func (h *house) loop(integrations ...*integration.Integration) *schedule.Loop {
	made := schedule.New(schedule.Parts{
		Rows: h.rows, Start: h.start, Now: h.now, Log: slog.New(slog.DiscardHandler),
		Open: func(name store.InstanceKey) bool { _, closed := h.closed.Load(name); return !closed },
	})
	made.Use(integrations)
	return made
}

// start accepts as a pipeline does.
func (h *house) start(ctx context.Context, due *schedule.Due) (bool, error) {
	asked := &store.Acceptance{
		ID: integration.NewExecutionID(h.now().UnixMilli(), 0, int(h.number.Add(1))), Flow: due.Flow, Source: store.Schedule,
		StartedAt: h.now(), Input: &store.Input{Request: due.Request}, Fire: &due.Fire,
	}
	if due.Singleton {
		asked.Lanes = []store.Lane{{Key: fmt.Sprint(due.Flow), Limit: 1, Skip: true}}
	}
	accepted, err := h.rows.Accept(ctx, asked)
	if err == nil && !accepted.Skipped {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.started = append(h.started, fmt.Sprintf("%s/%s %s", due.Flow.Instance, due.Flow.Flow, due.Fire.At.Format("15:04:05")))
		h.last = due
	}
	return accepted.Skipped, err
}

// begun takes what was started since it was asked last.
func (h *house) begun() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	slices.Sort(h.started)
	begun := strings.Join(h.started, ", ")
	h.started = nil
	return begun
}

// stands tells where each schedule is, as instance/flow spec next.
func (h *house) stands() string {
	h.Helper()
	rows, err := h.rows.ListSchedules(h.Context())
	if err != nil {
		h.Fatal(err)
	}
	var all []string
	for _, row := range rows {
		all = append(all, fmt.Sprintf("%s/%s %s: %s", row.Name.Instance, row.Name.Flow, row.Spec, row.Next.Format(time.DateTime)))
	}
	return strings.Join(all, "\n")
}

func (h *house) expect(what, want, got string) {
	h.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		h.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// job is a scheduled flow.
type job struct {
	flow      integration.FlowName
	when      timetable.Timetable
	missed    integration.Missed
	singleton bool
}

// configured is an integration whose instances have these flows.
func configured(id string, jobs []job, instances ...integration.InstanceName) *integration.Integration {
	made := &integration.Integration{ID: id}
	times := map[integration.FlowName]timetable.Timetable{}
	for _, each := range jobs {
		missed := each.missed
		if missed == "" {
			missed = integration.SkipMissed
		}
		made.Flows = append(made.Flows, integration.Flow{
			Name: each.flow, Slug: integration.SlugOf(string(each.flow)),
			Trigger: integration.Trigger{Schedule: &integration.Schedule{Missed: missed, Singleton: each.singleton}},
		})
		if !each.when.IsZero() {
			times[each.flow] = each.when
		}
	}
	for _, name := range instances {
		made.Instances = append(made.Instances, integration.Instance{Name: name, Timetables: times})
	}
	return made
}

func every(t *testing.T, period time.Duration) timetable.Timetable {
	t.Helper()
	made, err := timetable.Every(period)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

func TestWhatIsDueStarts(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	berlin, err := timetable.Zone("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	daily, err := timetable.Cron("30 14 * * *", berlin) // 13:30 in UTC
	if err != nil {
		t.Fatal(err)
	}
	party, err := timetable.At("2026-11-20T13:20:00", time.UTC)
	if err != nil {
		t.Fatal(err)
	}
	loop := h.loop(configured("shop", []job{{flow: "Often", when: every(t, time.Hour)}, {flow: "Daily", when: daily}, {flow: "Once", when: party}, {flow: "Never"}}, "acme"))
	if wait := loop.Turn(t.Context()); wait != time.Second {
		t.Errorf("waits %s", wait)
	}
	h.expect("schedules", "acme/daily cron 30 14 * * * in Europe/Berlin: 2026-11-20 13:30:00\nacme/often every 1h: 2026-11-20 13:00:00\n"+
		"acme/once at 2026-11-20T13:20:00Z: 2026-11-20 13:20:00", h.stands())
	h.set(noon.Add(time.Hour - 300*time.Millisecond))
	if wait := loop.Turn(t.Context()); wait != 300*time.Millisecond {
		t.Errorf("waits %s", wait)
	}
	h.expect("before the time", "", h.begun())
	h.forward(400 * time.Millisecond)
	loop.Turn(t.Context())
	loop.Turn(t.Context())
	h.expect("at the time", "acme/often 13:00:00", h.begun())
	got := h.last.Request
	if len(got.Body) != 0 || got.Method != http.MethodPost || got.Header("hookstep-event") != "schedule" || got.Header("hookstep-due") != "2026-11-20T13:00:00.000Z" ||
		!got.ReceivedAt.Equal(h.now()) {
		t.Errorf("the request is %+v", got)
	}
	h.set(noon.Add(80 * time.Minute))
	loop.Turn(t.Context())
	h.set(noon.Add(90 * time.Minute))
	loop.Turn(t.Context())
	h.expect("later", "acme/daily 13:30:00, acme/once 13:20:00", h.begun())
	h.expect("schedules", "acme/daily cron 30 14 * * * in Europe/Berlin: 2026-11-21 13:30:00\nacme/often every 1h: 2026-11-20 14:00:00\n"+
		"acme/once at 2026-11-20T13:20:00Z: 0001-01-01 00:00:00", h.stands())
	h.loop(configured("shop", []job{{flow: "Once", when: party}}, "acme")).Turn(t.Context())
	h.expect("what starts anew after a restart", "", h.begun())
}

func TestOfSeveralLoopsOneStarts(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	jobs := []job{{flow: "A", when: every(t, time.Minute)}, {flow: "B", when: every(t, time.Minute)}, {flow: "C", when: every(t, 2*time.Minute)}}
	var loops []*schedule.Loop
	for range 4 {
		loops = append(loops, h.loop(configured("shop", jobs, "acme", "globex", "umbrella")))
	}
	for minute := range 20 {
		h.set(noon.Add(time.Duration(minute)*time.Minute + time.Second))
		var all sync.WaitGroup
		for _, loop := range loops {
			all.Go(func() { loop.Turn(t.Context()) })
		}
		all.Wait()
	}
	starts := strings.Split(h.begun(), ", ")
	if unique := slices.Compact(slices.Clone(starts)); len(unique) != len(starts) || len(starts) != 3*(19+19+9) {
		t.Errorf("%d starts, %d of them once: %v", len(starts), len(unique), starts)
	}
}

func TestMissedTimes(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	jobs := []job{{flow: "Skip", when: every(t, 10*time.Minute)}, {flow: "Once", when: every(t, 10*time.Minute), missed: integration.CatchUpOnce}}
	h.loop(configured("shop", jobs, "acme")).Turn(t.Context())
	h.set(noon.Add(10*time.Minute + 59*time.Second))
	loop := h.loop(configured("shop", jobs, "acme"))
	loop.Turn(t.Context())
	h.expect("within a minute", "acme/once 12:10:00, acme/skip 12:10:00", h.begun())
	h.set(noon.Add(55 * time.Minute))
	for range 2 {
		h.loop(configured("shop", jobs, "acme")).Turn(t.Context())
	}
	h.expect("four times later", "acme/once 12:20:00", h.begun())
	h.expect("schedules", "acme/once every 10m: 2026-11-20 13:00:00\nacme/skip every 10m: 2026-11-20 13:00:00", h.stands())
}

func TestClosedInstancesLetTimesPass(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	jobs := []job{{flow: "Sync", when: every(t, 10*time.Minute), missed: integration.CatchUpOnce}}
	loop := h.loop(configured("shop", jobs, "acme", "globex"))
	loop.Turn(t.Context())
	acme := store.InstanceKey{Integration: "shop", Instance: "acme"}
	h.closed.Store(acme, true)
	for range 3 {
		h.forward(10 * time.Minute)
		loop.Turn(t.Context())
	}
	h.expect("while it is closed", "globex/sync 12:10:00, globex/sync 12:20:00, globex/sync 12:30:00", h.begun())
	h.closed.Delete(acme)
	h.forward(time.Minute)
	loop.Turn(t.Context())
	h.expect("when it is opened", "", h.begun())
	h.forward(9 * time.Minute)
	loop.Turn(t.Context())
	h.expect("at the next time", "acme/sync 12:40:00, globex/sync 12:40:00", h.begun())
}

func TestSingleton(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	loop := h.loop(configured("shop", []job{{flow: "Single", when: every(t, time.Minute), singleton: true}, {flow: "Free", when: every(t, time.Minute)}}, "acme"))
	for range 3 {
		loop.Turn(t.Context())
		h.forward(time.Minute)
	}
	loop.Turn(t.Context())
	h.expect("while the first has not ended", "acme/free 12:01:00, acme/free 12:02:00, acme/free 12:03:00, acme/single 12:01:00", h.begun())
	h.expect("schedules", "acme/free every 1m: 2026-11-20 12:04:00\nacme/single every 1m: 2026-11-20 12:04:00", h.stands())
}

func TestConfigurationsChange(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	hourly, daily := every(t, time.Hour), every(t, 24*time.Hour)
	other := h.loop(configured("warehouse", []job{{flow: "Count", when: daily}}, "north"))
	other.Turn(t.Context())
	loop := h.loop(configured("shop", []job{{flow: "A", when: hourly}, {flow: "B", when: hourly}}, "acme", "globex"))
	loop.Turn(t.Context())
	const count = "north/count every 24h: 2026-11-21 00:00:00"
	h.expect("schedules", "acme/a every 1h: 2026-11-20 13:00:00\nacme/b every 1h: 2026-11-20 13:00:00\n"+
		"globex/a every 1h: 2026-11-20 13:00:00\nglobex/b every 1h: 2026-11-20 13:00:00\n"+count, h.stands())

	loop.Use([]*integration.Integration{configured("shop", []job{{flow: "A", when: daily}}, "acme")})
	loop.Turn(t.Context())
	h.expect("after a flow and an instance have gone", "acme/a every 24h: 2026-11-21 00:00:00\n"+count, h.stands())

	old := h.loop(configured("shop", []job{{flow: "A", when: daily}, {flow: "Old", when: hourly}}, "acme"))
	old.Turn(t.Context())
	newer := h.loop(configured("shop", []job{{flow: "A", when: daily}}, "acme"))
	newer.Turn(t.Context())
	h.expect("when a newer host has dropped a flow", "acme/a every 24h: 2026-11-21 00:00:00\n"+count, h.stands())
	h.forward(2 * time.Minute)
	newer.Turn(t.Context())
	old.Turn(t.Context())
	newer.Turn(t.Context())
	h.expect("when the old host still has it", "acme/a every 24h: 2026-11-21 00:00:00\nacme/old every 1h: 2026-11-20 13:00:00\n"+count, h.stands())

	loop.Use(nil)
	h.set(noon.Add(8 * 24 * time.Hour))
	loop.Turn(t.Context())
	h.expect("when nobody fired for a week", "", h.stands())
	h.expect("what started", "", h.begun())
}

func TestHostsHaveOtherTimes(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	old := h.loop(configured("shop", []job{{flow: "A", when: every(t, 10*time.Minute)}}, "acme"))
	old.Turn(t.Context())
	newer := h.loop(configured("shop", []job{{flow: "A", when: every(t, 30*time.Minute)}}, "acme"))
	newer.Turn(t.Context())
	h.forward(30 * time.Minute)
	old.Turn(t.Context())
	h.expect("what the old host starts", "", h.begun())
	newer.Turn(t.Context())
	h.expect("what the newer host starts", "acme/a 12:30:00", h.begun())
	h.forward(32 * time.Minute)
	old.Turn(t.Context())
	h.expect("after the newer host has gone", "acme/a every 10m: 2026-11-20 13:10:00", h.stands())
	h.forward(8 * time.Minute)
	old.Turn(t.Context())
	h.expect("what the old host starts then", "acme/a 13:10:00", h.begun())
}

func TestClockJumps(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	jobs := []job{{flow: "A", when: every(t, 10*time.Minute)}, {flow: "B", when: every(t, 24*time.Hour)}}
	loop := h.loop(configured("shop", jobs, "acme"))
	loop.Turn(t.Context())
	h.forward(365 * 24 * time.Hour)
	loop.Turn(t.Context())
	h.forward(10 * time.Minute)
	loop.Turn(t.Context())
	h.expect("a year later", "acme/a 12:10:00", h.begun())
	h.set(noon.Add(5 * time.Minute))
	loop.Turn(t.Context())
	h.expect("schedules when the clock is right again", "acme/a every 10m: 2026-11-20 12:10:00\nacme/b every 24h: 2026-11-21 00:00:00", h.stands())
	h.forward(5 * time.Minute)
	loop.Turn(t.Context())
	h.expect("what starts then", "acme/a 12:10:00", h.begun())

	h.forward(-3 * time.Minute) // as of a host whose clock is late
	h.loop(configured("shop", jobs, "acme")).Turn(t.Context())
	h.forward(3 * time.Minute)
	h.loop(configured("shop", jobs, "acme")).Turn(t.Context())
	h.expect("what starts twice", "", h.begun())
}

// failing is a database that cannot be reached while it is told so.
type failing struct {
	store.Schedules
	now atomic.Bool
}

func (f *failing) DueSchedules(ctx context.Context, now time.Time) ([]store.ScheduleRow, time.Time, error) {
	if f.now.Load() {
		return nil, time.Time{}, store.Unavailable(errors.New("no connection"))
	}
	return f.Schedules.DueSchedules(ctx, now)
}

func (f *failing) PutSchedules(ctx context.Context, rows []store.ScheduleRow) error {
	if f.now.Load() {
		return store.Unavailable(errors.New("no connection"))
	}
	return f.Schedules.PutSchedules(ctx, rows)
}

func TestTheStoreComesBack(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	rows := &failing{Schedules: h.rows}
	var refuse atomic.Bool
	loop := schedule.New(schedule.Parts{
		Rows: rows, Now: h.now, Log: slog.New(slog.DiscardHandler), Open: func(store.InstanceKey) bool { return true },
		Start: func(ctx context.Context, due *schedule.Due) (bool, error) {
			if refuse.Load() {
				return false, store.Unavailable(errors.New("no space"))
			}
			return h.start(ctx, due)
		},
	})
	loop.Use([]*integration.Integration{configured("shop", []job{{flow: "A", when: every(t, time.Minute)}}, "acme")})
	rows.now.Store(true)
	loop.Turn(t.Context())
	h.expect("schedules without a database", "", h.stands())
	rows.now.Store(false)
	loop.Turn(t.Context())
	h.forward(time.Minute)
	rows.now.Store(true)
	loop.Turn(t.Context())
	rows.now.Store(false)
	refuse.Store(true)
	loop.Turn(t.Context())
	h.expect("what starts while nothing can be kept", "", h.begun())
	refuse.Store(false)
	h.forward(10 * time.Second)
	loop.Turn(t.Context())
	h.expect("what starts afterwards", "acme/a 12:01:00", h.begun())
}

func TestRun(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	started := make(chan store.Flow)
	loop := schedule.New(schedule.Parts{
		Rows: h.rows, Now: time.Now, Log: slog.New(slog.DiscardHandler), Open: func(store.InstanceKey) bool { return true },
		Start: func(ctx context.Context, due *schedule.Due) (bool, error) {
			skipped, err := h.start(ctx, due)
			started <- due.Flow
			return skipped, err
		},
	})
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { defer close(ended); loop.Run(ctx) }()
	loop.Use([]*integration.Integration{configured("shop", []job{{flow: "A", when: every(t, time.Second)}}, "acme")})
	for range 2 {
		if got := <-started; got.Flow != "a" {
			t.Errorf("started %v", got)
		}
	}
	stop()
	for {
		select {
		case <-started: // one that was under way
		case <-ended:
			return
		}
	}
}
