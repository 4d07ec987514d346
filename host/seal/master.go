package seal

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"strings"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/aead/xaesgcm"
	"github.com/tink-crypto/tink-go/v2/insecuresecretdataaccess"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/secretdata"
	"github.com/tink-crypto/tink-go/v2/tink"
)

// master is a key that wraps the keyset.
type master interface {
	tink.AEADWithContext
	// ID names the key and tells nothing of it.
	ID() string
	// String tells where it comes from.
	String() string
}

const (
	keyPrefix = "hsk1_" // so that people, and scanners of leaked secrets, know one when they see it
	keyBytes  = 32
	idBytes   = 6
	saltBytes = 12 // what XAES-256-GCM specifies
)

// NewKeyText makes a master key, as it stands in a file or a variable: 256 random bits.
func NewKeyText() string {
	secret := make([]byte, keyBytes)
	rand.Read(secret)
	return keyPrefix + base64.RawURLEncoding.EncodeToString(secret)
}

// IDOfKey gives the public id of the master key of a text, or an error that does not hold the text.
func IDOfKey(text string) (string, error) {
	secret, err := parseKey(text)
	if err != nil {
		return "", err
	}
	return idOf(secret), nil
}

func parseKey(text string) ([]byte, error) {
	encoded, ok := strings.CutPrefix(strings.TrimSpace(text), keyPrefix)
	if !ok {
		return nil, errors.New("it does not begin with " + keyPrefix + ", as `hookstep keys new` writes it")
	}
	secret, err := base64.RawURLEncoding.Strict().DecodeString(encoded)
	switch {
	case err != nil:
		return nil, errors.New("it is no key: after " + keyPrefix + " come 43 letters, digits, - or _") // the error would show a part of it
	case len(secret) != keyBytes:
		return nil, fmt.Errorf("it is no whole key: it has %d bytes, not %d", len(secret), keyBytes)
	}
	return secret, nil
}

// idOf is a digest that the key makes of a fixed text.
func idOf(secret []byte) string {
	digest := hmac.New(sha256.New, secret)
	digest.Write([]byte("hookstep master key id 1"))
	return hex.EncodeToString(digest.Sum(nil)[:idBytes])
}

// local is a master key in memory.
type local struct {
	id     string
	origin string
	key    tink.AEAD
}

// newLocal makes the master key of a text.
func newLocal(text, origin string) (*local, error) {
	secret, err := parseKey(text)
	if err != nil {
		return nil, keyErrorf("%s holds no key for secrets: %v", origin, err)
	}
	primitive, err := primitiveOf(secret)
	if err != nil {
		return nil, err
	}
	return &local{id: idOf(secret), origin: origin, key: primitive}, nil
}

// primitiveOf makes XAES-256-GCM of a key.
func primitiveOf(secret []byte) (tink.AEAD, error) {
	parameters, err := xaesgcm.NewParameters(xaesgcm.VariantNoPrefix, saltBytes)
	if err != nil {
		return nil, err
	}
	key, err := xaesgcm.NewKey(secretdata.NewBytesFromData(secret, insecuresecretdataaccess.Token{}), 0, parameters)
	if err != nil {
		return nil, err
	}
	manager := keyset.NewManager()
	id, err := manager.AddKey(key)
	if err == nil {
		err = manager.SetPrimary(id)
	}
	if err != nil {
		return nil, err
	}
	handle, err := manager.Handle()
	if err != nil {
		return nil, err
	}
	return aead.New(handle)
}

func (l *local) ID() string { return l.id }

func (l *local) String() string { return l.origin }

// LogValue hides the key.
func (l *local) LogValue() slog.Value { return slog.StringValue(l.id + " from " + l.origin) }

// EncryptWithContext implements tink.AEADWithContext.
func (l *local) EncryptWithContext(_ context.Context, plain, associated []byte) ([]byte, error) {
	return l.key.Encrypt(plain, associated)
}

// DecryptWithContext implements tink.AEADWithContext.
func (l *local) DecryptWithContext(_ context.Context, sealed, associated []byte) ([]byte, error) {
	return l.key.Decrypt(sealed, associated)
}
