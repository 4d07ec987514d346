package postgres

import (
	"context"

	"github.com/hookstep-dev/hookstep/host/store"
)

// about leaves out this host, and hosts that have been silent for so long that they count as dead.
const about = `select current_setting('server_version'), (select version from schema), pg_database_size(current_database()),
	(select count(*) from hosts where life <> $1 and seen >= clock_timestamp() - $2::bigint * interval '1 millisecond')`

// About implements store.Maintenance.
func (d *Database) About(ctx context.Context) (store.About, error) {
	ctx, cancel := context.WithTimeout(ctx, d.options.Patience)
	defer cancel()
	var found store.About
	err := d.pool.QueryRow(ctx, about, d.life.Load().number, d.options.Silence.Milliseconds()).Scan(
		&found.Product, &found.Schema, &found.Bytes, &found.Others)
	found.Product = "PostgreSQL " + found.Product
	return found, unavailable(err)
}
