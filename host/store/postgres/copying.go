package postgres

import (
	"cmp"
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/store"
)

const exportAtOnce = 100

// Export implements store.Copying.
func (d *Database) Export(ctx context.Context, each func(*store.Bundle) error) error {
	var refused error // by the caller, who gets it back as it is
	hand := func(bundle *store.Bundle) error {
		refused = each(bundle)
		return refused
	}
	for _, part := range []func(context.Context, func(*store.Bundle) error) error{
		d.exportSettings, d.exportConnections, d.exportStates, d.exportDedupes, d.exportExecutions,
	} {
		if err := part(ctx, hand); err != nil {
			return cmp.Or(refused, unavailable(err))
		}
	}
	return nil
}

func (d *Database) exportSettings(ctx context.Context, each func(*store.Bundle) error) error {
	var bundle store.Bundle
	var err error
	if bundle.Schedules, err = d.ListSchedules(ctx); err != nil {
		return err
	}
	if bundle.Instances, err = d.ListInstances(ctx); err != nil {
		return err
	}
	if bundle.Tokens, err = d.ListTokens(ctx); err != nil {
		return err
	}
	return each(&bundle)
}

func (d *Database) exportConnections(ctx context.Context, each func(*store.Bundle) error) error {
	return store.ExportConnections(ctx, d, each)
}

func (d *Database) exportStates(ctx context.Context, each func(*store.Bundle) error) error {
	owners, err := d.StateOwners(ctx, "")
	if err != nil {
		return err
	}
	for _, owner := range owners {
		states, err := d.ReadStates(ctx, owner)
		if err != nil {
			return err
		}
		if err := each(&store.Bundle{States: []store.StateChange{{Owner: owner, Merge: states[0]}}}); err != nil {
			return err
		}
	}
	return nil
}

func (d *Database) exportDedupes(ctx context.Context, each func(*store.Bundle) error) error {
	var flow int32
	var hash []byte
	for {
		rows, err := d.pool.Query(ctx, `select flow, hash, key, first, expires, answer from dedupes
			where (flow, hash) > ($1, $2) order by flow, hash limit $3`, flow, hash, exportAtOnce)
		if err != nil {
			return err
		}
		var bundle store.Bundle
		var key, answer []byte
		var first, expires int64
		var flows []int32
		_, err = pgx.ForEachRow(rows, []any{&flow, &hash, &key, &first, &expires, &answer}, func() error {
			response, err := d.codec.DecodeAnswer(answer)
			bundle.Dedupes = append(bundle.Dedupes, store.DedupeRow{
				Key: string(key), First: integration.ExecutionID(first), ExpiresAt: timeOf(expires), Answer: response,
			})
			flows = append(flows, flow)
			return err
		})
		if err != nil || len(flows) == 0 {
			return err
		}
		if err := d.readNames(ctx, flows); err != nil {
			return err
		}
		for i, id := range flows {
			bundle.Dedupes[i].Flow = d.names.flow(id)
		}
		if err := each(&bundle); err != nil {
			return err
		}
	}
}

func (d *Database) exportExecutions(ctx context.Context, each func(*store.Bundle) error) error {
	var after int64 = -1
	for {
		ids, err := collect(ctx, d.pool, pgx.RowTo[int64], `select id from executions where id > $1 order by id limit $2`, after, exportAtOnce)
		if err != nil || len(ids) == 0 {
			return err
		}
		after = ids[len(ids)-1]
		kept, err := d.keptOf(ctx, ids)
		if err != nil {
			return err
		}
		if err := each(&store.Bundle{Executions: kept}); err != nil {
			return err
		}
	}
}

// keptOf reads executions with all that belongs to them.
func (d *Database) keptOf(ctx context.Context, ids []int64) ([]store.Kept, error) {
	details, err := d.details(ctx, ids)
	if err != nil {
		return nil, err
	}
	kept := make([]store.Kept, len(details))
	for i, detail := range details {
		kept[i] = store.Kept{Detail: *detail}
		if err := d.readTies(ctx, &kept[i]); err != nil {
			return nil, err
		}
	}
	return kept, nil
}

// readTies reads the log of an execution, its lanes and its cancel key.
func (d *Database) readTies(ctx context.Context, into *store.Kept) (err error) {
	id := int64(into.Detail.Execution.ID)
	if into.Detail.Logs > 0 {
		if into.Chunks, err = d.chunks(ctx, id, 0, into.Detail.Logs); err != nil {
			return err
		}
	}
	var key []byte
	if err := d.pool.QueryRow(ctx, `select cancel_key from executions where id = $1`, id).Scan(&key); err != nil {
		return err
	}
	into.CancelKey = string(key)
	rows, err := d.pool.Query(ctx, `select l.key, l.places, p.state from places p join lanes l on l.id = p.lane where p.execution = $1 order by p.ordinal`, id)
	if err != nil {
		return err
	}
	var lane []byte
	var places int
	var state int16
	_, err = pgx.ForEachRow(rows, []any{&lane, &places, &state}, func() error {
		into.Lanes = append(into.Lanes, store.Lane{Key: string(lane), Limit: places})
		if state == placeTaken {
			into.LanesHeld++
		}
		return nil
	})
	return err
}
