package store

import (
	"context"
	"time"

	"github.com/hookstep-dev/hookstep/host/integration"
)

// Schedules keeps when flows are due.
type Schedules interface {
	// PutSchedules makes the schedules of a host's configuration known: one that is new, or whose Spec changed, starts at its Next,
	// others stay where they are. What is not among them any more stays until DropSchedules.
	PutSchedules(ctx context.Context, schedules []ScheduleRow) error
	// DropSchedules forgets schedules.
	DropSchedules(ctx context.Context, names []ScheduleName) error
	// MoveSchedule moves a schedule on, or back, without an execution. Moved is false, and nothing is changed, if it stands elsewhere
	// than at the Fire's time.
	MoveSchedule(ctx context.Context, fire *Fire) (moved bool, err error)
	// ListSchedules gives all, by name.
	ListSchedules(ctx context.Context) ([]ScheduleRow, error)
	// DueSchedules gives those whose Next is not after now, the earliest first, and when the earliest of the others is due (zero: none).
	DueSchedules(ctx context.Context, now time.Time) (due []ScheduleRow, next time.Time, err error)
}

// ScheduleName is the flow that a schedule starts; a flow has one.
type ScheduleName = Flow

// ScheduleRow is where a schedule stands.
type ScheduleRow struct {
	Name      ScheduleName
	Spec      string    // what was configured, in one line; a change starts it anew
	Next      time.Time // when it is due, to the millisecond; zero: never again
	Last      time.Time // when it fired last; zero: never
	LastFired integration.ExecutionID
}
