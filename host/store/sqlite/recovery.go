package sqlite

import (
	"context"

	"github.com/hookstep-dev/hookstep/host/store"
	"github.com/hookstep-dev/hookstep/sdk/fault"
)

const selectJobs = `SELECT id, flow, held, reserved, started, due, losses, lanes,
	(SELECT ifnull(max(number) + 1, 0) FROM parts WHERE execution = active.id AND kind = 1) FROM active ORDER BY id`

// lost is a synchronous execution that ran when the last host ended.
type lost struct {
	job *job
	key string // its dedupe key; empty when that is not known
}

// recover queues what had not ended when the last host did, and gives what nobody will end any more.
func (d *Database) recover(l *link) ([]lost, error) {
	var found []lost
	err := l.each(selectJobs, nil, func(r row) error {
		one := &job{
			id: r.int(0), flow: d.flows.at(r.int(1)), status: store.Waiting, started: r.int(4), due: r.int(5), losses: int(r.int(6)),
			lanes: r.int(7) > 0, steps: int(r.int(8)),
		}
		switch {
		case !r.isNull(3):
			one.status, one.synchronous = store.Running, true
			found = append(found, lost{one, r.text(3)})
		case r.int(2) != 0:
			one.status = store.Held
		}
		d.dispatch.add(one)
		return nil
	})
	return found, err
}

// failLost ends synchronous executions that were lost with their host, and frees their keys.
func (d *Database) failLost(ctx context.Context, all []lost) error {
	if len(all) == 0 {
		return nil
	}
	p := &packer{codec: d.codec}
	_, brief := p.faults(fault.New(fault.Host, fault.WorkerLost, "the host ended while it ran"))
	if p.err != nil {
		return p.err
	}
	return d.writer.do(ctx, 0, func(t *tx) error {
		for _, one := range all {
			if err := t.free(one); err != nil {
				return err
			}
			end := ending{status: store.Failed, at: d.options.Now(), brief: brief, steps: one.job.steps, lanes: true}
			if err := d.end(t, one.job.id, end); err != nil {
				return err
			}
		}
		return nil
	})
}

// free lets another execution have the key of one that was lost. One that was imported does not know its key.
func (t *tx) free(one lost) error {
	if one.key != "" {
		return t.settle(one.job.flow, one.key, one.job.id, nil)
	}
	_, err := t.exec("DELETE FROM dedupes WHERE flow = ? AND first = ? AND answer IS NULL", one.job.flow.id, one.job.id)
	return err
}
