// Package redact hides secrets in what is kept and told.
//
// A Set knows the secrets of one instance, and the forms that they take when they are written into something else: as JSON, in a URL,
// in Base64, in hexadecimal digits. What it finds it replaces by a mark that names the secret:
//
//	⟦secret Shop API.apiKey⟧   ⟦secret Shop API.password:base64 at 2⟧
//
// For what is told to people (logs, faults) that is all; see Set.Text. What is kept for code to go on with is hidden with a way back: Reveal
// puts the secret of today in the place of its mark. Texts come from strangers too, and one who could write a mark would be given a
// secret; so Hide doubles every ⟦ that it finds, and one that stands alone is a mark of its own making. This is the invariant:
// Reveal is given nothing but what Hide made, and each Hide is undone once.
//
// Long runs of letters and digits of a secret are looked for too, for they survive whatever is escaped around them. What a secret was made
// into by other means than writing it down is not found: compressed, encrypted, hashed, cut into pieces.
package redact

import (
	"log/slog"
	"strings"
)

// Shortest is how many bytes a secret must have to be looked for. A shorter one would be found in ordinary text.
const Shortest = window

// Secret is a text that is not to be seen. Printing one tells its name only.
type Secret struct {
	Name  string // for people and for marks, as in "Shop API.apiKey"; the same name may have several values, of which the first is revealed
	Value string
}

// String gives the name.
func (s Secret) String() string { return "secret " + s.Name }

// GoString gives the name.
func (s Secret) GoString() string { return s.String() }

// LogValue gives the name.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalText gives the name.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// The parts of a mark. A mark has no character that JSON escapes.
const (
	opening = "⟦" // every one in a hidden text either begins a mark or is doubled
	closing = "⟧"
	intro   = opening + "secret "

	longestMark = 512 // bytes; names are cut so that none is longer
)

// labelOf writes a name and a form as a mark holds them, short enough for one. Names of ordinary length have labels of their own.
func labelOf(name, form string) string {
	const hex = "0123456789ABCDEF"
	var label strings.Builder
	for i := 0; i < len(name) && label.Len() < longestMark/2; i++ {
		char := name[i]
		switch {
		case isAlphanumeric(char), strings.IndexByte(" ._-/", char) >= 0:
			label.WriteByte(char)
		default:
			label.WriteByte('=')
			label.WriteByte(hex[char>>4])
			label.WriteByte(hex[char&15])
		}
	}
	if form != "" {
		label.WriteString(":" + form)
	}
	return label.String()
}

func markOf(label string) string { return intro + label + closing }
