package sqlite

import (
	"context"
	"math"

	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/store"
	"github.com/hookstep-dev/hookstep/host/store/object"
)

// The most that one bundle holds.
const (
	bundleRows  = 500
	bundleBytes = 16 << 20 // of records, but for one execution that is larger
)

// Export implements store.Copying.
func (d *Database) Export(ctx context.Context, each func(*store.Bundle) error) error {
	for _, part := range []func(context.Context, func(*store.Bundle) error) error{
		d.exportSettings, d.exportConnections, d.exportStates, d.exportExecutions, d.exportDedupes,
	} {
		if err := part(ctx, each); err != nil {
			return err
		}
	}
	return nil
}

// exportSettings gives what there is little of.
func (d *Database) exportSettings(ctx context.Context, each func(*store.Bundle) error) error {
	instances, err := d.ListInstances(ctx)
	if err != nil {
		return err
	}
	tokens, err := d.ListTokens(ctx)
	if err != nil {
		return err
	}
	schedules, err := d.ListSchedules(ctx)
	if err != nil {
		return err
	}
	return each(&store.Bundle{Instances: instances, Tokens: tokens, Schedules: schedules})
}

func (d *Database) exportConnections(ctx context.Context, each func(*store.Bundle) error) error {
	return store.ExportConnections(ctx, d, each)
}

// exportStates gives the states key by key, so that a large one comes in several bundles.
func (d *Database) exportStates(ctx context.Context, each func(*store.Bundle) error) error {
	owners, err := d.StateOwners(ctx, "")
	if err != nil {
		return err
	}
	bundle, size := &store.Bundle{}, 0
	for _, whose := range owners {
		texts, err := d.ReadStates(ctx, whose)
		if err != nil {
			return err
		}
		members, err := object.Split(texts[0])
		if err != nil {
			return err
		}
		for _, member := range members {
			change := store.StateChange{Owner: whose, Merge: object.Join([]object.Member{member})}
			bundle.States = append(bundle.States, change)
			if size += len(change.Merge); size > bundleBytes || len(bundle.States) == bundleRows {
				if err := each(bundle); err != nil {
					return err
				}
				bundle, size = &store.Bundle{}, 0
			}
		}
	}
	return each(bundle)
}

func (d *Database) exportExecutions(ctx context.Context, each func(*store.Bundle) error) error {
	for _, table := range []string{"executions", "active"} {
		query := "SELECT id FROM " + table + " WHERE id > ? ORDER BY id LIMIT ?"
		for after := int64(math.MinInt64); ; {
			bundle, last, err := d.executionsAfter(ctx, query, after)
			if err != nil {
				return err
			}
			if len(bundle.Executions) == 0 {
				break
			}
			if err := each(bundle); err != nil {
				return err
			}
			after = last
		}
	}
	return nil
}

func (d *Database) executionsAfter(ctx context.Context, query string, after int64) (*store.Bundle, int64, error) {
	bundle := &store.Bundle{}
	err := d.readers.do(ctx, func(l *link) error {
		ids, err := readIDs(l, query, []any{after, bundleRows})
		if err != nil {
			return err
		}
		var size int64
		for _, id := range ids {
			one, err := d.readKept(l, id)
			if err != nil {
				return err
			}
			bundle.Executions = append(bundle.Executions, *one)
			after = id
			bytes, err := l.number("SELECT cast(total(length(record)) AS INTEGER) FROM parts WHERE execution = ?", id)
			if err != nil {
				return err
			}
			if size += bytes; size > bundleBytes {
				return nil
			}
		}
		return nil
	})
	return bundle, after, err
}

// readKept reads an execution with all that belongs to it.
func (d *Database) readKept(l *link, id int64) (*store.Kept, error) {
	known, err := d.readExecution(l, id)
	if err != nil {
		return nil, err
	}
	made := &store.Kept{Detail: store.Detail{Execution: known.Execution, Dropped: known.dropped}}
	if err := d.readParts(l, &made.Detail); err != nil {
		return nil, err
	}
	if made.Chunks, err = d.readLogs(l, integration.ExecutionID(id), 0, math.MaxInt32); err != nil {
		return nil, err
	}
	const lanes = "SELECT l.key, l.capacity, p.skip, p.state FROM places p JOIN lanes l ON l.id = p.lane WHERE p.execution = ? ORDER BY p.number"
	err = l.each(lanes, []any{id}, func(r row) error {
		made.Lanes = append(made.Lanes, store.Lane{Key: r.text(0), Limit: int(r.int(1)), Skip: r.int(2) != 0})
		if r.int(3) == placeHeld {
			made.LanesHeld++
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	key, err := l.one("SELECT cancel_key FROM active WHERE id = ?", id)
	if err == nil && key != nil {
		made.CancelKey = key.text(0)
	}
	return made, err
}

func (d *Database) exportDedupes(ctx context.Context, each func(*store.Bundle) error) error {
	const query = `SELECT flow, key, first, expires, answer FROM dedupes WHERE (flow, key) > (?, ?) ORDER BY flow, key LIMIT ?`
	for flow, key := int64(0), ""; ; {
		bundle := &store.Bundle{}
		err := d.readers.do(ctx, func(l *link) error {
			return l.each(query, []any{flow, key, bundleRows}, func(r row) error {
				flow, key = r.int(0), r.text(1)
				answer, err := d.codec.DecodeAnswer(r.bytes(4))
				bundle.Dedupes = append(bundle.Dedupes, store.DedupeRow{
					Flow: d.flows.at(flow).name, Key: key, First: integration.ExecutionID(r.int(2)), ExpiresAt: r.time(3), Answer: answer,
				})
				return err
			})
		})
		if err != nil || len(bundle.Dedupes) == 0 {
			return err
		}
		if err := each(bundle); err != nil {
			return err
		}
	}
}
