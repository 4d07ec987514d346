package native

import (
	"crypto/hmac"
	"crypto/md5" //nolint:gosec // user code asks for it, as the services that it talks to do
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha1" //nolint:gosec // user code asks for it, as the services that it talks to do
	"crypto/sha256"
	"crypto/sha512"
	"crypto/subtle"
	"encoding/hex"
	"hash"
	"strings"
)

// maxRandom is how many random bytes one call gives.
const maxRandom = 64 << 20

// maxRounds bounds key derivation, which cannot be interrupted.
const maxRounds = 2_000_000

func cryptoTable() Table {
	return Table{
		"digest": func(a Arguments) (any, error) {
			made, err := newHash(a.String(0))
			if err != nil {
				return nil, err
			}
			sum := made()
			sum.Write(a.Bytes(1))
			return sum.Sum(nil), nil
		},
		"hmac": func(a Arguments) (any, error) {
			made, err := newHash(a.String(0))
			if err != nil {
				return nil, err
			}
			sum := hmac.New(made, a.Bytes(1))
			sum.Write(a.Bytes(2))
			return sum.Sum(nil), nil
		},
		"isHash":      func(a Arguments) (any, error) { _, err := newHash(a.String(0)); return err == nil, nil },
		"randomBytes": randomBytes,
		"randomUUID":  func(Arguments) (any, error) { return randomUUID(), nil },
		"sameBytes": func(a Arguments) (any, error) {
			return subtle.ConstantTimeCompare(a.Bytes(0), a.Bytes(1)) == 1, nil
		},
		"pbkdf2": deriveKey,
	}
}

func newHash(name string) (func() hash.Hash, error) {
	switch strings.ReplaceAll(strings.TrimPrefix(strings.ToLower(name), "rsa-"), "-", "") {
	case "md5":
		return md5.New, nil
	case "sha1":
		return sha1.New, nil
	case "sha224":
		return sha256.New224, nil
	case "sha256":
		return sha256.New, nil
	case "sha384":
		return sha512.New384, nil
	case "sha512":
		return sha512.New, nil
	case "sha512/256", "sha512256":
		return sha512.New512_256, nil
	}
	return nil, &Error{Class: "Error", Code: "ERR_CRYPTO_INVALID_DIGEST", Message: "Digest method not supported: " + name}
}

func randomBytes(a Arguments) (any, error) {
	size := a.Number(0)
	if size < 0 || size > maxRandom {
		return nil, &Error{Class: "RangeError", Code: "ERR_OUT_OF_RANGE", Message: "The value of \"size\" is out of range: at most 67108864 bytes"}
	}
	raw := make([]byte, int(size))
	_, _ = rand.Read(raw) // never fails
	return raw, nil
}

func randomUUID() string {
	var raw [16]byte
	_, _ = rand.Read(raw[:]) // never fails
	raw[6] = raw[6]&0x0f | 0x40
	raw[8] = raw[8]&0x3f | 0x80
	text := hex.EncodeToString(raw[:])
	return text[:8] + "-" + text[8:12] + "-" + text[12:16] + "-" + text[16:20] + "-" + text[20:]
}

// deriveKey is pbkdf2(password, salt, rounds, length, digest).
func deriveKey(a Arguments) (any, error) {
	made, err := newHash(a.String(4))
	if err != nil {
		return nil, err
	}
	rounds, length := a.Int(2), a.Int(3)
	if rounds < 1 || rounds > maxRounds || length < 0 || length > 1<<20 {
		return nil, Fail("RangeError", "pbkdf2 takes 1 to %d iterations and keys of at most 1 MiB here", maxRounds)
	}
	key, err := pbkdf2.Key(made, string(a.Bytes(0)), a.Bytes(1), rounds, length)
	if err != nil {
		return nil, Fail("Error", "%v", err)
	}
	return key, nil
}
