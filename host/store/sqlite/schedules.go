package sqlite

import (
	"context"
	"time"

	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/store"
)

const (
	putSchedule = `INSERT INTO schedules (flow, spec, next, last, last_fired) VALUES (?, ?, ?, NULL, 0)
		ON CONFLICT (flow) DO UPDATE SET spec = excluded.spec, next = excluded.next WHERE spec <> excluded.spec`
	replaceSchedule = "INSERT OR REPLACE INTO schedules (flow, spec, next, last, last_fired) VALUES (?, ?, ?, ?, ?)"
	dropSchedule    = "DELETE FROM schedules WHERE flow = ?"
	standingAt      = "SELECT 1 FROM schedules WHERE flow = ? AND next = ?"
	moveSchedule    = "UPDATE schedules SET next = ? WHERE flow = ?"
	fireSchedule    = "UPDATE schedules SET next = ?, last = ?, last_fired = ? WHERE flow = ?"
	selectSchedules = `SELECT f.integration, f.instance, f.slug, s.spec, s.next, s.last, s.last_fired
		FROM schedules s JOIN flows f ON f.id = s.flow`
)

// PutSchedules implements store.Schedules.
func (d *Database) PutSchedules(ctx context.Context, schedules []store.ScheduleRow) error {
	return d.writer.do(ctx, 0, func(t *tx) error {
		for _, one := range schedules {
			whose, err := t.flow(d.flows, one.Name)
			if err != nil {
				return err
			}
			if _, err := t.exec(putSchedule, whose.id, one.Spec, toMillis(one.Next)); err != nil {
				return err
			}
		}
		return nil
	})
}

// DropSchedules implements store.Schedules.
func (d *Database) DropSchedules(ctx context.Context, names []store.ScheduleName) error {
	return d.writer.do(ctx, 0, func(t *tx) error {
		for _, name := range names {
			if whose := d.flows.find(name); whose != nil {
				if _, err := t.exec(dropSchedule, whose.id); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// MoveSchedule implements store.Schedules.
func (d *Database) MoveSchedule(ctx context.Context, fire *store.Fire) (bool, error) {
	var moved bool
	err := d.writer.do(ctx, 0, func(t *tx) error {
		var err error
		if moved, err = d.stands(t, fire); err != nil || !moved {
			return err
		}
		_, err = t.exec(moveSchedule, toMillis(fire.Next), d.flows.find(fire.Schedule).id)
		return err
	})
	return err == nil && moved, err
}

// ListSchedules implements store.Schedules.
func (d *Database) ListSchedules(ctx context.Context) ([]store.ScheduleRow, error) {
	return d.readSchedules(ctx, " ORDER BY f.integration, f.instance, f.slug")
}

// DueSchedules implements store.Schedules.
func (d *Database) DueSchedules(ctx context.Context, now time.Time) (due []store.ScheduleRow, next time.Time, err error) {
	due, err = d.readSchedules(ctx, " WHERE s.next <= ? ORDER BY s.next", now.UnixMilli())
	if err != nil {
		return nil, time.Time{}, err
	}
	err = d.readers.do(ctx, func(l *link) error {
		first, err := l.one("SELECT min(next) FROM schedules WHERE next > ?", now.UnixMilli())
		if err == nil {
			next = first.time(0)
		}
		return err
	})
	return due, next, err
}

func (d *Database) readSchedules(ctx context.Context, which string, args ...any) ([]store.ScheduleRow, error) {
	var found []store.ScheduleRow
	err := d.readers.do(ctx, func(l *link) error {
		return l.each(selectSchedules+which, args, func(r row) error {
			found = append(found, store.ScheduleRow{
				Name: flowName(r, 0), Spec: r.text(3), Next: r.time(4), Last: r.time(5), LastFired: integration.ExecutionID(r.int(6)),
			})
			return nil
		})
	})
	return found, err
}

// stands tells whether a schedule stands at the time that is to be fired.
func (d *Database) stands(t *tx, fire *store.Fire) (bool, error) {
	whose := d.flows.find(fire.Schedule)
	if whose == nil {
		return false, nil
	}
	found, err := t.one(standingAt, whose.id, fire.At.UnixMilli())
	return found != nil, err
}

// fire moves a schedule on, which stands at the time that is to be fired.
func (d *Database) fire(t *tx, asked *acceptance, accepted bool) error {
	whose := d.flows.find(asked.Fire.Schedule)
	var err error
	if accepted {
		_, err = t.exec(fireSchedule, toMillis(asked.Fire.Next), asked.Fire.At.UnixMilli(), asked.ID, whose.id)
	} else {
		_, err = t.exec(moveSchedule, toMillis(asked.Fire.Next), whose.id)
	}
	return err
}
