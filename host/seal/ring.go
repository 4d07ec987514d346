package seal

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/tink"

	"github.com/hookstep-dev/hookstep/host/store"
	"github.com/hookstep-dev/hookstep/sdk/fault"
)

// KeyID is the public number of a key in the keyset. All that is sealed begins with that of its key.
type KeyID uint32

// String is what operators see.
func (id KeyID) String() string { return fmt.Sprintf("%08x", uint32(id)) }

// MarshalText implements encoding.TextMarshaler.
func (id KeyID) MarshalText() ([]byte, error) { return []byte(id.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (id *KeyID) UnmarshalText(text []byte) error {
	number, err := strconv.ParseUint(string(text), 16, 32)
	*id = KeyID(number)
	return err
}

// prefixSize is the length of what Tink writes before everything sealed: a byte of its own, and the key's id.
const (
	prefixSize = 5
	prefixByte = 1
)

// KeyOf reads which key something was sealed with, without opening it. It is false for what is too short or of another form.
func KeyOf(sealed []byte) (id KeyID, ok bool) {
	if len(sealed) < prefixSize || sealed[0] != prefixByte {
		return 0, false
	}
	return KeyID(binary.BigEndian.Uint32(sealed[1:prefixSize])), true
}

func (id KeyID) prefix() []byte {
	return binary.BigEndian.AppendUint32([]byte{prefixByte}, uint32(id))
}

// Key is what may be told of a key.
type Key struct {
	ID        KeyID     `json:"id"`
	Primary   bool      `json:"primary,omitempty"` // everything is sealed with it now
	CreatedAt time.Time `json:"createdAt"`
	ClosedAt  time.Time `json:"closedAt,omitzero"` // nothing that is sealed with it is kept since
	UnusedAt  time.Time `json:"unusedAt,omitzero"` // no connection is sealed with it since
}

// header is what a keyset says of itself in clear. It cannot be changed without the keys: it is associated data of both seals.
type header struct {
	Format    int       `json:"format"`
	Version   int64     `json:"version"`
	Master    string    `json:"master"` // id of the master key that wraps it
	WrappedAt time.Time `json:"wrappedAt"`
	Keys      []Key     `json:"keys"`
	Secrets   []string  `json:"secrets,omitempty"` // names, in order
}

const headerFormat = 1

func (h *header) primary() KeyID {
	at := slices.IndexFunc(h.Keys, func(key Key) bool { return key.Primary })
	if at < 0 {
		return 0
	}
	return h.Keys[at].ID
}

func (h *header) clone() header {
	made := *h
	made.Keys = slices.Clone(h.Keys)
	return made
}

// document is a keyset as it is kept.
type document struct {
	Header  json.RawMessage `json:"header"`
	Wrapped []byte          `json:"wrapped"` // the keys, sealed by the master key
	// Proof is nothing, sealed with the newest key: who has the keys but not the master key can tell by it that the header is true. Only
	// so a host can go on when another one has wrapped the keyset with another master key.
	Proof   []byte `json:"proof"`
	Secrets []byte `json:"secrets,omitempty"` // sealed with the newest key
}

// ring is a keyset that was opened. It does not change.
type ring struct {
	version   int64
	sealed    []byte // as it is kept
	header    header
	handle    *keyset.Handle
	primitive tink.AEAD
	secrets   secrets
	wrapper   master // nil: the keyset was wrapped by a key that this host does not have
}

// draft is what the keyset that follows is made of.
type draft struct {
	header  header
	handle  *keyset.Handle
	wrapper master
	secrets secrets
}

// draft is one that changes nothing. Its header may be changed.
func (r *ring) draft() *draft {
	return &draft{header: r.header.clone(), handle: r.handle, wrapper: r.wrapper, secrets: r.secrets}
}

func (r *ring) has(id KeyID) bool {
	return slices.ContainsFunc(r.header.Keys, func(key Key) bool { return key.ID == id })
}

// Purposes of associated data.
const (
	wrapping = "hookstep keyset 1\x00"
	proving  = "hookstep keyset proof 1\x00"
	sharing  = "hookstep keyset secrets 1\x00"
)

// associated binds to a header. It is short, for services that keep keys limit it.
func associated(purpose string, header []byte) []byte {
	digest := sha256.Sum256(header)
	return append([]byte(purpose), digest[:]...)
}

// newRing makes the keyset of a draft, of a version.
func newRing(ctx context.Context, of *draft, version int64) (*ring, error) {
	head := of.header
	head.Version, head.Master, head.Secrets = version, of.wrapper.ID(), of.secrets.names()
	made := &ring{version: version, header: head, handle: of.handle, wrapper: of.wrapper, secrets: of.secrets}
	var err error
	if made.primitive, err = aead.New(of.handle); err != nil {
		return nil, err
	}
	var kept document
	if kept.Header, err = json.Marshal(head); err != nil {
		return nil, err
	}
	var wrapped bytes.Buffer
	if err := of.handle.WriteWithContext(ctx, keyset.NewBinaryWriter(&wrapped), of.wrapper, associated(wrapping, kept.Header)); err != nil {
		return nil, fmt.Errorf("wrapping the keyset with the key of %s: %w", of.wrapper, err)
	}
	kept.Wrapped = wrapped.Bytes()
	if kept.Proof, err = made.primitive.Encrypt(nil, associated(proving, kept.Header)); err != nil {
		return nil, err
	}
	if kept.Secrets, err = of.secrets.seal(made, kept.Header); err != nil {
		return nil, err
	}
	made.sealed, err = json.Marshal(kept)
	return made, err
}

// kept is the ring for the store.
func (r *ring) kept() store.Keyset {
	made := store.Keyset{Version: r.version, Sealed: r.sealed}
	for _, key := range r.header.Keys {
		if key.ClosedAt.IsZero() {
			made.Accepts = append(made.Accepts, key.ID.prefix())
		}
	}
	return made
}

// load opens a kept keyset.
func (b *Box) load(ctx context.Context, kept store.Keyset) (*ring, error) {
	read, head, err := readDocument(kept)
	if err != nil {
		return nil, err
	}
	wrapper, ok := b.masters.find(head.Master)
	if !ok {
		return b.carryOn(kept, read, head)
	}
	handle, err := keyset.ReadWithContext(ctx, keyset.NewBinaryReader(bytes.NewReader(read.Wrapped)), wrapper, associated(wrapping, read.Header))
	if err != nil {
		return nil, &KeyError{Problem: fmt.Sprintf("the keyset in the database does not open with its key, %s from %s", head.Master, wrapper), Err: err}
	}
	made := &ring{version: kept.Version, sealed: kept.Sealed, header: head, handle: handle, wrapper: wrapper}
	if !made.consistent() {
		return nil, damaged("its header names other keys than it holds")
	}
	if made.primitive, err = aead.New(handle); err != nil {
		return nil, err
	}
	return made, made.openSecrets(&read)
}

// carryOn goes on with the keys that are known when somebody has wrapped them with a master key that this host does not have.
func (b *Box) carryOn(kept store.Keyset, read document, head header) (*ring, error) {
	known := b.ring.Load()
	if known == nil {
		return nil, wrong(head.Master, b.masters)
	}
	made := &ring{version: kept.Version, sealed: kept.Sealed, header: head, handle: known.handle, primitive: known.primitive}
	if _, err := known.primitive.Decrypt(read.Proof, associated(proving, read.Header)); err != nil || !made.consistent() {
		return nil, wrong(head.Master, b.masters)
	}
	return made, made.openSecrets(&read)
}

// consistent tells that header and keys agree.
func (r *ring) consistent() bool {
	told := r.handle.KeysetInfo()
	if len(told.GetKeyInfo()) != len(r.header.Keys) || KeyID(told.GetPrimaryKeyId()) != r.header.primary() {
		return false
	}
	for _, key := range told.GetKeyInfo() {
		if !r.has(KeyID(key.GetKeyId())) {
			return false
		}
	}
	return true
}

func readDocument(kept store.Keyset) (read document, head header, err error) {
	err = json.Unmarshal(kept.Sealed, &read)
	if err == nil {
		err = json.Unmarshal(read.Header, &head)
	}
	switch {
	case err != nil:
		err = damaged("it cannot be read")
	case head.Format != headerFormat:
		err = fault.New(fault.Host, fault.Unsupported, "the keyset in the database is of form %d, which this version of Hookstep does not know", head.Format)
	case head.Version != kept.Version:
		err = damaged(fmt.Sprintf("it says that it is version %d, and is kept as version %d", head.Version, kept.Version))
	}
	return read, head, err
}

func damaged(why string) error {
	return &KeyError{Problem: "the keyset in the database is damaged, " + why + ": restore it, or the whole database, from a backup. Without one, " + wayOut}
}
