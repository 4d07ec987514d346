// Package schedule starts flows when they are due.
//
// Where a schedule stands is in the store, and it moves on in the transaction that accepts its execution. So any number of hosts
// may look after one schedule: each time it is due, one of them starts the flow. What is due when follows from the timetable alone.
//
// A time is missed when no host could start the flow within a minute of it. Then the schedule's Missed decides: nothing, or one execution for all
// times that were missed. Times at which an instance is disabled or removed pass without an execution, and are not caught up.
//
// A schedule belongs to the configuration of its flow. A host makes known what its configuration has, and drops what it no longer
// has of an integration that it serves. While hosts have different configurations, as in a rolling upgrade, a schedule that only some of
// them have is put back by those within a minute, and one that they have otherwise stands as the last of them that started has it.
package schedule

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/store"
	"github.com/hookstep-dev/hookstep/sdk/hostapi"
)

const (
	longestWait = time.Second        // between two looks: no timer outlives a jump of the clock
	missedAfter = time.Minute        // that nobody was there at a time
	tidyEvery   = time.Minute        // between two looks at all schedules
	ahead       = 15 * time.Minute   // that the clocks of hosts may differ, with much to spare
	forgotten   = 7 * 24 * time.Hour // that nobody fired what is due: nobody has it any more
	atOnce      = 16                 // executions that are accepted at the same time
)

// Due is a flow that is to be started.
type Due struct {
	Flow      store.Flow
	Request   *integration.Request // what its trigger gets
	Fire      store.Fire
	Singleton bool
}

// Parts are what a Loop is made of.
type Parts struct {
	Rows store.Schedules
	// Start accepts an execution, with the Fire in the same transaction. Skipped says that nothing was accepted: another host was faster, or
	// the execution before has not ended.
	Start func(ctx context.Context, due *Due) (skipped bool, err error)
	// Open tells whether an instance takes work.
	Open func(name store.InstanceKey) bool
	Now  func() time.Time
	Log  *slog.Logger
}

// Loop looks after the schedules of what is served.
type Loop struct {
	parts Parts
	plan  atomic.Pointer[plan]
	poke  chan struct{}

	known  *plan     // what the store has been told; only Turn uses it
	tidied time.Time // likewise
}

// New makes a loop that has nothing to do until Use.
func New(parts Parts) *Loop {
	made := &Loop{parts: parts, poke: make(chan struct{}, 1)}
	made.plan.Store(newPlan(nil))
	made.known = made.plan.Load()
	return made
}

// Use looks after the schedules of these integrations from now on, and of no others.
func (l *Loop) Use(integrations []*integration.Integration) {
	l.plan.Store(newPlan(integrations))
	select {
	case l.poke <- struct{}{}:
	default: // it knows
	}
}

// Run fires until ctx ends. While the store cannot be reached, what is due waits.
func (l *Loop) Run(ctx context.Context) {
	for ctx.Err() == nil {
		timer := time.NewTimer(l.Turn(ctx))
		select {
		case <-ctx.Done():
		case <-l.poke:
		case <-timer.C:
		}
		timer.Stop()
	}
}

// Turn starts all that is due now and tells how long nothing will be, at most a second. One Turn runs at a time.
func (l *Loop) Turn(ctx context.Context) time.Duration {
	now := l.parts.Now()
	plan := l.plan.Load()
	if err := l.announce(ctx, plan, now); err != nil {
		l.warn(ctx, "schedules cannot be kept", err)
		return longestWait
	}
	due, next, err := l.parts.Rows.DueSchedules(ctx, now)
	if err != nil {
		l.warn(ctx, "what is due cannot be read", err)
		return longestWait
	}
	places := make(chan struct{}, atOnce)
	var all sync.WaitGroup
	for i := range due {
		places <- struct{}{}
		all.Go(func() {
			defer func() { <-places }()
			l.handle(ctx, plan, &due[i], now)
		})
	}
	all.Wait()
	if next.IsZero() {
		return longestWait
	}
	return min(max(next.Sub(l.parts.Now()), 0), longestWait)
}

// handle does what is to be done about one schedule that is due.
func (l *Loop) handle(ctx context.Context, plan *plan, row *store.ScheduleRow, now time.Time) {
	mine, known := plan.entries[row.Name]
	if !known {
		return // another host's
	}
	late := now.Sub(row.Next)
	if mine.timetable.String() != row.Spec {
		if late > missedAfter { // the host that had it otherwise is gone
			l.fail(ctx, row, l.parts.Rows.PutSchedules(ctx, []store.ScheduleRow{mine.row(row.Name, now)}))
		}
		return
	}
	fire := store.Fire{Schedule: row.Name, At: row.Next, Next: mine.timetable.Next(now)}
	missed := late > missedAfter
	switch {
	case !l.parts.Open(store.InstanceKey{Integration: row.Name.Integration, Instance: row.Name.Instance}):
		_, err := l.parts.Rows.MoveSchedule(ctx, &fire)
		l.fail(ctx, row, err)
	case missed && mine.missed == integration.SkipMissed:
		moved, err := l.parts.Rows.MoveSchedule(ctx, &fire)
		if moved {
			l.note(ctx, slog.LevelWarn, "a scheduled time was missed", row, slog.Duration("late", late), slog.Time("next", fire.Next))
		}
		l.fail(ctx, row, err)
	default:
		l.start(ctx, mine, row, fire, now)
	}
}

func (l *Loop) start(ctx context.Context, mine entry, row *store.ScheduleRow, fire store.Fire, now time.Time) {
	skipped, err := l.parts.Start(ctx, &Due{Flow: row.Name, Request: request(row, now), Fire: fire, Singleton: mine.singleton})
	if skipped {
		l.note(ctx, slog.LevelDebug, "a scheduled execution was not started: another host was first, or the one before has not ended", row)
	}
	l.fail(ctx, row, err)
}

// The headers that say what started an execution that no webhook started.
const (
	EventHeader = "hookstep-event" // schedule
	DueHeader   = "hookstep-due"   // the time that was due, in ISO 8601 UTC; earlier than the start when the flow catches up
)

// request is what the trigger of a flow gets whose time has come: a POST without a body.
func request(row *store.ScheduleRow, now time.Time) *integration.Request {
	return &integration.Request{
		Method: "POST", ReceivedAt: now,
		Headers: []hostapi.Header{
			{Name: DueHeader, Value: row.Next.UTC().Format("2006-01-02T15:04:05.000Z")}, {Name: EventHeader, Value: "schedule"},
		},
	}
}

func (l *Loop) warn(ctx context.Context, what string, err error) {
	if ctx.Err() == nil {
		l.parts.Log.LogAttrs(ctx, slog.LevelWarn, what+"; trying again", slog.Any("error", err))
	}
}

func (l *Loop) fail(ctx context.Context, row *store.ScheduleRow, err error) {
	if err != nil && ctx.Err() == nil {
		l.note(ctx, slog.LevelWarn, "a schedule cannot be fired; trying again", row, slog.Any("error", err))
	}
}

func (l *Loop) note(ctx context.Context, level slog.Level, what string, row *store.ScheduleRow, more ...slog.Attr) {
	l.parts.Log.LogAttrs(ctx, level, what, append([]slog.Attr{
		slog.String("integration", row.Name.Integration), slog.String("instance", string(row.Name.Instance)),
		slog.String("flow", string(row.Name.Flow)), slog.Time("due", row.Next),
	}, more...)...)
}
