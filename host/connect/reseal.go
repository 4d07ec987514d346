package connect

import (
	"context"

	"github.com/hookstep-dev/hookstep/host/seal"
	"github.com/hookstep-dev/hookstep/host/store"
)

// Reseal implements seal.Rows: it seals connections again that are not sealed with the newest key, up to a number of them, and tells how
// many it did and how many of all are left. It may be stopped at any point and called again, on several hosts at once.
func (r *Room) Reseal(ctx context.Context, most int) (seal.Resealed, error) {
	var did seal.Resealed
	rows, err := r.options.Store.ListConnections(ctx, store.ConnectionFilter{})
	if err != nil {
		return did, err
	}
	for i := range rows {
		if !r.isStale(&rows[i]) {
			continue
		}
		if did.Done < most && r.resealOne(ctx, &rows[i]) == nil {
			did.Done++
		} else {
			did.Left++
		}
		if ctx.Err() != nil {
			return did, context.Cause(ctx)
		}
	}
	return did, nil
}

func (r *Room) isStale(row *store.ConnectionRow) bool {
	return row.Inputs != nil && r.options.Sealer.Stale(row.Inputs) || row.Token != nil && r.options.Sealer.Stale(row.Token)
}

// resealOne keeps a row as it is, sealed anew. One whose token is being renewed is left to who renews it: that seals it too.
func (r *Room) resealOne(ctx context.Context, row *store.ConnectionRow) error {
	inputs, token, err := r.open(ctx, row)
	if err != nil {
		return err
	}
	held, err := r.options.Store.ClaimConnection(ctx, store.ConnectionClaim{
		Key: row.Key, Version: row.Version, Holder: r.holder(), Now: r.now(), Until: r.now().Add(claimTime),
	})
	if err != nil {
		return err
	}
	if !held {
		return store.Conflictf("somebody else changes the connection")
	}
	made := &draft{row: *row, inputs: inputs, token: token}
	made.row.Version++
	return r.keep(ctx, made, nil)
}
