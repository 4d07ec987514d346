package seal

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"slices"
)

// secrets are what the hosts of a database share, by name. A map does not change once it is made.
type secrets map[string][]byte

// Secret gives a secret of the database by its name: the same one on all its hosts and, whatever becomes of the keys, for as long as there
// is the keyset. Where there is none of that name yet, what first gives is kept and is the secret, unless another host is faster. It
// stands in the keyset, so it goes with that into copies of the database, and is sealed again with each newest key.
func (b *Box) Secret(ctx context.Context, name string, first func() ([]byte, error)) ([]byte, error) {
	known, err := b.confirmed(ctx)
	if err != nil {
		return nil, err
	}
	if _, ok := known.secrets[name]; !ok {
		if err := b.addSecret(ctx, name, first); err != nil {
			return nil, err
		}
	}
	return bytes.Clone(b.ring.Load().secrets[name]), nil
}

func (b *Box) addSecret(ctx context.Context, name string, first func() ([]byte, error)) error {
	return b.change(ctx, func(now *ring) (*draft, error) {
		if _, ok := now.secrets[name]; ok {
			return nil, nil // nothing to do
		}
		made, err := first()
		if err != nil {
			return nil, err
		}
		next := now.draft()
		next.secrets = maps.Clone(now.secrets)
		if next.secrets == nil {
			next.secrets = secrets{}
		}
		next.secrets[name] = made
		return next, nil
	})
}

// names lists them for the header, which says what must be there.
func (s secrets) names() []string { return slices.Sorted(maps.Keys(s)) }

// seal seals all of them with the newest key of a ring, bound to its header; nil for none.
func (s secrets) seal(by *ring, head []byte) ([]byte, error) {
	if len(s) == 0 {
		return nil, nil
	}
	plain, err := json.Marshal(s)
	if err != nil {
		return nil, err
	}
	return by.primitive.Encrypt(plain, associated(sharing, head))
}

// openSecrets reads those of a kept keyset.
func (r *ring) openSecrets(read *document) error {
	if len(read.Secrets) > 0 {
		plain, err := r.primitive.Decrypt(read.Secrets, associated(sharing, read.Header))
		if err != nil {
			return damaged("what hosts share in it does not open")
		}
		if json.Unmarshal(plain, &r.secrets) != nil { // its error may show a part
			return damaged("what hosts share in it cannot be read")
		}
	}
	if !slices.Equal(r.secrets.names(), r.header.Secrets) {
		return damaged("its header names other secrets than it holds")
	}
	return nil
}
