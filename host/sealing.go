package host

import (
	"context"

	"github.com/hookstep-dev/hookstep/host/admin"
	"github.com/hookstep-dev/hookstep/host/seal"
)

// lookupEnv answers instance files.
func (h *Host) lookupEnv(name string) (string, bool) {
	if seal.IsSecret(name) {
		return "", false
	}
	return h.options.LookupEnv(name)
}

// sealSource is where the key for secrets is.
func sealSource(options *Options) seal.Source {
	set := &options.Config.Seal
	return seal.Source{
		Data: options.Config.Data, LookupEnv: options.LookupEnv, Remote: options.KeyService,
		Current: seal.Named{File: set.KeyFile, Remote: set.KMS}, Previous: seal.Named{File: set.PreviousKeyFile, Remote: set.PreviousKMS},
	}
}

// sealing is what the verbs of keys work on.
func (h *Host) sealing() admin.Sealing {
	return admin.Sealing{Box: h.box, Rows: h.connections, Connections: h.store}
}

// tendKeys looks after the keyset until ctx ends.
func (h *Host) tendKeys(ctx context.Context) { h.box.Run(ctx, h.sealing().Rows) }
