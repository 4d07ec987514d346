package admin

import (
	"context"
	"errors"

	"github.com/hookstep-dev/hookstep/host/seal"
	"github.com/hookstep-dev/hookstep/host/store"
)

// resealBatch is how many connections one call of ResealKeys seals again.
const resealBatch = 100

// Sealing is what the verbs of keys need.
type Sealing struct {
	Box         *seal.Box
	Rows        seal.Rows
	Connections store.Connections
}

// KeyReport tells of the keys that secrets are sealed with.
type KeyReport struct {
	seal.Status

	Sealed  map[seal.KeyID]int // connections by a key that seals something of them
	Unknown int                // connections that are sealed with a key which is not in the keyset
}

// Keys tells of the keys, and how many connections each seals.
func Keys(ctx context.Context, sealing Sealing) (KeyReport, error) {
	status, err := sealing.Box.Status(ctx)
	if err != nil {
		return KeyReport{}, keyless(err)
	}
	rows, err := sealing.Connections.ListConnections(ctx, store.ConnectionFilter{})
	if err != nil {
		return KeyReport{}, err
	}
	report := KeyReport{Status: status, Sealed: map[seal.KeyID]int{}}
	for _, key := range status.Keys {
		report.Sealed[key.ID] = 0
	}
	for i := range rows {
		report.count(&rows[i])
	}
	return report, nil
}

// count counts a row once for each key.
func (k *KeyReport) count(row *store.ConnectionRow) {
	used, unknown := map[seal.KeyID]bool{}, false
	for _, part := range [][]byte{row.Inputs, row.Token} {
		if part == nil {
			continue
		}
		id, ok := seal.KeyOf(part)
		if _, known := k.Sealed[id]; ok && known {
			used[id] = true
		} else {
			unknown = true
		}
	}
	for id := range used {
		k.Sealed[id]++
	}
	if unknown {
		k.Unknown++
	}
}

// RotateKeys adds a key with which everything is sealed from now on, unless the last one that was added is still taking over.
// ResealKeys has it take over.
func RotateKeys(ctx context.Context, sealing Sealing) error {
	return keyless(sealing.Box.Rotate(ctx))
}

// ResealKeys seals a number of connections again with the newest key. Done says that no connection needs an older one any more.
func ResealKeys(ctx context.Context, sealing Sealing) (done bool, did seal.Resealed, err error) {
	done, did, err = sealing.Box.Reseal(ctx, sealing.Rows, resealBatch)
	return done, did, keyless(err)
}

// RewrapKeys seals the keyset under the key that the host is configured to use.
func RewrapKeys(ctx context.Context, sealing Sealing) error {
	return keyless(sealing.Box.Rewrap(ctx))
}

// keyless makes a conflict of an error that says that this host does not have the right key.
func keyless(err error) error {
	if wrong, ok := errors.AsType[*seal.KeyError](err); ok {
		return store.Conflictf("%s", wrong.Error())
	}
	return err
}
