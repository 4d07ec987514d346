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

// reclaim gives strays back. This host learns of a claim some time after it was made, so one is a stray when no claiming is under way
// that it could be of.
func (d *Database) reclaim(ctx context.Context) error {
	begun := d.claims.Load()
	found, err := d.unknownClaims(ctx)
	if err != nil {
		return err
	}
	before, now := d.strays, d.claims.Load()
	quiet := now == begun && now%2 == 0
	d.strays = map[stray]int64{}
	for _, one := range found {
		seen, again := before[one]
		if over := again && (seen%2 == 0 || seen < begun); !quiet && !over {
			if !again {
				seen = now
			}
			d.strays[one] = seen
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
