package host

import (
	"context"
	"time"

	"github.com/hookstep-dev/hookstep/host/deploy"
	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/pipeline"
	"github.com/hookstep-dev/hookstep/host/schedule"
	"github.com/hookstep-dev/hookstep/host/store"
)

// begin makes what starts flows that no webhook asked for, and reads which instances take any.
func (h *Host) begin(ctx context.Context, rooms *pipeline.Rooms) error {
	h.desk = deploy.New(deploy.Parts{Rows: h.veil, Prepare: h.prepare, Accept: h.accept, Now: time.Now, Log: h.log})
	h.schedules = schedule.New(schedule.Parts{Rows: h.store, Start: h.fire, Open: h.desk.Open, Now: time.Now, Log: h.log})
	rooms.Serving = h.desk.Check
	_, err := h.desk.Refresh(ctx)
	return err
}

func (h *Host) prepare(flow store.Flow, source store.Source, request *integration.Request) (*store.Acceptance, error) {
	return h.pipeline.Prepare(pipeline.Start{Flow: flow, Source: source, Request: request})
}

func (h *Host) accept(ctx context.Context, prepared *store.Acceptance) error {
	_, err := h.pipeline.Begin(ctx, prepared)
	return err
}

func (h *Host) fire(ctx context.Context, due *schedule.Due) (skipped bool, err error) {
	started, err := h.pipeline.Start(ctx, pipeline.Start{
		Flow: due.Flow, Source: store.Schedule, Request: due.Request, Fire: &due.Fire, Single: due.Singleton,
	})
	return started.Skipped, err
}
