package sqlite

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/hookstep-dev/hookstep/host/store"
)

// FindKeyset implements store.Keysets.
func (d *Database) FindKeyset(ctx context.Context) (store.Keyset, error) {
	var kept store.Keyset
	err := d.readers.do(ctx, func(l *link) (err error) {
		kept, err = l.keyset()
		if err == nil && kept.Version == 0 {
			err = fmt.Errorf("the keyset: %w", store.ErrNotFound)
		}
		return err
	})
	return kept, err
}

// keyset gives the one that is kept, the zero one without any.
func (l *link) keyset() (store.Keyset, error) {
	found, err := l.one("SELECT version, accepts, sealed FROM keysets")
	if err != nil || found == nil {
		return store.Keyset{}, err
	}
	kept := store.Keyset{Version: found.int(0), Sealed: found.bytes(2)}
	return kept, json.Unmarshal(found.bytes(1), &kept.Accepts)
}

// SaveKeyset implements store.Keysets.
func (d *Database) SaveKeyset(ctx context.Context, keyset store.Keyset) error {
	return d.writer.do(ctx, len(keyset.Sealed), func(t *tx) error {
		kept, err := t.keyset()
		if err != nil {
			return err
		}
		if kept.Version != keyset.Version-1 {
			return store.Conflictf("the keyset is at version %d: somebody else has changed it meanwhile", kept.Version)
		}
		return t.putKeyset(&keyset)
	})
}

func (t *tx) putKeyset(keyset *store.Keyset) error {
	accepts, err := json.Marshal(keyset.Accepts)
	if err != nil {
		return err
	}
	_, err = t.exec("INSERT OR REPLACE INTO keysets (one, version, accepts, sealed) VALUES (1, ?, ?, ?)", keyset.Version, accepts, keyset.Sealed)
	return err
}

// accepted refuses what is sealed with a key that is no longer in use.
func (t *tx) accepted(all ...[]byte) error {
	kept, err := t.keyset()
	if err != nil || len(kept.Accepts) == 0 {
		return err
	}
	for _, sealed := range all {
		if sealed != nil && !slices.ContainsFunc(kept.Accepts, func(prefix []byte) bool { return bytes.HasPrefix(sealed, prefix) }) {
			return store.Conflictf("the key that the connection is sealed with was replaced")
		}
	}
	return nil
}
