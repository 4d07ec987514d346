package postgres

import (
	"cmp"
	"context"
	"crypto/sha256"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/store"
	"github.com/hookstep-dev/hookstep/host/store/object"
	"github.com/hookstep-dev/hookstep/sdk/fault"
)

// ReadStates implements store.States.
func (d *Database) ReadStates(ctx context.Context, owners ...store.StateOwner) ([][]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, d.options.Patience)
	defer cancel()
	var integrations, instances, flows []string
	for _, owner := range owners {
		integrations, instances, flows = append(integrations, owner.Integration), append(instances, string(owner.Instance)), append(flows, string(owner.Flow))
	}
	rows, err := d.pool.Query(ctx, `select a.n, m.key, m.text from unnest($1::text[], $2::text[], $3::text[]) with ordinality a (integration, instance, flow, n)
		join owners o using (integration, instance, flow) join members m on m.owner = o.id order by a.n, m.ordinal`, integrations, instances, flows)
	if err != nil {
		return nil, unavailable(err)
	}
	members := make([][]object.Member, len(owners))
	var nth int
	var key, text []byte
	_, err = pgx.ForEachRow(rows, []any{&nth, &key, &text}, func() error {
		members[nth-1] = append(members[nth-1], object.Member{Key: string(key), Text: slices.Clone(text)})
		return nil
	})
	states := make([][]byte, len(owners))
	for i, of := range members {
		states[i] = object.Join(of)
	}
	return states, unavailable(err)
}

// WriteStates implements store.States.
func (d *Database) WriteStates(ctx context.Context, changes []store.StateChange) error {
	return unavailable(d.inLargeTx(ctx, sizeOf(changes), func(ctx context.Context, tx pgx.Tx) error { return mergeStates(ctx, tx, changes) }))
}

func sizeOf(changes []store.StateChange) (bytes int64) {
	for _, change := range changes {
		bytes += int64(len(change.Merge))
	}
	return bytes
}

// mergeStates merges changes into states, and sees to their ceiling.
func mergeStates(ctx context.Context, tx pgx.Tx, changes []store.StateChange) error {
	if len(changes) == 0 {
		return nil
	}
	owners := map[store.StateOwner]int32{}
	for _, name := range ownersOf(changes) { // in one order on all hosts, against deadlocks
		id, err := lockOwner(ctx, tx, name)
		if err != nil {
			return err
		}
		owners[name] = id
	}
	for _, change := range changes {
		if err := mergeState(ctx, tx, owners[change.Owner], change.Merge); err != nil {
			return err
		}
	}
	for name := range owners {
		if err := checkCeiling(ctx, tx, name); err != nil {
			return err
		}
	}
	return nil
}

func ownersOf(changes []store.StateChange) []store.StateOwner {
	var names []store.StateOwner
	for _, change := range changes {
		names = append(names, change.Owner)
	}
	slices.SortFunc(names, func(a, b store.StateOwner) int {
		return cmp.Or(cmp.Compare(a.Integration, b.Integration), cmp.Compare(a.Instance, b.Instance), cmp.Compare(a.Flow, b.Flow))
	})
	return slices.Compact(names)
}

func lockOwner(ctx context.Context, tx pgx.Tx, name store.StateOwner) (id int32, err error) {
	err = tx.QueryRow(ctx, `insert into owners (integration, instance, flow) values ($1, $2, $3)
		on conflict (integration, instance, flow) do update set bytes = owners.bytes returning id`, name.Integration, name.Instance, name.Flow).Scan(&id)
	return id, err
}

func mergeState(ctx context.Context, tx pgx.Tx, owner int32, change []byte) error {
	members, err := object.Split(change)
	if err != nil {
		return err
	}
	statements := &pgx.Batch{}
	for _, one := range members {
		hash := sha256.Sum256([]byte(one.Key))
		if string(one.Text) == "null" {
			statements.Queue(`delete from members where owner = $1 and hash = $2`, owner, hash[:])
			continue
		}
		statements.Queue(`insert into members (owner, hash, key, text) values ($1, $2, $3, $4)
			on conflict (owner, hash) do update set text = excluded.text`, owner, hash[:], []byte(one.Key), []byte(one.Text))
	}
	if err := tx.SendBatch(ctx, statements).Close(); err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `update owners set bytes = (select coalesce(sum(length(key) + length(text) + 4), 0) from members where owner = $1) where id = $1`,
		owner)
	return err
}

// checkCeiling refuses states that would be too large together: of an owner, and of those that an execution sees beside it. What others
// change at the same instant is not seen; the next change is refused then.
func checkCeiling(ctx context.Context, tx pgx.Tx, name store.StateOwner) error {
	var bytes int64
	err := tx.QueryRow(ctx, `with o as (
			select instance, flow, bytes from owners where integration = $1 and ($2 = '' or instance in ('', $2)) and ($3 = '' or flow in ('', $3))
		), chains as (
			select coalesce(sum(bytes) filter (where flow = ''), 0) + coalesce(max(bytes) filter (where flow <> ''), 0) as bytes
			from o where instance <> '' group by instance
		) select ((select coalesce(sum(bytes), 0) from o where instance = '') + (select coalesce(max(bytes), 0) from chains))::bigint`,
		name.Integration, name.Instance, name.Flow).Scan(&bytes)
	if err == nil && bytes > store.StateCeiling {
		return fault.New(fault.Limit, fault.ResultSize, "the states would have %d bytes; together at most %d can be kept", bytes, store.StateCeiling)
	}
	return err
}

// StateOwners implements store.States.
func (d *Database) StateOwners(ctx context.Context, of string) ([]store.StateOwner, error) {
	return listed(ctx, d, func(from pgx.CollectableRow) (store.StateOwner, error) {
		var name, instance, flow string
		err := from.Scan(&name, &instance, &flow)
		return store.StateOwner{Integration: name, Instance: integration.InstanceName(instance), Flow: integration.Slug(flow)}, err
	}, `select integration, instance, flow from owners o where ($1 = '' or integration = $1)
		and exists (select from members m where m.owner = o.id) order by integration, instance, flow`, of)
}
