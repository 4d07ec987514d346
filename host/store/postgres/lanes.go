package postgres

import (
	"context"
	"crypto/sha256"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"

	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/store"
)

// The states of a place in a lane, as rows hold them.
const (
	placeAhead   int16 = iota // an earlier lane comes first
	placeWaiting              // in the order of ids
	placeTaken
)

// laneLock is the advisory lock under which places change hands: one transaction at a time, so that counting is exact and lanes that
// lead into each other cannot block each other.
const laneLock = migrationLock + 2

func lockLanes(ctx context.Context, tx pgx.Tx) error {
	_, err := tx.Exec(ctx, `select pg_advisory_xact_lock($1)`, laneLock)
	return err
}

// admitted is what the lanes let go on.
type admitted struct {
	now   int                      // executions that are queued
	later []river.InsertManyParams // of those that wait for their time
}

// laneFull tells whether a lane has no place for one more.
func laneFull(ctx context.Context, tx pgx.Tx, lane store.Lane) (bool, error) {
	hash := sha256.Sum256([]byte(lane.Key))
	var busy int
	err := tx.QueryRow(ctx, `select count(*) from places p join lanes l on l.id = p.lane where l.hash = $1 and p.state <> 0`, hash[:]).Scan(&busy)
	return busy >= lane.Limit, err
}

// enterLanes gives an execution its places in lanes. All says that it has got every one of them.
func enterLanes(ctx context.Context, tx pgx.Tx, id int64, lanes []store.Lane, let *admitted) (all bool, err error) {
	for ordinal, lane := range lanes {
		known, err := laneID(ctx, tx, lane)
		if err != nil {
			return false, err
		}
		_, err = tx.Exec(ctx, `insert into places (execution, ordinal, lane, state) values ($1, $2, $3, $4)`, id, ordinal, known, placeAhead)
		if err != nil {
			return false, err
		}
		if err := promote(ctx, tx, known, let); err != nil { // its limit may be higher now
			return false, err
		}
	}
	return goAhead(ctx, tx, id)
}

func laneID(ctx context.Context, tx pgx.Tx, lane store.Lane) (id int64, err error) {
	hash := sha256.Sum256([]byte(lane.Key))
	err = tx.QueryRow(ctx, `insert into lanes (hash, key, places) values ($1, $2, $3)
		on conflict (hash) do update set places = excluded.places returning id`, hash[:], []byte(lane.Key), lane.Limit).Scan(&id)
	return id, err
}

// goAhead takes places for an execution, one lane after the other, until one is full. All says that it has all.
func goAhead(ctx context.Context, tx pgx.Tx, id int64) (all bool, err error) {
	for {
		var ordinal int
		var lane int64
		err := tx.QueryRow(ctx, `select ordinal, lane from places where execution = $1 and state <> $2 order by ordinal limit 1`, id, placeTaken).
			Scan(&ordinal, &lane)
		if errors.Is(err, pgx.ErrNoRows) {
			return true, nil
		}
		if err != nil {
			return false, err
		}
		state := placeWaiting
		free, err := laneFree(ctx, tx, lane)
		if err != nil {
			return false, err
		}
		if free > 0 {
			state = placeTaken
		}
		if _, err := tx.Exec(ctx, `update places set state = $3 where execution = $1 and ordinal = $2`, id, ordinal, state); err != nil {
			return false, err
		}
		if state == placeWaiting {
			return false, nil
		}
	}
}

// laneFree counts free places that nobody waits for.
func laneFree(ctx context.Context, tx pgx.Tx, lane int64) (free int, err error) {
	err = tx.QueryRow(ctx, `select l.places - (select count(*) from places p where p.lane = l.id and p.state <> 0)::int from lanes l where l.id = $1`,
		lane).Scan(&free)
	return free, err
}

// promote gives the free places of a lane to those that have waited for them, and lets go on those that have all their places now.
func promote(ctx context.Context, tx pgx.Tx, lane int64, let *admitted) error {
	chosen, err := collect(ctx, tx, pgx.RowTo[int64], `update places p set state = 2 where p.lane = $1 and p.state = 1 and p.execution in (
		select w.execution from places w where w.lane = $1 and w.state = 1 order by w.execution
		limit greatest(0, (select l.places - (select count(*) from places h where h.lane = l.id and h.state = 2) from lanes l where l.id = $1))
	) returning p.execution`, lane)
	if err != nil {
		return err
	}
	for _, id := range chosen {
		all, err := goAhead(ctx, tx, id)
		if err != nil {
			return err
		}
		if all {
			if err := admit(ctx, tx, id, let); err != nil {
				return err
			}
		}
	}
	return nil
}

// admit lets an execution go on that waited for lanes: at once, or when its time comes.
func admit(ctx context.Context, tx pgx.Tx, id int64, let *admitted) error {
	var wake int64
	var status int16
	err := tx.QueryRow(ctx, `update executions set status = case when wake > floor(extract(epoch from clock_timestamp()) * 1000) then 3 else 1 end
		where id = $1 and status = 0 returning status, wake`, id).Scan(&status, &wake)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return nil
	case err != nil:
		return err
	case status == waiting:
		let.later = append(let.later, alarm(integration.ExecutionID(id), time.UnixMilli(wake)))
	default:
		let.now++
	}
	return nil
}

// leaveLanes gives up an execution's places and lets the next of its lanes go on.
func leaveLanes(ctx context.Context, tx pgx.Tx, id int64, let *admitted) error {
	left, err := collect(ctx, tx, pgx.RowTo[int64], `delete from places where execution = $1 returning lane`, id)
	if err != nil {
		return err
	}
	for _, lane := range left {
		if err := promote(ctx, tx, lane, let); err != nil {
			return err
		}
	}
	_, err = tx.Exec(ctx, `delete from lanes l where l.id = any($1) and not exists (select from places p where p.lane = l.id)`, left)
	return err
}
