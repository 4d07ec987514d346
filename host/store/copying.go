package store

import (
	"context"
	"time"

	"github.com/hookstep-dev/hookstep/host/integration"
)

// Copying moves the content of one database to another.
type Copying interface {
	// Export gives everything in bundles of bounded size, ordered so that Import can take them one by one. The database must not be in
	// use by a host meanwhile.
	Export(ctx context.Context, each func(*Bundle) error) error
	// Import keeps a bundle, in one transaction. What is there already under the same id, name or key is replaced, so that an
	// interrupted copy can be begun again. Executions that were Running become Queued; synchronous ones fail, at the latest when the
	// database is opened again, and their keys are free.
	Import(ctx context.Context, bundle *Bundle) error
}

// Bundle is a part of a database's content.
type Bundle struct {
	Executions []Kept
	Dedupes    []DedupeRow
	States     []StateChange
	Schedules  []ScheduleRow
	Instances  []InstanceRow
	Tokens     []Token
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
