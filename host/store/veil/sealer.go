package veil

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"strings"

	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/store"
)

// Sealer encrypts credentials of callers: they are not among the secrets that are known, so no mark can stand for them. What is
// sealed in an execution opens in that one only. Hosts of one database have the same key, or see each other's as redact.Hidden.
type Sealer struct{ key []byte }

// NewSealer makes one. The key has at least 16 bytes that nobody can guess, and is not used as it is.
func NewSealer(key []byte) *Sealer { return &Sealer{key} }

// place is what a sealed value belongs to.
type place struct {
	flow      store.Flow
	execution integration.ExecutionID
	header    string
}

// A sealed value stands between these. Like a mark it begins with a ⟦ that is not doubled.
const (
	sealedIntro = "⟦sealed "
	sealedEnd   = "⟧"
)

func (s *Sealer) seal(plain string, at place) (string, error) {
	lock, err := s.lock(at)
	if err != nil {
		return "", err
	}
	sealed := lock.Seal(nil, nil, []byte(plain), nil) //nolint:gosec // this cipher makes its nonces itself
	return sealedIntro + base64.RawStdEncoding.EncodeToString(sealed) + sealedEnd, nil
}

func (s *Sealer) open(kept string, at place) (string, error) {
	sealed, err := base64.RawStdEncoding.DecodeString(strings.TrimSuffix(strings.TrimPrefix(kept, sealedIntro), sealedEnd))
	if err != nil {
		return "", errors.New("it is no sealed value")
	}
	lock, err := s.lock(at)
	if err != nil {
		return "", err
	}
	plain, err := lock.Open(nil, nil, sealed, nil)
	if err != nil {
		return "", errors.New("it was sealed with another key, or elsewhere")
	}
	return string(plain), nil
}

// lock gives the cipher of a place. Each place has a key of its own.
func (s *Sealer) lock(at place) (cipher.AEAD, error) {
	info := strings.Join([]string{
		"credential of a caller", at.flow.Integration, string(at.flow.Instance), string(at.flow.Flow), at.execution.String(), at.header,
	}, "\x00")
	key, err := hkdf.Key(sha256.New, s.key, nil, info, 32)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}
