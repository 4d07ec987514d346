// Package store is the contract for keeping what must not be lost: executions, states, schedules, switches and tokens.
//
// Two databases stand behind it, with the same semantics; storetest holds both to them. All methods may be called from
// several goroutines at once. What a method has returned without an error survives the death of every process and of the
// machine's power. An error that is no fault of what was asked is one of Unavailable's kind: nothing is known to have
// been kept, and trying again later is right.
package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/sdk/fault"
)

// Store is one database.
type Store interface {
	Executions
	History
	States
	Schedules
	Instances
	Credentials
	Copying
	Maintenance
}

// Credentials is what the host is used with, and what it uses.
type Credentials interface {
	Tokens
	Connections
	Authorizations
	Keysets
}

// Errors that callers tell apart, with errors.Is.
var (
	// ErrNotFound says that what was named is not there.
	ErrNotFound = errors.New("not found")
	// ErrLost says that a claim is no longer the caller's: another host took the execution over, or it was cancelled. The
	// caller stops; nothing of what it wanted to keep was kept.
	ErrLost = errors.New("the execution is in other hands")
	// ErrConflict says that something is not in the state that the verb needs, as in cancelling what has ended.
	ErrConflict = errors.New("conflict")
)

// Conflictf makes an ErrConflict that says in words for people what is not as the verb needs it.
func Conflictf(format string, args ...any) error {
	return &conflict{words: fmt.Sprintf(format, args...)}
}

type conflict struct{ words string }

func (c *conflict) Error() string { return c.words }

func (c *conflict) Unwrap() error { return ErrConflict }

// Unavailable is the fault of a database that cannot keep anything now: full disk, lost connection, no answer in time.
// Nothing ran. It carries a RetryAfter.
func Unavailable(cause error) *fault.Fault {
	made := fault.New(fault.Host, fault.Unavailable, "the database cannot keep anything at the moment; nothing was accepted")
	made.RetryAfter = retryAfter
	made.Cause = &fault.Fault{Source: fault.Host, Code: fault.Internal, Message: cause.Error()}
	return made
}

const retryAfter = 5 * time.Second

// Flow names a flow of an instance.
type Flow struct {
	Integration string // Integration.ID
	Instance    integration.InstanceName
	Flow        integration.Slug
}

// FlowOf names the flow of a target.
func FlowOf(target *integration.Target) Flow {
	return Flow{target.Integration.ID, target.Instance.Name, target.Flow.Slug}
}

// Maintenance is what keeps a database going.
type Maintenance interface {
	// Slot is this host's number among the hosts on the database, 0 to integration.MaxSlot, its own while it lives.
	Slot() int
	// Newest is the greatest execution id that the database holds, 0 for none.
	Newest(ctx context.Context) (integration.ExecutionID, error)
	// Ping tells whether the database can be written to now.
	Ping(ctx context.Context) error
	// About tells what the database is, and who else is on it.
	About(ctx context.Context) (About, error)
	// Sweep deletes one small batch of ended executions that retention no longer covers, with all that belongs to them, and of
	// expired dedupe keys, tokens and authorizations. More says that another batch is waiting. Hosts may sweep at the same time.
	Sweep(ctx context.Context, keep Retention, now time.Time) (deleted int, more bool, err error)
	// Close ends the host's part: its claims and its slot are free for others at once. Work has returned before. Closing
	// again does nothing.
	Close(ctx context.Context) error
}

// About is what a database says of itself.
type About struct {
	Product string // and its version, for people
	Schema  int    // version of the schema
	Bytes   int64  // that it takes on its disk, about
	Others  int    // other hosts that have it open and live
}

// Retention says what of the history is kept. Executions that have not ended are always kept.
type Retention struct {
	Age   time.Duration // since the end of the execution; 0: forever
	Bytes int64         // of payloads, results and logs together, the oldest go first; 0: any number
}
