package postgres

import (
	"context"

	"github.com/hookstep-dev/hookstep/host/store"
	"github.com/hookstep-dev/hookstep/sdk/fault"
)

// advance writes a change together with others.
func (d *Database) advance(ctx context.Context, made *advance) error {
	return d.settled(ctx, made, func() error { return d.progress.do(ctx, made) })
}

// settled has a change written, and lets go of a claim that is done with or lost.
func (d *Database) settled(ctx context.Context, made *advance, write func() error) error {
	if made.status == running {
		return d.lost(ctx, made, write())
	}
	d.held.begin(made.id, made.epoch)
	err := write()
	doubted := d.held.end(made.id, made.epoch, fault.Is(err, fault.Unavailable))
	if isLost(err) && doubted {
		err = d.kept(ctx, made)
	}
	if err == nil {
		d.held.release(made.id, made.epoch)
		return nil
	}
	return d.lost(ctx, made, err)
}

// lost drops a claim that is not this host's any more. A ctx that ended because the claim did is told as that.
func (d *Database) lost(ctx context.Context, made *advance, err error) error {
	if err != nil && ctx.Err() != nil && d.held.find(made.id, made.epoch) == nil {
		err = store.ErrLost
	}
	if isLost(err) {
		d.held.drop(made.id, made.epoch, errElsewhere())
	}
	return err
}

// kept tells what became of an earlier end of a claim whose answer was lost: nil if it was kept. Whoever else ends or takes an
// execution makes its epoch greater.
func (d *Database) kept(ctx context.Context, made *advance) error {
	ctx, cancel := context.WithTimeout(ctx, d.options.Patience)
	defer cancel()
	var own bool
	err := d.pool.QueryRow(ctx, `select exists (select from executions where id = $1 and epoch = $2 and status <> 2)`, made.id, made.epoch).Scan(&own)
	if err == nil && !own {
		return store.ErrLost
	}
	return unavailable(err)
}
