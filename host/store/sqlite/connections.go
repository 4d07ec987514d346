package sqlite

import (
	"context"
	"fmt"
	"time"

	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/store"
)

const (
	selectConnections = `SELECT integration, instance, name, version, type, status, changed, token_at, expires, renew, cause, inputs, token
		FROM connections `
	ofConnection  = "WHERE integration = ? AND instance = ? AND name = ?"
	ofFilter      = "WHERE (?1 = '' OR integration = ?1) AND (?2 IS NULL OR instance = ?2) AND (?3 = '' OR status = ?3) ORDER BY integration, instance, name"
	putConnection = `INSERT INTO connections
		(integration, instance, name, version, type, status, changed, token_at, expires, renew, cause, inputs, token)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (integration, instance, name) DO UPDATE SET version = excluded.version, type = excluded.type, status = excluded.status,
		changed = excluded.changed, token_at = excluded.token_at, expires = excluded.expires, renew = excluded.renew, holder = NULL,
		cause = excluded.cause, inputs = excluded.inputs, token = excluded.token RETURNING id`
	claimConnection = `UPDATE connections SET holder = ?4, until = ?6 WHERE integration = ?1 AND instance = ?2 AND name = ?3 AND version = ?7
		AND (holder IS NULL OR holder = ?4 OR until <= ?5)`
	releaseConnection = "UPDATE connections SET holder = NULL " + ofConnection + " AND holder = ?"
	trimEvents        = `DELETE FROM connection_events WHERE connection = ?1 AND number <= (
		SELECT number FROM connection_events WHERE connection = ?1 ORDER BY number DESC LIMIT 1 OFFSET ?2)`
	dueConnections = "SELECT integration, instance, name FROM connections WHERE renew <= ? ORDER BY renew, integration, instance, name LIMIT ?"
)

// ListConnections implements store.Connections.
func (d *Database) ListConnections(ctx context.Context, of store.ConnectionFilter) ([]store.ConnectionRow, error) {
	var instance any
	if of.Instance != nil {
		instance = string(*of.Instance)
	}
	return d.readConnections(ctx, ofFilter, of.Integration, instance, string(of.Status))
}

// FindConnection implements store.Connections.
func (d *Database) FindConnection(ctx context.Context, key store.ConnectionKey) (store.ConnectionRow, error) {
	found, err := d.readConnections(ctx, ofConnection, columnsOf(key)...)
	switch {
	case err != nil:
		return store.ConnectionRow{}, err
	case len(found) == 0:
		return store.ConnectionRow{}, absent(key)
	default:
		return found[0], nil
	}
}

func (d *Database) readConnections(ctx context.Context, which string, args ...any) ([]store.ConnectionRow, error) {
	var found []store.ConnectionRow
	err := d.readers.do(ctx, func(l *link) error {
		found = nil
		return l.each(selectConnections+which, args, func(r row) error {
			found = append(found, store.ConnectionRow{
				Key: connectionKey(r), Version: r.int(3), Type: r.text(4), Status: store.ConnectionStatus(r.text(5)), ChangedAt: r.time(6),
				TokenAt: r.int(7), ExpiresAt: r.time(8), RenewAt: r.time(9), Cause: string(r.bytes(10)), Inputs: r.bytes(11), Token: r.bytes(12),
			})
			return nil
		})
	})
	return found, err
}

// SaveConnection implements store.Connections.
func (d *Database) SaveConnection(ctx context.Context, row *store.ConnectionRow, event *store.ConnectionEvent) error {
	row = new(*row) // the writer's: it may come to this when nobody waits any more
	if event != nil {
		event = new(*event)
	}
	return d.writer.do(ctx, len(row.Inputs)+len(row.Token), func(t *tx) error {
		_, version, err := t.connection(row.Key)
		if err != nil {
			return err
		}
		if version != row.Version-1 {
			return moved(row.Key, version)
		}
		if err := t.accepted(row.Inputs, row.Token); err != nil {
			return err
		}
		id, err := t.putConnection(row)
		if err != nil || event == nil {
			return err
		}
		if err := t.putEvent(id, row.Version, event); err != nil {
			return err
		}
		_, err = t.exec(trimEvents, id, store.EventsKept)
		return err
	})
}

// connection gives a row's number and version, zeros without one.
func (t *tx) connection(key store.ConnectionKey) (id, version int64, err error) {
	found, err := t.one("SELECT id, version FROM connections "+ofConnection, columnsOf(key)...)
	if err != nil || found == nil {
		return 0, 0, err
	}
	return found.int(0), found.int(1), nil
}

// putConnection keeps a row in place of one with its key, whose claim is over.
func (t *tx) putConnection(row *store.ConnectionRow) (id int64, err error) {
	t.writes++
	found, err := t.one(putConnection, append(columnsOf(row.Key), row.Version, row.Type, string(row.Status), toMillis(row.ChangedAt), row.TokenAt,
		toMillis(row.ExpiresAt), toMillis(row.RenewAt), []byte(row.Cause), row.Inputs, row.Token)...)
	if err != nil {
		return 0, err
	}
	return found.int(0), nil
}

func (t *tx) putEvent(connection, number int64, event *store.ConnectionEvent) error {
	_, err := t.exec("INSERT INTO connection_events (connection, number, at, kind, text) VALUES (?, ?, ?, ?, ?)",
		connection, number, toMillis(event.At), event.Kind, []byte(event.Text))
	return err
}

// DeleteConnection implements store.Connections.
func (d *Database) DeleteConnection(ctx context.Context, key store.ConnectionKey, version int64) error {
	return d.writer.do(ctx, 0, func(t *tx) error {
		id, at, err := t.connection(key)
		switch {
		case err != nil:
			return err
		case at == 0:
			return absent(key)
		case at != version:
			return moved(key, at)
		}
		if _, err := t.exec("DELETE FROM connections WHERE id = ?", id); err != nil {
			return err
		}
		if _, err := t.exec("DELETE FROM connection_events WHERE connection = ?", id); err != nil {
			return err
		}
		_, err = t.exec("DELETE FROM authorizations "+ofConnection, columnsOf(key)...)
		return err
	})
}

// ClaimConnection implements store.Connections.
func (d *Database) ClaimConnection(ctx context.Context, claim store.ConnectionClaim) (bool, error) {
	var claimed int64
	err := d.writer.do(ctx, 0, func(t *tx) (err error) {
		claimed, err = t.exec(claimConnection, append(columnsOf(claim.Key), claim.Holder, claim.Now.UnixMilli(), claim.Until.UnixMilli(), claim.Version)...)
		return err
	})
	return err == nil && claimed > 0, err
}

// ReleaseConnection implements store.Connections.
func (d *Database) ReleaseConnection(ctx context.Context, key store.ConnectionKey, holder string) error {
	return d.writer.do(ctx, 0, func(t *tx) error {
		_, err := t.exec(releaseConnection, append(columnsOf(key), holder)...)
		return err
	})
}

// DueConnections implements store.Connections.
func (d *Database) DueConnections(ctx context.Context, now time.Time, most int) ([]store.ConnectionKey, error) {
	var due []store.ConnectionKey
	err := d.readers.do(ctx, func(l *link) error {
		return l.each(dueConnections, []any{now.UnixMilli(), max(0, most)}, func(r row) error {
			due = append(due, connectionKey(r))
			return nil
		})
	})
	return due, err
}

// ListConnectionEvents implements store.Connections.
func (d *Database) ListConnectionEvents(ctx context.Context, key store.ConnectionKey, most int) ([]store.ConnectionEvent, error) {
	const query = `SELECT at, kind, text FROM connection_events WHERE connection = (SELECT id FROM connections ` + ofConnection + `)
		ORDER BY number DESC LIMIT ?`
	var found []store.ConnectionEvent
	err := d.readers.do(ctx, func(l *link) error {
		return l.each(query, append(columnsOf(key), max(0, most)), func(r row) error {
			found = append(found, store.ConnectionEvent{Key: key, At: r.time(0), Kind: r.text(1), Text: string(r.bytes(2))})
			return nil
		})
	})
	return found, err
}

// importConnection keeps a connection in place of what is there under its key.
func (t *tx) importConnection(kept *store.KeptConnection) error {
	id, err := t.putConnection(&kept.Row)
	if err != nil {
		return err
	}
	if _, err := t.exec("DELETE FROM connection_events WHERE connection = ?", id); err != nil {
		return err
	}
	for i := range kept.Events { // from the newest on, whose number is the row's version at most
		if err := t.putEvent(id, kept.Row.Version-int64(i), &kept.Events[i]); err != nil {
			return err
		}
	}
	return nil
}

func columnsOf(key store.ConnectionKey) []any {
	return []any{key.Integration, string(key.Instance), key.Name}
}

// connectionKey reads a key from the first columns.
func connectionKey(r row) store.ConnectionKey {
	return store.ConnectionKey{Integration: r.text(0), Instance: integration.InstanceName(r.text(1)), Name: r.text(2)}
}

func absent(key store.ConnectionKey) error {
	return fmt.Errorf("the connection %s: %w", key.Name, store.ErrNotFound)
}

func moved(key store.ConnectionKey, version int64) error {
	return store.Conflictf("the connection %s is at version %d: somebody else has changed it meanwhile", key.Name, version)
}
