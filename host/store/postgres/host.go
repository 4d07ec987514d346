package postgres

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/sdk/fault"
)

// life is this host's entry among the hosts: a new one after every time that it was declared dead.
type life struct {
	number int64
	slot   int
}

// beatsPerSilence is how often a host shows itself while it may be silent once.
const beatsPerSilence = 5

// lockSlots is the advisory lock under which slots are given.
const lockSlots = migrationLock + 1

// register gives this host a life with the smallest slot that is free.
func (d *Database) register(ctx context.Context) error {
	var made life
	var now time.Time
	before := time.Now()
	err := d.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `select pg_advisory_xact_lock($1)`, lockSlots); err != nil {
			return err
		}
		before = time.Now()
		err := tx.QueryRow(ctx, `insert into hosts (slot) select slot from generate_series(0, $1) slot
			where not exists (select from hosts h where h.slot = slot.slot) order by slot limit 1
			returning life, slot, clock_timestamp()`, integration.MaxSlot).Scan(&made.number, &made.slot, &now)
		if errors.Is(err, pgx.ErrNoRows) {
			return fault.New(fault.Host, fault.Overloaded, "the database has %d hosts already", integration.MaxSlot+1)
		}
		return err
	})
	if err != nil {
		return unavailable(err)
	}
	d.clock.set(now, before, time.Now())
	d.life.Store(&made)
	return nil
}

// Slot implements store.Maintenance.
func (d *Database) Slot() int { return d.life.Load().slot }

// beat shows that this host lives, until ctx ends.
func (d *Database) beat(ctx context.Context) { d.often(ctx, "showing that this host lives", d.show) }

// tend looks after what others left, until ctx ends. It has a loop of its own: work that takes long must not silence this host.
func (d *Database) tend(ctx context.Context) { d.often(ctx, "looking after executions", d.lookAfter) }

func (d *Database) often(ctx context.Context, what string, do func(context.Context) error) {
	turn := time.NewTicker(d.options.Silence / beatsPerSilence)
	defer turn.Stop()
	for {
		select {
		case <-turn.C:
		case <-ctx.Done():
			return
		}
		if err := do(ctx); err != nil && ctx.Err() == nil {
			d.options.Log.LogAttrs(ctx, slog.LevelWarn, "database", slog.String("while", what), slog.Any("error", err))
		}
	}
}

func (d *Database) show(ctx context.Context) error {
	alive, err := d.touch(ctx)
	if err != nil || alive {
		return err
	}
	d.options.Log.LogAttrs(ctx, slog.LevelWarn, "this host was silent for so long that others took over its executions")
	d.held.dropAll(errElsewhere())
	return d.register(ctx)
}

func (d *Database) lookAfter(ctx context.Context) error {
	if _, err := d.readSpread(ctx); err != nil {
		return err
	}
	return errors.Join(d.recheck(ctx), d.reclaim(ctx), d.bury(ctx), d.wakeOverdue(ctx), d.replenish(ctx))
}

// touch renews this host's life. False says that it was declared dead.
func (d *Database) touch(ctx context.Context) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, d.options.Patience)
	defer cancel()
	var now time.Time
	before := time.Now()
	// All of the other pool may wait for locks.
	err := d.engine.QueryRow(ctx, `update hosts set seen = clock_timestamp() where life = $1 returning seen`, d.life.Load().number).Scan(&now)
	if errors.Is(err, pgx.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return true, err
	}
	d.clock.set(now, before, time.Now())
	return true, nil
}

// recheck ends the work on claims that are not this host's any more, should a notification have been missed. What becomes of one that this host
// is ending itself, the answer to that tells.
func (d *Database) recheck(ctx context.Context) error {
	ids, epochs := d.held.all()
	if len(ids) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, d.options.Patience)
	defer cancel()
	rows, err := d.pool.Query(ctx, `select c.id, c.epoch from unnest($1::bigint[], $2::bigint[]) c (id, epoch)
		where not exists (select from executions e where e.id = c.id and e.epoch = c.epoch and e.status = 2)`, ids, epochs)
	if err != nil {
		return err
	}
	var id, epoch int64
	_, err = pgx.ForEachRow(rows, []any{&id, &epoch}, func() error {
		if !d.held.ending(id, epoch) {
			d.held.drop(id, epoch, errElsewhere())
		}
		return nil
	})
	return err
}

// bury takes over what hosts had that have been silent for too long. Several hosts may find the same one: each of its executions is
// given on by one of them.
func (d *Database) bury(ctx context.Context) error {
	dead, err := collect(ctx, d.pool, pgx.RowTo[int64], `select life from hosts where seen < clock_timestamp() - $1::bigint * interval '1 millisecond'`,
		d.options.Silence.Milliseconds())
	if err != nil {
		return err
	}
	for _, life := range dead {
		if err := d.release(ctx, life, true); err != nil {
			return err
		}
		d.options.Log.LogAttrs(ctx, slog.LevelWarn, "a host was silent for too long: its executions go on with others", slog.Int64("life", life))
	}
	return nil
}

// resign ends this host's own life.
func (d *Database) resign(ctx context.Context) error {
	return unavailable(d.release(ctx, d.life.Load().number, false))
}

// releaseAtOnce is how many executions change hands in one transaction.
const releaseAtOnce = 500

// release gives the executions of a life back, and forgets the life when it has none left. A silent one is left alone if it has shown itself
// meanwhile.
func (d *Database) release(ctx context.Context, life int64, silent bool) error {
	for {
		var more bool
		err := d.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
			var err error
			more, err = d.releaseSome(ctx, tx, life, silent)
			return err
		})
		if err != nil || !more {
			return err
		}
	}
}

func (d *Database) releaseSome(ctx context.Context, tx pgx.Tx, life int64, silent bool) (more bool, err error) {
	limit := int64(-1)
	if silent {
		limit = d.options.Silence.Milliseconds()
	}
	// The row is the first to be locked, so that neither the host comes back nor another one buries it meanwhile.
	deleted, err := tx.Exec(ctx, `delete from hosts where life = $1 and ($2 < 0 or seen < clock_timestamp() - $2 * interval '1 millisecond')`, life, limit)
	if err != nil || deleted.RowsAffected() == 0 {
		return false, err
	}
	given, err := d.giveBack(ctx, tx, life)
	if err != nil {
		return false, err
	}
	lost, err := d.failReserved(ctx, tx, life)
	if err != nil {
		return false, err
	}
	if more = given+lost >= releaseAtOnce; more {
		_, err = tx.Exec(ctx, `insert into hosts (life, slot, seen) overriding system value values ($1, $2, '-infinity')`, life, -life)
	}
	return more, err
}

// giveBack queues the asynchronous executions of a life.
func (d *Database) giveBack(ctx context.Context, tx pgx.Tx, life int64) (int, error) {
	given, err := tx.Exec(ctx, `update executions set status = 1, owner = 0, epoch = epoch + 1
		where id in (select id from executions where owner = $1 and status = 2 and not synchronous order by id limit $2 for update)`, life, releaseAtOnce)
	if err != nil {
		return 0, err
	}
	count := int(given.RowsAffected())
	return count, d.insertJobs(ctx, tx, count, nil)
}

// failReserved ends the synchronous executions of a life, whose callers are gone, and frees their keys.
func (d *Database) failReserved(ctx context.Context, tx pgx.Tx, life int64) (int, error) {
	why, err := d.codec.EncodeFault(errHostEnded())
	if err != nil {
		return 0, err
	}
	ids, err := collect(ctx, tx, pgx.RowTo[int64], `update executions set status = $3, owner = 0, epoch = epoch + 1, ended_at = $4, fault = $5
		where id in (select id from executions where owner = $1 and status = 2 and synchronous order by id limit $2 for update)
		returning id`, life, releaseAtOnce, failed, d.options.Now().UnixMilli(), why)
	if err != nil || len(ids) == 0 {
		return 0, err
	}
	_, err = tx.Exec(ctx, `delete from dedupes where first = any($1) and answer is null`, ids)
	return len(ids), err
}

// Newest implements store.Maintenance.
func (d *Database) Newest(ctx context.Context) (integration.ExecutionID, error) {
	ctx, cancel := context.WithTimeout(ctx, d.options.Patience)
	defer cancel()
	var id integration.ExecutionID
	err := d.pool.QueryRow(ctx, `select coalesce(max(id), 0) from executions`).Scan(&id)
	return id, unavailable(err)
}
