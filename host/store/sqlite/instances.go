package sqlite

import (
	"context"
	"time"

	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/store"
)

const (
	selectInstances = "SELECT integration, instance, disabled, switched, digest, deployed FROM instances ORDER BY integration, instance"
	putSwitch       = `INSERT INTO instances (integration, instance, disabled, switched, digest, deployed) VALUES (?, ?, ?, ?, '', NULL)
		ON CONFLICT (integration, instance) DO UPDATE SET disabled = excluded.disabled, switched = excluded.switched`
	putDeployment = `INSERT INTO instances (integration, instance, disabled, switched, digest, deployed) VALUES (?, ?, 0, NULL, ?, ?)
		ON CONFLICT (integration, instance) DO UPDATE SET digest = excluded.digest, deployed = excluded.deployed WHERE digest <> excluded.digest`
	replaceInstance = "INSERT OR REPLACE INTO instances (integration, instance, disabled, switched, digest, deployed) VALUES (?, ?, ?, ?, ?, ?)"
)

// ListInstances implements store.Instances.
func (d *Database) ListInstances(ctx context.Context) ([]store.InstanceRow, error) {
	var found []store.InstanceRow
	err := d.readers.do(ctx, func(l *link) error {
		return l.each(selectInstances, nil, func(r row) error {
			name := store.InstanceKey{Integration: r.text(0), Instance: integration.InstanceName(r.text(1))}
			found = append(found, store.InstanceRow{
				Name: name, Disabled: r.int(2) != 0, SwitchedAt: r.time(3), Digest: r.text(4), DeployedAt: r.time(5),
			})
			return nil
		})
	})
	return found, err
}

// SwitchInstance implements store.Instances.
func (d *Database) SwitchInstance(ctx context.Context, name store.InstanceKey, disabled bool, at time.Time) error {
	return d.writer.do(ctx, 0, func(t *tx) error {
		_, err := t.exec(putSwitch, name.Integration, string(name.Instance), disabled, toMillis(at))
		return err
	})
}

// DeployInstance implements store.Instances.
func (d *Database) DeployInstance(ctx context.Context, deployed *store.Deployment) (bool, error) {
	starts := make([]*acceptance, len(deployed.Starts))
	size := 0
	for i, one := range deployed.Starts {
		var err error
		if starts[i], err = d.packAcceptance(one, false); err != nil {
			return false, err
		}
		size += starts[i].parts.size()
	}
	var moved bool
	err := d.writer.do(ctx, size, func(t *tx) error {
		changed, err := t.exec(putDeployment, deployed.Instance.Integration, string(deployed.Instance.Instance), deployed.Digest, toMillis(deployed.At))
		if err != nil || changed == 0 {
			moved = false
			return err
		}
		moved = true
		for _, one := range starts {
			if _, err := d.admit(t, one); err != nil {
				return err
			}
		}
		return nil
	})
	return err == nil && moved, err
}
