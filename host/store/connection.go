package store

import (
	"context"
	"time"

	"github.com/hookstep-dev/hookstep/host/integration"
)

// Connections keeps connections: their inputs and tokens as sealed bytes, what is known of them, and whose turn it is to renew one.
type Connections interface {
	// ListConnections gives the rows of a filter, in order of their keys.
	ListConnections(ctx context.Context, of ConnectionFilter) ([]ConnectionRow, error)
	// FindConnection gives a row, or ErrNotFound.
	FindConnection(ctx context.Context, key ConnectionKey) (ConnectionRow, error)
	// SaveConnection keeps a row and an event in one transaction, if the version that is kept is the row's less one (none is 0). Else
	// the error is ErrConflict and nothing is kept: someone was faster. It is ErrConflict too when the row holds what the keyset does not
	// accept: its key was replaced, and sealing again is right. The claim on the row, if there was one, is free afterwards. A nil event
	// tells nothing; the key of one is the row's, whatever it says.
	SaveConnection(ctx context.Context, row *ConnectionRow, event *ConnectionEvent) error
	// DeleteConnection forgets a row, its events and the authorizations begun for it, if it is at a version. ErrNotFound, ErrConflict.
	DeleteConnection(ctx context.Context, key ConnectionKey, version int64) error
	// ClaimConnection gives the right to renew the token of a row until a time, if the row is at the version and nobody else holds a
	// claim that has not run out. A holder may claim again to hold it longer. Held is false, without an error, when it is not given,
	// also because there is no such row. How long a claim holds is Until less Now; where hosts share a database, its own clock measures
	// that, so that no host takes a claim away because its clock is ahead of the holder's.
	ClaimConnection(ctx context.Context, claim ConnectionClaim) (held bool, err error)
	// ReleaseConnection gives a claim up; one that is another's stays.
	ReleaseConnection(ctx context.Context, key ConnectionKey, holder string) error
	// DueConnections gives up to a number of keys whose RenewAt has come, the longest due first.
	DueConnections(ctx context.Context, now time.Time, most int) ([]ConnectionKey, error)
	// ListConnectionEvents gives the newest events of a connection, newest first. The last EventsKept of each are kept.
	ListConnectionEvents(ctx context.Context, key ConnectionKey, most int) ([]ConnectionEvent, error)
}

// EventsKept is how many events of a connection are kept.
const EventsKept = 100

// Authorizations keeps authorizations that were begun, for the answer that comes to whichever host.
type Authorizations interface {
	// BeginAuthorization keeps one, of a connection with a row or without. ErrConflict when its ID is taken.
	BeginAuthorization(ctx context.Context, begun *Authorization) error
	// TakeAuthorization gives one and forgets it, so that no second call gets it. ErrNotFound also when it has run out. After another
	// error it may be gone.
	TakeAuthorization(ctx context.Context, id string, now time.Time) (*Authorization, error)
}

// Keysets keeps the keys that secrets are sealed with, themselves sealed by a key that is not in the database.
type Keysets interface {
	// FindKeyset gives the keyset, or ErrNotFound.
	FindKeyset(ctx context.Context) (Keyset, error)
	// SaveKeyset keeps it if the version that is kept is its version less one (none is 0), else ErrConflict. From its return on no
	// connection is saved that it does not accept; those that are kept already stay.
	SaveKeyset(ctx context.Context, keyset Keyset) error
}

// ConnectionKey names a connection of an instance, or with an empty Instance the one that all instances share.
type ConnectionKey struct {
	Integration string // Integration.ID
	Instance    integration.InstanceName
	Name        string // of its config variable
}

// ConnectionFilter selects rows; the zero one selects all.
type ConnectionFilter struct {
	Integration string
	Instance    *integration.InstanceName
	Status      ConnectionStatus
}

// ConnectionRow is one connection.
type ConnectionRow struct {
	Key       ConnectionKey
	Version   int64 // counts every change of the row, from 1
	Type      string
	Status    ConnectionStatus
	Cause     string    // why the status is what it is, in words for people; without secrets
	ChangedAt time.Time // when the status came to be what it is
	Inputs    []byte    // sealed; nil without any
	Token     []byte    // sealed; nil without one
	TokenAt   int64     // the Version at which Token was last replaced by another one: the token's own version
	ExpiresAt time.Time // of the token; zero: it does not
	RenewAt   time.Time // when to renew it; zero: never
}

// ConnectionStatus is what a connection is good for.
type ConnectionStatus string

// The statuses.
const (
	ConnectionPending        ConnectionStatus = "pending"         // inputs are missing, or nobody has authorized yet
	ConnectionActive         ConnectionStatus = "active"          //
	ConnectionFailed         ConnectionStatus = "error"           // the service refuses what was configured, or could not be asked for long
	ConnectionNeedsReconnect ConnectionStatus = "needs reconnect" // a person has to authorize again
)

// ConnectionStatuses lists all.
func ConnectionStatuses() []ConnectionStatus {
	return []ConnectionStatus{ConnectionPending, ConnectionActive, ConnectionFailed, ConnectionNeedsReconnect}
}

// ConnectionClaim asks for the right to renew.
type ConnectionClaim struct {
	Key     ConnectionKey
	Version int64
	Holder  string // different for each host that ever was
	Now     time.Time
	Until   time.Time
}

// ConnectionEvent is something that became of a connection.
type ConnectionEvent struct {
	Key  ConnectionKey
	At   time.Time
	Kind string // as in "authorized", "renewed", "needs reconnect"
	Text string // for people; without secrets
}

// Authorization is one that was begun.
type Authorization struct {
	ID        string // digest of what the redirect will bring; what it is a digest of is not kept
	Key       ConnectionKey
	Sealed    []byte // what only the host that takes it may read
	ExpiresAt time.Time
}

// Keyset is the sealed keyset.
type Keyset struct {
	Version int64 // from 1
	Sealed  []byte
	// Accepts are the beginnings of what may be kept as Inputs or Token of a connection; none: everything may.
	Accepts [][]byte
}
