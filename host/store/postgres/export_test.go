package postgres

import (
	"context"

	"github.com/hookstep-dev/hookstep/host/store"
)

// AcceptTogether has acceptances written as one batch, as those are that arrive while another one is written.
func (d *Database) AcceptTogether(ctx context.Context, all ...*store.Acceptance) ([]error, error) {
	batch := make([]*entry[*arrival], len(all))
	for i, asked := range all {
		made, err := d.acceptance(ctx, asked)
		if err != nil {
			return nil, err
		}
		batch[i] = &entry[*arrival]{what: made, done: make(chan struct{})}
	}
	d.intake.commit(ctx, batch)
	errs := make([]error, len(all))
	for i, one := range batch {
		errs[i] = one.err
	}
	return errs, nil
}
