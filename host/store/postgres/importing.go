package postgres

import (
	"context"
	"crypto/sha256"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/store"
)

// Import implements store.Copying.
func (d *Database) Import(ctx context.Context, bundle *store.Bundle) error {
	made := make([]*arrival, len(bundle.Executions))
	bytes := sizeOf(bundle.States) + bundle.Sealed()
	for i := range bundle.Executions {
		var err error
		if made[i], err = d.imported(ctx, &bundle.Executions[i]); err != nil {
			return err
		}
		bytes += made[i].bytes
	}
	keys := make([]flowID, len(bundle.Dedupes))
	for i := range bundle.Dedupes {
		var err error
		if keys[i], err = d.flowID(ctx, bundle.Dedupes[i].Flow); err != nil {
			return err
		}
	}
	return unavailable(d.inLargeTx(ctx, bytes, func(ctx context.Context, tx pgx.Tx) error {
		if err := d.importExecutions(ctx, tx, bundle.Executions, made); err != nil {
			return err
		}
		if err := d.importDedupes(ctx, tx, bundle.Dedupes, keys); err != nil {
			return err
		}
		if err := mergeStates(ctx, tx, bundle.States); err != nil { // a large state comes in several bundles
			return err
		}
		return importSettings(ctx, tx, bundle)
	}))
}

// imported gives an execution in the form in which it is written. What ran is queued; what ran while its caller waited has failed.
func (d *Database) imported(ctx context.Context, kept *store.Kept) (*arrival, error) {
	of := &kept.Detail.Execution
	flow, err := d.flowID(ctx, of.Flow)
	if err != nil {
		return nil, err
	}
	status, ended, why := numberOf(of.Status), of.EndedAt, of.Fault
	switch {
	case status == running && of.Synchronous:
		status, ended, why = failed, d.options.Now(), errHostEnded()
	case status == running:
		status = queued
	}
	made := &arrival{lanes: len(kept.Lanes)}
	made.row = row{
		id: int64(of.ID), flow: flow.flow, instance: flow.instance, status: status, source: sourceNumber(of.Source), synchronous: of.Synchronous,
		dropped: kept.Detail.Dropped, started: milli(of.StartedAt), ended: milli(ended), due: milli(of.Due), elapsed: int64(of.Elapsed),
		attempt: of.Attempt, losses: of.Losses, steps: of.StepsDone, replayOf: int64(of.ReplayOf), replayedAs: int64(of.ReplayedAs),
	}
	if !of.Due.IsZero() {
		made.wake = d.in(of.Due).UnixMilli()
	}
	if kept.CancelKey != "" {
		made.cancelKey = []byte(kept.CancelKey)
	}
	if made.row.fault, err = d.codec.EncodeFault(why); err != nil {
		return nil, err
	}
	if err := d.encode(made, kept.Detail.Input, kept.Detail.Steps, nil); err != nil {
		return nil, err
	}
	made.row.logs = kept.Detail.Logs
	return made, nil
}

func (d *Database) importExecutions(ctx context.Context, tx pgx.Tx, kept []store.Kept, made []*arrival) error {
	if len(made) == 0 {
		return nil
	}
	if _, err := d.insertExecutions(ctx, tx, replaceAny, made); err != nil {
		return err
	}
	let := &admitted{}
	for i, one := range made {
		switch one.row.status {
		case queued:
			let.now++
		case waiting:
			let.later = append(let.later, alarm(integration.ExecutionID(one.row.id), time.UnixMilli(one.wake)))
		}
		if err := d.importChunks(ctx, tx, one, kept[i].Chunks); err != nil {
			return err
		}
		if err := importLanes(ctx, tx, one.row.id, &kept[i]); err != nil {
			return err
		}
	}
	return d.insertJobs(ctx, tx, let.now, let.later)
}

func (d *Database) importChunks(ctx context.Context, tx pgx.Tx, of *arrival, chunks []store.LogChunk) error {
	bytes := 0
	for _, chunk := range chunks {
		body, err := d.codec.EncodeLines(chunk.Lines)
		if err != nil {
			return err
		}
		bytes += len(body)
		_, err = tx.Exec(ctx, `insert into chunks (execution, number, body) values ($1, $2, $3)
			on conflict (execution, number) do update set body = excluded.body`, of.row.id, chunk.Number, body)
		if err != nil {
			return err
		}
	}
	if bytes == 0 {
		return nil
	}
	_, err := tx.Exec(ctx, `update executions set bytes = bytes + $2 where id = $1`, of.row.id, bytes)
	return err
}

func importLanes(ctx context.Context, tx pgx.Tx, id int64, kept *store.Kept) error {
	if _, err := tx.Exec(ctx, `delete from places where execution = $1`, id); err != nil {
		return err
	}
	for ordinal, lane := range kept.Lanes {
		known, err := laneID(ctx, tx, lane)
		if err != nil {
			return err
		}
		state := placeAhead
		switch {
		case ordinal < kept.LanesHeld:
			state = placeTaken
		case ordinal == kept.LanesHeld:
			state = placeWaiting
		}
		_, err = tx.Exec(ctx, `insert into places (execution, ordinal, lane, state) values ($1, $2, $3, $4)`, id, ordinal, known, state)
		if err != nil {
			return err
		}
	}
	return nil
}

func (d *Database) importDedupes(ctx context.Context, tx pgx.Tx, rows []store.DedupeRow, flows []flowID) error {
	for i := range rows {
		if rows[i].Answer == nil { // nobody will give one, see imported
			continue
		}
		answer, err := d.codec.EncodeAnswer(rows[i].Answer)
		if err != nil {
			return err
		}
		key := []byte(rows[i].Key)
		hash := sha256.Sum256(key)
		_, err = tx.Exec(ctx, `insert into dedupes (flow, hash, key, first, expires, answer) values ($1, $2, $3, $4, $5, $6)
			on conflict (flow, hash) do update set first = excluded.first, expires = excluded.expires, answer = excluded.answer`,
			flows[i].flow, hash[:], key, int64(rows[i].First), milli(rows[i].ExpiresAt), answer)
		if err != nil {
			return err
		}
	}
	return nil
}

func importSettings(ctx context.Context, tx pgx.Tx, bundle *store.Bundle) error {
	statements := &pgx.Batch{}
	for _, of := range bundle.Schedules {
		statements.Queue(`insert into schedules (integration, instance, flow, spec, next, last, last_fired) values ($1, $2, $3, $4, $5, $6, $7)
			on conflict (integration, instance, flow) do update set spec = excluded.spec, next = excluded.next, last = excluded.last,
			last_fired = excluded.last_fired`,
			of.Name.Integration, of.Name.Instance, of.Name.Flow, of.Spec, milli(of.Next), milli(of.Last), int64(of.LastFired))
	}
	for _, of := range bundle.Instances {
		statements.Queue(`insert into instances (integration, instance, disabled, switched_at, digest, deployed_at) values ($1, $2, $3, $4, $5, $6)
			on conflict (integration, instance) do update set disabled = excluded.disabled, switched_at = excluded.switched_at, digest = excluded.digest,
			deployed_at = excluded.deployed_at`,
			of.Name.Integration, of.Name.Instance, of.Disabled, milli(of.SwitchedAt), of.Digest, milli(of.DeployedAt))
	}
	for _, of := range bundle.Tokens {
		statements.Queue(`delete from tokens where name = $1 or hash = $2`, of.Name, of.Hash)
		statements.Queue(`insert into tokens (name, hash, scopes, created_at, expires_at) values ($1, $2, $3, $4, $5)`,
			of.Name, of.Hash, append([]string{}, of.Scopes...), milli(of.CreatedAt), milli(of.ExpiresAt))
	}
	importConnections(statements, bundle.Connections)
	importKeyset(statements, bundle.Keyset)
	return tx.SendBatch(ctx, statements).Close()
}
