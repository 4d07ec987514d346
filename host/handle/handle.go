// Package handle makes the texts that stand for secrets where code may not see them.
//
// A handle is no secret. It is made of names with a key, so that nobody who can put text into what code sends on (the sender of a
// webhook, say) can know one and have the host put a secret in its place. It stays the same as long as key and names do: over
// restarts, on every host that has the key, and when the secret is renewed. Its characters need no escaping in URLs, JSON, forms
// and headers.
package handle

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"strings"
)

const (
	prefix = "hks-"
	digits = 26 // of base32: 130 bits
	length = len(prefix) + digits
)

// Key makes handles. Handles of different keys have nothing in common.
type Key []byte

// Owner is whose secrets are meant: those of one connection of an instance.
type Owner struct {
	Integration string // its ID
	Instance    string
	Connection  string // name of the config variable
}

// Of gives the handle of a field, as in "apiKey" or "token.access_token".
func (k Key) Of(owner Owner, field string) string {
	mac := hmac.New(sha256.New, k)
	mac.Write([]byte(strings.Join([]string{"handle", owner.Integration, owner.Instance, owner.Connection, field}, "\x00")))
	return prefix + strings.ToLower(base32.StdEncoding.EncodeToString(mac.Sum(nil)))[:digits]
}

// Set holds secrets by their handles. It does not change while it is in use.
type Set map[string]string

// Find gives what looks like a handle in a text, each once, in the order in which they come. It keeps no part of the text.
func Find(text []byte) []string {
	var found []string
	seen := map[string]bool{}
	for {
		at := next(text)
		if at < 0 {
			return found
		}
		if one := string(text[at : at+length]); !seen[one] {
			seen[one] = true
			found = append(found, one)
		}
		text = text[at+length:]
	}
}

// next gives the place of the first handle in a text, -1 without one.
func next(text []byte) int {
	for from := 0; ; {
		at := bytes.Index(text[from:], []byte(prefix))
		if at < 0 || len(text)-from-at < length {
			return -1
		}
		at += from
		if isDigits(text[at+len(prefix) : at+length]) {
			return at
		}
		from = at + 1
	}
}

func isDigits(text []byte) bool {
	for _, c := range text {
		if (c < 'a' || c > 'z') && (c < '2' || c > '7') {
			return false
		}
	}
	return true
}

// replace puts the secret in the place of each handle that the set has, in the form that the text needs. It gives the text
// itself if there is none.
func (s Set) replace(text []byte, escape func(secret string) string) []byte {
	var out []byte
	rest := text
	for {
		at := next(rest)
		if at < 0 {
			break
		}
		end := at + length
		if secret, known := s[string(rest[at:end])]; known {
			out = append(append(out, rest[:at]...), escape(secret)...)
		} else {
			out = append(out, rest[:end]...)
		}
		rest = rest[end:]
	}
	if out == nil {
		return text
	}
	return append(out, rest...)
}
