package host

import (
	"bytes"
	"context"
	"crypto/rand"
	"log/slog"
	"time"

	"github.com/hookstep-dev/hookstep/host/admin"
	"github.com/hookstep-dev/hookstep/host/config"
	"github.com/hookstep-dev/hookstep/host/seal"
)

// lookupEnv answers instance files.
func (h *Host) lookupEnv(name string) (string, bool) {
	if seal.IsSecret(name) {
		return "", false
	}
	return h.options.LookupEnv(name)
}

// SealSource is where the key for secrets is, by a configuration, an environment and a service that keeps keys; nil: none.
func SealSource(of *config.Config, lookupEnv func(name string) (string, bool), service seal.Remote) seal.Source {
	set := &of.Seal
	return seal.Source{
		Data: of.Data, LookupEnv: lookupEnv, Remote: service,
		Current: seal.Named{File: set.KeyFile, Remote: set.KMS}, Previous: seal.Named{File: set.PreviousKeyFile, Remote: set.PreviousKMS},
	}
}

// shared are keys that all hosts of a database have in common. They are kept in its keyset.
type shared struct {
	hiding   []byte // of what stands for secrets: handles, and what is sealed in executions
	endpoint []byte // of the tokens in URLs that nobody can guess
}

// unseal opens the box of the database, and makes or finds what its hosts share.
func (h *Host) unseal(ctx context.Context) (err error) {
	source := SealSource(&h.options.Config, h.options.LookupEnv, h.options.KeyService)
	if h.box, err = seal.Open(ctx, seal.Options{Source: source, Kept: h.store, Now: time.Now, Log: h.log}); err != nil {
		return err
	}
	if h.shared.hiding, err = h.box.Secret(ctx, "hiding", randomKey); err != nil {
		return err
	}
	h.shared.endpoint, err = h.endpointKey(ctx)
	return err
}

// endpointKey gives the key that the database has. One that an earlier version left in the data folder is taken over by a database
// without one. Otherwise the database's is right: it makes the URLs that all the other hosts answer, and that callers know.
func (h *Host) endpointKey(ctx context.Context) ([]byte, error) {
	own, unread := config.EndpointKey(h.options.Config.Data)
	key, err := h.box.Secret(ctx, "endpoint", func() ([]byte, error) {
		if own != nil || unread != nil {
			return own, unread
		}
		return randomKey()
	})
	if err == nil && own != nil && !bytes.Equal(own, key) {
		h.log.LogAttrs(ctx, slog.LevelWarn, "the data folder has another endpoint.key than the database, which is not used: URLs of unguessable endpoints "+
			"that were made with it are answered no more; give callers the ones that `hookstep serve` tells, and remove the file",
			slog.String("folder", h.options.Config.Data))
	}
	return key, err
}

const sharedBytes = 32

func randomKey() ([]byte, error) {
	made := make([]byte, sharedBytes)
	rand.Read(made)
	return made, nil
}

// sealing is what the verbs of keys work on.
func (h *Host) sealing() admin.Sealing {
	return admin.Sealing{Box: h.box, Rows: h.connections, Connections: h.store}
}

// tendKeys looks after the keyset until ctx ends.
func (h *Host) tendKeys(ctx context.Context) { h.box.Run(ctx, h.sealing().Rows) }
