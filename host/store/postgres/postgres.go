// Package postgres keeps executions in PostgreSQL, for any number of hosts.
//
// The tables of schema/ are the truth. River's jobs wake the hosts: one is inserted in the transaction that makes an execution due,
// and says no more than that there is work. Who works on what is decided by compare-and-set of owner and epoch in the execution's row,
// so that a job which comes late or twice finds nothing to do.
//
// Hosts write what many callers ask for at the same time in one transaction. A transaction that meets a deadlock or a serialization
// failure is repeated; a connection that is lost or does not answer within Options.Patience makes store.Unavailable, and the next
// call connects again.
//
// Times: a host's life and the time at which waiting executions wake are judged by the database's clock, which hosts read every few
// seconds and carry on with their monotonic one, so neither a host's wrong clock nor one that jumps moves them. The times that
// callers give (starts, ends, keys' expiry) are kept as given.
//
// A host that is killed leaves its executions to the others: its life is over when it has been silent for Options.Silence (15 s),
// others look every fifth part of that, so its work goes on within 18 s. A host that ends in order hands over at once.
//
// Waiting executions wake by River's scheduler: its leader looks every 5 s for what is due in the next 5 s, and hosts look for what is
// due now every second at least. A wait of less than 10 s is also timed by the host that began it, to a few milliseconds. When the leader
// is killed, another one is elected within 21 s; what is overdue by 6 s meanwhile is woken by any host at its next look, 3 s later at most.
package postgres

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"

	"github.com/hookstep-dev/hookstep/host/store"
	"github.com/hookstep-dev/hookstep/host/store/record"
)

// Options are the settings of a Database.
type Options struct {
	URL      string           // postgres://… as libpq takes it
	Now      func() time.Time // nil: time.Now
	Log      *slog.Logger     // nil: slog.Default
	Silence  time.Duration    // after which a host counts as dead; 0: 15 s
	Patience time.Duration    // how long the database may take to answer before its callers are told that it is unavailable; 0: 5 s
}

func (o Options) withDefaults() Options {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.Silence == 0 {
		o.Silence = 15 * time.Second
	}
	if o.Patience == 0 {
		o.Patience = 5 * time.Second
	}
	return o
}

// Database is a store.Store.
type Database struct {
	options  Options
	pool     *pgxpool.Pool // for all that this package does
	engine   *pgxpool.Pool // for River, whose own statements may take longer than ours
	inserter *river.Client[pgx.Tx]
	codec    *record.Codec
	names    *names
	life     atomic.Pointer[life]
	clock    clock
	held     holding
	apart    atomic.Pointer[spread]
	claims   atomic.Int64    // beginnings and ends of the claimer's transactions: odd while there is one
	strays   map[stray]int64 // what claims was when tend, which alone uses this, saw them first
	served   atomic.Int32    // the instance that had its turn last
	workings atomic.Int64    // how often Work was called

	intake   *batcher[*arrival]
	progress *batcher[*advance]
	claimer  *batcher[*permit]

	weighing sync.Mutex // of the following
	weighed  time.Time  // when all that is kept was added up
	weight   int64      // its bytes

	stop    context.CancelFunc
	ending  sync.Once
	ended   error         // what Close came to
	closing chan struct{} // closed by Close
	timing  atomic.Int32  // short waits that this host times
	running sync.WaitGroup
}

// Open connects to the database, brings its schema up to date, and registers this host. Close must follow.
func Open(ctx context.Context, options Options) (*Database, error) {
	options = options.withDefaults()
	codec, err := record.New()
	if err != nil {
		return nil, err
	}
	made := &Database{options: options, codec: codec, names: newNames(), closing: make(chan struct{})}
	if err := made.connect(ctx); err != nil {
		return nil, err
	}
	if err := made.begin(ctx); err != nil {
		made.disconnect()
		return nil, err
	}
	return made, nil
}

func (d *Database) begin(ctx context.Context) error {
	if err := d.migrate(ctx); err != nil {
		return err
	}
	if _, err := d.readSpread(ctx); err != nil {
		return unavailable(err)
	}
	inserter, err := d.newInserter()
	if err != nil {
		return err
	}
	d.inserter = inserter
	if err := d.register(ctx); err != nil {
		return err
	}
	work, stop := context.WithCancel(context.WithoutCancel(ctx))
	d.stop = stop
	d.intake = newBatcher(d.options.Patience, d.writeArrivals)
	d.progress = newBatcher(d.options.Patience, d.writeAdvances)
	d.claimer = newBatcher(claimPatience*d.options.Patience, d.claim)
	for _, loop := range []func(context.Context){d.intake.run, d.progress.run, d.claimer.run, d.beat, d.tend, d.listen} {
		d.running.Go(func() { loop(work) })
	}
	return nil
}

// Close implements store.Maintenance.
func (d *Database) Close(ctx context.Context) error {
	d.ending.Do(func() {
		close(d.closing)
		d.stop()
		d.running.Wait()
		d.held.dropAll(errClosed())
		d.ended = d.resign(ctx)
		d.disconnect()
	})
	return d.ended
}

var _ store.Store = (*Database)(nil)

// Ping implements store.Maintenance.
func (d *Database) Ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, d.options.Patience)
	defer cancel()
	var readOnly bool
	err := d.pool.QueryRow(ctx, "select pg_is_in_recovery() or current_setting('transaction_read_only')::boolean").Scan(&readOnly)
	if err == nil && readOnly {
		err = errors.New("the database takes no writes: it is a standby, or set to read only")
	}
	return unavailable(err)
}

// ceiling is the first millisecond that is not before a time.
func ceiling(at time.Time) int64 { return at.Add(time.Millisecond - 1).UnixMilli() }
