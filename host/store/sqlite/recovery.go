package sqlite

import (
	"context"

	"github.com/hookstep-dev/hookstep/host/store"
	"github.com/hookstep-dev/hookstep/sdk/fault"
)

const selectJobs = `SELECT id, flow, held, reserved IS NOT NULL, started, due, losses, lanes,
	(SELECT ifnull(max(number) + 1, 0) FROM parts WHERE execution = active.id AND kind = 1) FROM active ORDER BY id`

// recover queues what had not ended when the last host did.
func (d *Database) recover(l *link) error {
	return l.each(selectJobs, nil, func(r row) error {
		one := &job{
			id: r.int(0), flow: d.flows.at(r.int(1)), status: store.Waiting, started: r.int(4), due: r.int(5), losses: int(r.int(6)),
			lanes: r.int(7) > 0, steps: int(r.int(8)),
		}
		switch {
		case r.int(3) != 0:
			one.status, one.synchronous = store.Running, true
		case r.int(2) != 0:
			one.status = store.Held
		}
		d.dispatch.add(one)
		return nil
	})
}

// failLostReservations ends the synchronous executions that ran when the last host ended, and frees their keys.
func (d *Database) failLostReservations(ctx context.Context) error {
	p := &packer{codec: d.codec}
	_, brief := p.faults(fault.New(fault.Host, fault.WorkerLost, "the host ended while it ran"))
	if p.err != nil {
		return p.err
	}
	return d.writer.do(ctx, 0, func(t *tx) error {
		type lost struct {
			id, flow int64
			key      string
			steps    int
		}
		var all []lost
		err := t.each("SELECT id, flow, reserved FROM active WHERE reserved IS NOT NULL", nil, func(r row) error {
			all = append(all, lost{r.int(0), r.int(1), r.text(2), 0})
			return nil
		})
		if err != nil {
			return err
		}
		for _, one := range all {
			if err := t.settle(d.flows.at(one.flow), one.key, one.id, nil); err != nil {
				return err
			}
			end := ending{status: store.Failed, at: d.options.Now(), brief: brief, lanes: true}
			if known := d.dispatch.job(one.id); known != nil {
				end.steps = known.steps
			}
			if err := d.end(t, one.id, end); err != nil {
				return err
			}
		}
		return nil
	})
}
