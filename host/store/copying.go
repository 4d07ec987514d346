package store

import (
	"context"
	"errors"
	"time"

	"github.com/hookstep-dev/hookstep/host/integration"
)

// Copying moves the content of one database to another.
type Copying interface {
	// Export gives everything in bundles of bounded size, ordered so that Import can take them one by one; but not authorizations that
	// were begun, nor claims, which run out by themselves. The database must not be in use by a host meanwhile.
	Export(ctx context.Context, each func(*Bundle) error) error
	// Import keeps a bundle, in one transaction. What is there already under the same id, name or key is replaced, so that an
	// interrupted copy can be begun again. Executions that were Running become Queued; synchronous ones fail, at the latest when the
	// database is opened again, and their keys are free.
	Import(ctx context.Context, bundle *Bundle) error
}

// Bundle is a part of a database's content.
type Bundle struct {
	Executions  []Kept
	Dedupes     []DedupeRow
	States      []StateChange
	Schedules   []ScheduleRow
	Instances   []InstanceRow
	Tokens      []Token
	Connections []KeptConnection
	Keyset      *Keyset // nil: not in this bundle, or none at all
}

// KeptConnection is a connection with what became of it.
type KeptConnection struct {
	Row    ConnectionRow
	Events []ConnectionEvent // the newest first
}

// Sealed is how many bytes of connections a bundle has.
func (b *Bundle) Sealed() (bytes int64) {
	for i := range b.Connections {
		bytes += int64(len(b.Connections[i].Row.Inputs) + len(b.Connections[i].Row.Token))
	}
	return bytes
}

// Kept is an execution with all that belongs to it.
type Kept struct {
	Detail    Detail
	Chunks    []LogChunk
	Lanes     []Lane
	LanesHeld int // of Lanes, from the first, those that it has a place in
	CancelKey string
}

// DedupeRow is a dedupe key in use.
type DedupeRow struct {
	Flow      Flow
	Key       string
	First     integration.ExecutionID
	ExpiresAt time.Time
	Answer    *integration.Response // nil while the first execution runs
}

// The most that one bundle of ExportConnections holds.
const (
	connectionsAtOnce = 100
	connectionBytes   = 16 << 20 // of what is sealed, but for one connection that has more
)

// ExportConnections is the part of a database's Export that gives the keyset and the connections.
func ExportConnections(ctx context.Context, from interface {
	Connections
	Keysets
}, each func(*Bundle) error,
) error {
	bundle := &Bundle{}
	keyset, err := from.FindKeyset(ctx)
	switch {
	case err == nil:
		bundle.Keyset = &keyset
	case !errors.Is(err, ErrNotFound):
		return err
	}
	rows, err := from.ListConnections(ctx, ConnectionFilter{})
	if err != nil {
		return err
	}
	for _, row := range rows {
		events, err := from.ListConnectionEvents(ctx, row.Key, EventsKept)
		if err != nil {
			return err
		}
		bundle.Connections = append(bundle.Connections, KeptConnection{row, events})
		if bundle.Sealed() > connectionBytes || len(bundle.Connections) == connectionsAtOnce {
			if err := each(bundle); err != nil {
				return err
			}
			bundle = &Bundle{}
		}
	}
	return each(bundle)
}
