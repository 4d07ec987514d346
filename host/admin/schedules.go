package admin

import (
	"context"

	"github.com/hookstep-dev/hookstep/host/store"
)

// Schedules lists the schedules of all hosts, by name.
func Schedules(ctx context.Context, schedules store.Schedules) ([]store.ScheduleRow, error) {
	return schedules.ListSchedules(ctx)
}
