package postgres

import (
	"context"
	"slices"
	"sync"

	"github.com/jackc/pgx/v5"

	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/store"
)

// names knows the numbers of flows and instances. They never change and are never deleted, so what was read once holds.
type names struct {
	lock  sync.RWMutex
	ids   map[store.Flow]flowID
	flows map[int32]store.Flow
}

// flowID is a flow in the database.
type flowID struct {
	flow, instance int32
}

func newNames() *names {
	return &names{ids: map[store.Flow]flowID{}, flows: map[int32]store.Flow{}}
}

func (n *names) find(flow store.Flow) (flowID, bool) {
	n.lock.RLock()
	defer n.lock.RUnlock()
	id, ok := n.ids[flow]
	return id, ok
}

func (n *names) learn(flow store.Flow, id flowID) {
	n.lock.Lock()
	defer n.lock.Unlock()
	n.ids[flow] = id
	n.flows[id.flow] = flow
}

// unknown gives those of the numbers that are not known yet.
func (n *names) unknown(flows []int32) []int32 {
	n.lock.RLock()
	defer n.lock.RUnlock()
	var rest []int32
	for _, id := range flows {
		if _, known := n.flows[id]; !known && !slices.Contains(rest, id) {
			rest = append(rest, id)
		}
	}
	return rest
}

func (n *names) flow(id int32) store.Flow {
	n.lock.RLock()
	defer n.lock.RUnlock()
	return n.flows[id]
}

// flowID gives a flow's number, and makes one for a new flow.
func (d *Database) flowID(ctx context.Context, flow store.Flow) (flowID, error) {
	if id, ok := d.names.find(flow); ok {
		return id, nil
	}
	var id flowID
	err := d.inTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		instance, err := instanceID(ctx, tx, store.InstanceKey{Integration: flow.Integration, Instance: flow.Instance})
		if err != nil {
			return err
		}
		id.instance = instance
		if _, err := tx.Exec(ctx, `insert into flows (instance, flow) values ($1, $2) on conflict do nothing`, instance, flow.Flow); err != nil {
			return err
		}
		return tx.QueryRow(ctx, `select id from flows where instance = $1 and flow = $2`, instance, flow.Flow).Scan(&id.flow)
	})
	if err != nil {
		return flowID{}, unavailable(err)
	}
	d.names.learn(flow, id)
	return id, nil
}

// instanceID gives an instance's number, and makes one for a new instance.
func instanceID(ctx context.Context, tx pgx.Tx, key store.InstanceKey) (int32, error) {
	_, err := tx.Exec(ctx, `insert into instances (integration, instance) values ($1, $2) on conflict do nothing`, key.Integration, key.Instance)
	if err != nil {
		return 0, err
	}
	var id int32
	err = tx.QueryRow(ctx, `select id from instances where integration = $1 and instance = $2`, key.Integration, key.Instance).Scan(&id)
	return id, err
}

// readNames sees to it that the numbers of flows can be turned into names.
func (d *Database) readNames(ctx context.Context, flows []int32) error {
	unknown := d.names.unknown(flows)
	if len(unknown) == 0 {
		return nil
	}
	rows, err := d.pool.Query(ctx, `select f.id, f.instance, i.integration, i.instance, f.flow from flows f join instances i on i.id = f.instance
		where f.id = any($1)`, unknown)
	if err != nil {
		return err
	}
	var id flowID
	var name, instance, flow string
	_, err = pgx.ForEachRow(rows, []any{&id.flow, &id.instance, &name, &instance, &flow}, func() error {
		d.names.learn(store.Flow{Integration: name, Instance: integration.InstanceName(instance), Flow: integration.Slug(flow)}, id)
		return nil
	})
	return err
}
