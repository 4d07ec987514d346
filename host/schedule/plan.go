package schedule

import (
	"context"
	"log/slog"
	"time"

	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/integration/timetable"
	"github.com/hookstep-dev/hookstep/host/store"
)

// plan is what a configuration has scheduled. It does not change.
type plan struct {
	entries map[store.ScheduleName]entry
	served  map[string]bool // integrations
}

type entry struct {
	timetable timetable.Timetable
	missed    integration.Missed
	singleton bool
}

func newPlan(integrations []*integration.Integration) *plan {
	made := &plan{entries: map[store.ScheduleName]entry{}, served: map[string]bool{}}
	for _, one := range integrations {
		made.served[one.ID] = true
		for i := range one.Instances {
			for j := range one.Flows {
				made.add(&integration.Target{Integration: one, Instance: &one.Instances[i], Flow: &one.Flows[j]})
			}
		}
	}
	return made
}

func (p *plan) add(target *integration.Target) {
	schedule := target.Flow.Trigger.Schedule
	when, scheduled := target.Instance.Timetables[target.Flow.Name]
	if schedule != nil && scheduled {
		p.entries[store.FlowOf(target)] = entry{when, schedule.Missed, schedule.Singleton}
	}
}

// row is a schedule that starts now.
func (e entry) row(name store.ScheduleName, now time.Time) store.ScheduleRow {
	return store.ScheduleRow{Name: name, Spec: e.timetable.String(), Next: e.timetable.Next(now)}
}

// announce tells the store of a new plan, and now and then sees to it that the store has the plan's schedules.
func (l *Loop) announce(ctx context.Context, plan *plan, now time.Time) error {
	since := now.Sub(l.tidied)
	if l.known == plan && since >= 0 && since < tidyEvery { // a negative one: the clock went back
		return nil
	}
	if l.known != plan {
		rows := make([]store.ScheduleRow, 0, len(plan.entries))
		for name, each := range plan.entries {
			rows = append(rows, each.row(name, now))
		}
		if err := l.parts.Rows.PutSchedules(ctx, rows); err != nil {
			return err
		}
	}
	if err := l.tidy(ctx, plan, now, l.known != plan); err != nil {
		return err
	}
	l.known, l.tidied = plan, now
	return nil
}

// tidy puts back schedules that another host has dropped, and with fresh drops those that the plan no longer has.
func (l *Loop) tidy(ctx context.Context, plan *plan, now time.Time, fresh bool) error {
	rows, err := l.parts.Rows.ListSchedules(ctx)
	if err != nil {
		return err
	}
	var gone []store.ScheduleName
	there := make(map[store.ScheduleName]bool, len(rows))
	for i := range rows {
		row := &rows[i]
		there[row.Name] = true
		mine, known := plan.entries[row.Name]
		switch {
		case known && mine.timetable.String() == row.Spec:
			if err := l.pullBack(ctx, mine, row, now); err != nil {
				return err
			}
		case !known && (fresh && plan.served[row.Name.Integration] || !row.Next.IsZero() && now.Sub(row.Next) > forgotten):
			gone = append(gone, row.Name)
		}
	}
	var missing []store.ScheduleRow
	for name, each := range plan.entries {
		if !there[name] {
			missing = append(missing, each.row(name, now))
		}
	}
	if len(missing) > 0 {
		if err := l.parts.Rows.PutSchedules(ctx, missing); err != nil {
			return err
		}
	}
	if len(gone) > 0 {
		return l.parts.Rows.DropSchedules(ctx, gone)
	}
	return nil
}

// pullBack mends a schedule that stands in a future that is not to come: it was moved there while a clock was wrong.
func (l *Loop) pullBack(ctx context.Context, mine entry, row *store.ScheduleRow, now time.Time) error {
	latest := mine.timetable.Next(now.Add(ahead))
	if latest.IsZero() || !row.Next.After(latest) {
		return nil
	}
	from := now
	if row.Last.After(now) && row.Last.Before(now.Add(ahead)) {
		from = row.Last // another host's clock is ahead, and that time has fired
	}
	next := mine.timetable.Next(from)
	moved, err := l.parts.Rows.MoveSchedule(ctx, &store.Fire{Schedule: row.Name, At: row.Next, Next: next})
	if moved {
		l.note(ctx, slog.LevelWarn, "a schedule stood too far in the future, as after a jump of the clock", row, slog.Time("next", next))
	}
	return err
}
