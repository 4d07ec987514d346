package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/hookstep-dev/hookstep/host/store"
)

const (
	connectionColumns = `select integration, instance, name, version, type, status, cause, changed_at, inputs, token, token_at, expires_at, renew_at
		from connections `
	ofConnection = `integration = $1 and instance = $2 and name = $3`

	// insertConnection and updateConnection are two, so that a row which was deleted in the same instant does not come back as a new one
	// of a later version.
	insertConnection = `insert into connections
		(integration, instance, name, version, type, status, cause, changed_at, inputs, token, token_at, expires_at, renew_at)
		select $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13 where `
	updateConnection = `update connections set version = $4, type = $5, status = $6, cause = $7, changed_at = $8, inputs = $9, token = $10,
		token_at = $11, expires_at = $12, renew_at = $13, holder = null where ` + ofConnection + ` and version = $4 - 1 and `

	// judgeSealed begins a statement that keeps what is not refused. The keyset's row is locked until the end, and read as it is then: a
	// keyset is not saved while connections are that the one before accepted.
	judgeSealed = `with keyset as (select accepts from keysets for share),
		refused as (select from keyset, unnest(array[$9::bytea, $10]) sealed where sealed is not null and cardinality(accepts) > 0
			and not exists (select from unnest(accepts) prefix where substr(sealed, 1, length(prefix)) = prefix)),
		kept as (`
	unlessRefused = `not exists (select from refused)`

	// tellEvent ends a statement whose part kept has the row's number, if it was kept. What it reads of the events is from before the
	// statement, without its own. None are missed: a save that waited for another one finds another version, and keeps nothing.
	tellEvent = `, told as (insert into connection_events (connection, number, at, kind, text) select id, $4, $14, $15, $16 from kept),
		trimmed as (delete from connection_events e using kept where e.connection = kept.id and e.number <= (
			select number from connection_events o where o.connection = kept.id order by number desc limit 1 offset $17))`
)

// ListConnections implements store.Connections.
func (d *Database) ListConnections(ctx context.Context, of store.ConnectionFilter) ([]store.ConnectionRow, error) {
	return d.readConnections(ctx, connectionColumns+`where ($1 = '' or integration = $1) and ($2::text is null or instance = $2)
		and ($3 = '' or status = $3) order by integration, instance, name`, of.Integration, of.Instance, string(of.Status))
}

// FindConnection implements store.Connections.
func (d *Database) FindConnection(ctx context.Context, key store.ConnectionKey) (store.ConnectionRow, error) {
	found, err := d.readConnections(ctx, connectionColumns+`where `+ofConnection, key.Integration, key.Instance, key.Name)
	switch {
	case err != nil:
		return store.ConnectionRow{}, err
	case len(found) == 0:
		return store.ConnectionRow{}, absent(key)
	default:
		return found[0], nil
	}
}

func (d *Database) readConnections(ctx context.Context, query string, arguments ...any) ([]store.ConnectionRow, error) {
	return listed(ctx, d, func(from pgx.CollectableRow) (of store.ConnectionRow, err error) {
		var cause []byte
		var changed, expires, renew int64
		err = from.Scan(&of.Key.Integration, &of.Key.Instance, &of.Key.Name, &of.Version, &of.Type, &of.Status, &cause, &changed,
			&of.Inputs, &of.Token, &of.TokenAt, &expires, &renew)
		of.Cause, of.ChangedAt, of.ExpiresAt, of.RenewAt = string(cause), timeOf(changed), timeOf(expires), timeOf(renew)
		return of, err
	}, query, arguments...)
}

// SaveConnection implements store.Connections.
func (d *Database) SaveConnection(ctx context.Context, row *store.ConnectionRow, event *store.ConnectionEvent) error {
	query, arguments := updateConnection+unlessRefused, columnsOf(row)
	if row.Version == 1 {
		query = insertConnection + unlessRefused + ` on conflict do nothing`
	}
	query = judgeSealed + query + ` returning id)`
	if event != nil {
		query += tellEvent
		arguments = append(arguments, milli(event.At), event.Kind, []byte(event.Text), store.EventsKept-1)
	}
	ctx, cancel := context.WithTimeout(ctx, allowance(d.options.Patience, int64(len(row.Inputs)+len(row.Token))))
	defer cancel()
	var kept, refused bool
	err := d.pool.QueryRow(ctx, query+` select exists (select from kept), exists (select from refused)`, arguments...).Scan(&kept, &refused)
	switch {
	case err != nil:
		return unavailable(err)
	case refused:
		return store.Conflictf("the key that the connection is sealed with was replaced")
	case !kept:
		return moved(row.Key)
	default:
		return nil
	}
}

// columnsOf gives a row in the order of insertConnection.
func columnsOf(of *store.ConnectionRow) []any {
	return []any{
		of.Key.Integration, of.Key.Instance, of.Key.Name, of.Version, of.Type, string(of.Status), []byte(of.Cause), milli(of.ChangedAt),
		of.Inputs, of.Token, of.TokenAt, milli(of.ExpiresAt), milli(of.RenewAt),
	}
}

// DeleteConnection implements store.Connections.
func (d *Database) DeleteConnection(ctx context.Context, key store.ConnectionKey, version int64) error {
	ctx, cancel := context.WithTimeout(ctx, d.options.Patience)
	defer cancel()
	var gone, there bool // there: before
	err := d.pool.QueryRow(ctx, `with gone as (delete from connections where `+ofConnection+` and version = $4 returning id),
		begun as (delete from authorizations where `+ofConnection+` and exists (select from gone))
		select exists (select from gone), exists (select from connections where `+ofConnection+`)`,
		key.Integration, key.Instance, key.Name, version).Scan(&gone, &there)
	switch {
	case err != nil:
		return unavailable(err)
	case gone:
		return nil
	case there:
		return moved(key)
	default:
		return absent(key)
	}
}

// ClaimConnection implements store.Connections.
func (d *Database) ClaimConnection(ctx context.Context, claim store.ConnectionClaim) (bool, error) {
	return d.changeConnection(ctx, `update connections set holder = $4, claimed_until = clock_timestamp() + $5 where `+ofConnection+`
		and version = $6 and (holder is null or holder = $4 or claimed_until <= clock_timestamp())`,
		claim.Key, claim.Holder, claim.Until.Sub(claim.Now), claim.Version)
}

// ReleaseConnection implements store.Connections.
func (d *Database) ReleaseConnection(ctx context.Context, key store.ConnectionKey, holder string) error {
	_, err := d.changeConnection(ctx, `update connections set holder = null where `+ofConnection+` and holder = $4`, key, holder)
	return err
}

// changeConnection runs a statement on a row, and tells whether it changed it. Its condition is looked at again when another change of the
// row was under way, so that of several at once each sees what those before it did.
func (d *Database) changeConnection(ctx context.Context, query string, key store.ConnectionKey, arguments ...any) (changed bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, d.options.Patience)
	defer cancel()
	done, err := d.pool.Exec(ctx, query, append([]any{key.Integration, key.Instance, key.Name}, arguments...)...)
	return err == nil && done.RowsAffected() > 0, unavailable(err)
}

// DueConnections implements store.Connections.
func (d *Database) DueConnections(ctx context.Context, now time.Time, most int) ([]store.ConnectionKey, error) {
	return listed(ctx, d, pgx.RowToStructByPos[store.ConnectionKey], `select integration, instance, name from connections
		where renew_at > 0 and renew_at <= $1 order by renew_at, integration, instance, name limit $2`, now.UnixMilli(), max(0, most))
}

// ListConnectionEvents implements store.Connections.
func (d *Database) ListConnectionEvents(ctx context.Context, key store.ConnectionKey, most int) ([]store.ConnectionEvent, error) {
	return listed(ctx, d, func(from pgx.CollectableRow) (store.ConnectionEvent, error) {
		of := store.ConnectionEvent{Key: key}
		var at int64
		var text []byte
		err := from.Scan(&at, &of.Kind, &text)
		of.At, of.Text = timeOf(at), string(text)
		return of, err
	}, `select at, kind, text from connection_events where connection = (select id from connections where `+ofConnection+`)
		order by number desc limit $4`, key.Integration, key.Instance, key.Name, max(0, most))
}

// importConnections keeps connections in place of what is there under their keys.
func importConnections(statements *pgx.Batch, all []store.KeptConnection) {
	for i := range all {
		key := &all[i].Row.Key
		statements.Queue(`delete from connections where `+ofConnection, key.Integration, key.Instance, key.Name) // and its events
		statements.Queue(insertConnection+`true`, columnsOf(&all[i].Row)...)
		for n, event := range all[i].Events { // from the newest on, whose number is the row's version at most
			statements.Queue(`insert into connection_events (connection, number, at, kind, text)
				select id, version - $4, $5, $6, $7 from connections where `+ofConnection,
				key.Integration, key.Instance, key.Name, n, milli(event.At), event.Kind, []byte(event.Text))
		}
	}
}

func absent(key store.ConnectionKey) error {
	return fmt.Errorf("the connection %s: %w", key.Name, store.ErrNotFound)
}

func moved(key store.ConnectionKey) error {
	return store.Conflictf("the connection %s is at another version: somebody else has changed it meanwhile", key.Name)
}
