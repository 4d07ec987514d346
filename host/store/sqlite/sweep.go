package sqlite

import (
	"context"
	"sync"
	"time"

	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/store"
)

// A sweep is short, because callers wait for the writer meanwhile.
const (
	sweepLook   = 2000 // executions that are looked at
	sweepDelete = 100  // and that are deleted
	sweepKeys   = 500
)

// sweeper remembers where the search for what is too old stands. It looks from the oldest id on; one that took long to end may be
// among others that are due, so that it is passed over and met again on the next round.
type sweeper struct {
	lock  sync.Mutex
	after int64
}

// Sweep implements store.Maintenance.
func (d *Database) Sweep(ctx context.Context, keep store.Retention, now time.Time) (deleted int, more bool, err error) {
	d.sweeper.lock.Lock()
	defer d.sweeper.lock.Unlock()
	var ids []int64
	excess, err := d.excess(ctx, keep)
	if err != nil {
		return 0, false, err
	}
	if excess > 0 {
		ids, more, err = d.oldest(ctx, excess)
	} else if keep.Age > 0 {
		ids, more, err = d.outdated(ctx, now.Add(-keep.Age))
	}
	if err != nil {
		return 0, false, err
	}
	deleted, moreKeys, err := d.sweepAway(ctx, ids, now)
	return deleted, more || moreKeys, err
}

// excess is by how many bytes the parts are more than may be kept.
func (d *Database) excess(ctx context.Context, keep store.Retention) (int64, error) {
	if keep.Bytes <= 0 {
		return 0, nil
	}
	var kept int64
	err := d.readers.do(ctx, func(l *link) (err error) {
		kept, err = l.number(readCounter, countBytes)
		return err
	})
	return kept - keep.Bytes, err
}

// oldest gives as many of the oldest executions as have the excess together.
func (d *Database) oldest(ctx context.Context, excess int64) (ids []int64, more bool, err error) {
	const query = `SELECT id, (SELECT total(length(record)) FROM parts WHERE execution = executions.id) FROM executions
		WHERE id > 0 ORDER BY id LIMIT ?`
	err = d.readers.do(ctx, func(l *link) error {
		return l.each(query, []any{sweepDelete}, func(r row) error {
			if excess > 0 {
				bytes, _ := r[1].(float64)
				excess -= int64(bytes)
				ids = append(ids, r.int(0))
			}
			return nil
		})
	})
	return ids, excess > 0 && len(ids) == sweepDelete, err
}

// outdated gives the next executions that ended before a time.
func (d *Database) outdated(ctx context.Context, before time.Time) (ids []int64, more bool, err error) {
	const query = "SELECT id, ended FROM executions WHERE id > ? AND id < ? ORDER BY id LIMIT ?"
	end := int64(integration.FirstIDAt(before.Add(time.Duration(d.apart.ahead.Load()+1) * time.Millisecond)))
	looked := 0
	err = d.readers.do(ctx, func(l *link) error {
		return l.each(query, []any{d.sweeper.after, end, sweepLook}, func(r row) error {
			if len(ids) == sweepDelete {
				return nil
			}
			looked++
			d.sweeper.after = r.int(0)
			if r.int(1) < before.UnixMilli() {
				ids = append(ids, r.int(0))
			}
			return nil
		})
	})
	more = len(ids) == sweepDelete || looked == sweepLook
	if !more {
		d.sweeper.after = 0
	}
	return ids, more, err
}

// sweepAway deletes executions with all that belongs to them, and what has expired.
func (d *Database) sweepAway(ctx context.Context, ids []int64, now time.Time) (deleted int, more bool, err error) {
	var count int   // the writer's; it may come to this when nobody waits any more
	var others bool // likewise
	err = d.writer.do(ctx, 0, func(t *tx) error {
		count = 0
		for _, id := range ids {
			gone, err := t.forget(id)
			if err != nil {
				return err
			}
			count += gone
		}
		const keys = "DELETE FROM dedupes WHERE (flow, key) IN (SELECT flow, key FROM dedupes WHERE expires <= ? AND answer IS NOT NULL LIMIT ?)"
		swept, err := t.exec(keys, now.UnixMilli(), sweepKeys)
		if err != nil {
			return err
		}
		others = swept == sweepKeys
		for _, query := range []string{"DELETE FROM tokens WHERE expires <= ?", "DELETE FROM authorizations WHERE expires <= ?"} {
			if _, err := t.exec(query, now.UnixMilli()); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return 0, false, err
	}
	return count, others, nil
}

// forget deletes an execution that has ended.
func (t *tx) forget(id int64) (int, error) {
	gone, err := t.exec("DELETE FROM executions WHERE id = ?", id)
	if err != nil || gone == 0 {
		return 0, err
	}
	return 1, t.dropAll(id)
}

// dropAll deletes all parts of an execution.
func (t *tx) dropAll(id int64) error {
	size, err := t.one("SELECT total(length(record)) FROM parts WHERE execution = ?", id)
	if err != nil {
		return err
	}
	bytes, _ := size[0].(float64)
	t.bytes -= int64(bytes)
	_, err = t.exec("DELETE FROM parts WHERE execution = ?", id)
	return err
}
