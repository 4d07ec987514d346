package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"
)

// stray is an execution that the database gives to this host and that nobody here works on: the answer to its claim was lost, or
// it could not be given back.
type stray struct {
	id, epoch int64
}

// reclaim gives strays back. A claim is unknown here for a moment after it was made, so one is a stray when it was unknown at the
// last look too.
func (d *Database) reclaim(ctx context.Context) error {
	found, err := d.unknownClaims(ctx)
	if err != nil {
		return err
	}
	before := d.strays
	d.strays = map[stray]bool{}
	for _, one := range found {
		if !before[one] {
			d.strays[one] = true
			continue
		}
		if err := d.giveOut(ctx, one); err != nil {
			return err
		}
	}
	return nil
}

// unknownClaims lists the running executions of this host's life that it does not work on.
func (d *Database) unknownClaims(ctx context.Context) ([]stray, error) {
	ctx, cancel := context.WithTimeout(ctx, d.options.Patience)
	defer cancel()
	rows, err := d.pool.Query(ctx, `select id, epoch from executions where owner = $1 and status = 2 and not synchronous`, d.life.Load().number)
	if err != nil {
		return nil, err
	}
	var unknown []stray
	var one stray
	_, err = pgx.ForEachRow(rows, []any{&one.id, &one.epoch}, func() error {
		if d.held.find(one.id, one.epoch) == nil {
			unknown = append(unknown, one)
		}
		return nil
	})
	return unknown, err
}

func (d *Database) giveOut(ctx context.Context, one stray) error {
	return d.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		given, err := tx.Exec(ctx, `update executions set status = 1, owner = 0, epoch = epoch + 1 where id = $1 and epoch = $2 and status = 2`,
			one.id, one.epoch)
		if err != nil {
			return err
		}
		return d.insertJobs(ctx, tx, int(given.RowsAffected()), nil)
	})
}
