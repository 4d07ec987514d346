package postgres

import (
	"bytes"
	"cmp"
	"context"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/store"
)

// holdKeys keeps dedupe keys. An execution whose key another one has is a duplicate of that one. Two hosts with the same key at the same
// instant: the second waits for the first one's commit, and then finds it.
func (d *Database) holdKeys(ctx context.Context, tx pgx.Tx, round []*arrival, _ *admitted) error {
	keyed := slices.DeleteFunc(slices.Clone(round), func(one *arrival) bool { return one.dedupe == nil })
	if len(keyed) == 0 {
		return nil
	}
	slices.SortFunc(keyed, func(a, b *arrival) int { // in one order on all hosts, against deadlocks
		return cmp.Or(cmp.Compare(a.row.flow, b.row.flow), bytes.Compare(a.dedupe.hash[:], b.dedupe.hash[:]))
	})
	got, err := insertKeys(ctx, tx, keyed)
	if err != nil {
		return err
	}
	for _, one := range keyed {
		if got[one.row.id] {
			continue
		}
		var answer []byte
		err := tx.QueryRow(ctx, `select first, answer from dedupes where flow = $1 and hash = $2`, one.row.flow, one.dedupe.hash[:]).
			Scan((*int64)(&one.came.Duplicate), &answer)
		if err != nil {
			return err
		}
		if one.came.First, err = d.codec.DecodeAnswer(answer); err != nil {
			return err
		}
	}
	return nil
}

// insertKeys keeps the keys that are free, or were kept for long enough, and tells by which executions.
func insertKeys(ctx context.Context, tx pgx.Tx, keyed []*arrival) (map[int64]bool, error) {
	var flows []int32
	var hashes, keys, answers [][]byte
	var firsts, expires, starts []int64
	for _, one := range keyed {
		of := one.dedupe
		flows, hashes, keys = append(flows, of.flow), append(hashes, of.hash[:]), append(keys, of.key)
		firsts, expires, answers = append(firsts, of.first), append(expires, of.expires), append(answers, of.answer)
		starts = append(starts, one.row.started)
	}
	rows, err := tx.Query(ctx, `insert into dedupes as d (flow, hash, key, first, expires, answer)
		select flow, hash, key, first, expires, answer from unnest($1::int[], $2::bytea[], $3::bytea[], $4::bigint[], $5::bigint[], $6::bytea[])
			v (flow, hash, key, first, expires, answer)
		on conflict (flow, hash) do update set key = excluded.key, first = excluded.first, expires = excluded.expires, answer = excluded.answer
		where d.expires <= $7 and d.answer is not null
		returning first`, flows, hashes, keys, firsts, expires, answers, slices.Min(starts))
	if err != nil {
		return nil, err
	}
	return collectKept(rows)
}

// freeKey lets the next execution with the same key be a first one.
func (a *arrival) freeKey(ctx context.Context, tx pgx.Tx) error {
	if a.dedupe == nil {
		return nil
	}
	_, err := tx.Exec(ctx, `delete from dedupes where flow = $1 and hash = $2 and first = $3`, a.row.flow, a.dedupe.hash[:], a.row.id)
	return err
}

// cancelOlder ends older executions that wait for their next try, of the same flow and with the same cancel key.
func (d *Database) cancelOlder(ctx context.Context, tx pgx.Tx, round []*arrival, let *admitted) error {
	for _, one := range round {
		if one.cancelKey == nil {
			continue
		}
		why, err := d.codec.EncodeFault(errSuperseded(integration.ExecutionID(one.row.id)))
		if err != nil {
			return err
		}
		rows, err := tx.Query(ctx, `update executions set status = $4, ended_at = $5, due = 0, epoch = epoch + 1, fault = $6
			where flow = $1 and sha256(cancel_key) = sha256($2) and cancel_key = $2 and status = 3 and attempt + losses > 0 and id < $3
			returning id, lanes`, one.row.flow, one.cancelKey, one.row.id, canceled, one.row.started, why)
		if err != nil {
			return err
		}
		if err := leaveAll(ctx, tx, rows, let); err != nil {
			return err
		}
	}
	return nil
}

// leaveAll gives up the places of executions, given as rows of id and number of lanes.
func leaveAll(ctx context.Context, tx pgx.Tx, rows pgx.Rows, let *admitted) error {
	var tied []int64
	var id int64
	var lanes int
	_, err := pgx.ForEachRow(rows, []any{&id, &lanes}, func() error {
		if lanes > 0 {
			tied = append(tied, id)
		}
		return nil
	})
	if err != nil || len(tied) == 0 {
		return err
	}
	if err := lockLanes(ctx, tx); err != nil {
		return err
	}
	for _, id := range tied {
		if err := leaveLanes(ctx, tx, id, let); err != nil {
			return err
		}
	}
	return nil
}

var _ store.Intake = (*Database)(nil)
