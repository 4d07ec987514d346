package host

import (
	"github.com/hookstep-dev/hookstep/host/deploy"
	"github.com/hookstep-dev/hookstep/host/pipeline"
	"github.com/hookstep-dev/hookstep/host/store"
	"github.com/hookstep-dev/hookstep/host/supervisor"
)

// StoreOf is where a host keeps what it accepted.
func StoreOf(h *Host) store.Store { return h.store }

// PipelineOf gives the verbs of a host.
func PipelineOf(h *Host) *pipeline.Pipeline { return h.pipeline }

// ProcessesOf are the engine processes of a host.
func ProcessesOf(h *Host) []supervisor.ProcessStats { return h.supervisor.Stats() }

// DeskOf deploys and removes instances of a host.
func DeskOf(h *Host) *deploy.Desk { return h.desk }
