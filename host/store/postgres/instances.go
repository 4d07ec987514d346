package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/store"
)

// ListInstances implements store.Instances.
func (d *Database) ListInstances(ctx context.Context) ([]store.InstanceRow, error) {
	return listed(ctx, d, func(from pgx.CollectableRow) (of store.InstanceRow, err error) {
		var instance string
		var switched, deployed int64
		err = from.Scan(&of.Name.Integration, &instance, &of.Disabled, &switched, &of.Digest, &deployed)
		of.Name.Instance, of.SwitchedAt, of.DeployedAt = integration.InstanceName(instance), timeOf(switched), timeOf(deployed)
		return of, err
	}, `select integration, instance, disabled, switched_at, digest, deployed_at from instances
		where switched_at <> 0 or digest <> '' order by integration, instance`)
}

// SwitchInstance implements store.Instances.
func (d *Database) SwitchInstance(ctx context.Context, name store.InstanceKey, disabled bool, at time.Time) error {
	ctx, cancel := context.WithTimeout(ctx, d.options.Patience)
	defer cancel()
	_, err := d.pool.Exec(ctx, `insert into instances (integration, instance, disabled, switched_at) values ($1, $2, $3, $4)
		on conflict (integration, instance) do update set disabled = excluded.disabled, switched_at = excluded.switched_at`,
		name.Integration, name.Instance, disabled, milli(at))
	return unavailable(err)
}

// DeployInstance implements store.Instances.
func (d *Database) DeployInstance(ctx context.Context, deployed *store.Deployment) (moved bool, err error) {
	starts := make([]*entry[*arrival], len(deployed.Starts))
	var bytes int64
	for i, asked := range deployed.Starts {
		made, err := d.acceptance(ctx, asked)
		if err != nil {
			return false, err
		}
		starts[i] = &entry[*arrival]{what: made}
		bytes += made.bytes
	}
	err = d.inLargeTx(ctx, bytes, func(ctx context.Context, tx pgx.Tx) error {
		done, err := tx.Exec(ctx, `insert into instances as i (integration, instance, digest, deployed_at) values ($1, $2, $3, $4)
			on conflict (integration, instance) do update set digest = excluded.digest, deployed_at = excluded.deployed_at
			where i.digest <> excluded.digest`,
			deployed.Instance.Integration, deployed.Instance.Instance, deployed.Digest, milli(deployed.At))
		if moved = err == nil && done.RowsAffected() > 0; !moved {
			return err
		}
		return d.keepArrivals(ctx, tx, starts)
	})
	return moved && err == nil, unavailable(err)
}
