// Package veil hides secrets in words that somebody else wrote.
package veil

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"html"
	"net/url"
	"slices"
	"strings"
	"unicode"
)

// Hidden stands where a secret stood.
const Hidden = "[hidden]"

// window is the length of a part of a secret that is hidden as the whole is. What is shorter gives nothing away.
const window = 8

// Veil knows the secrets that must not be told. The zero one knows none.
type Veil struct {
	short []string
	parts map[string]bool // every part of a secret that is window long
}

// New makes a veil over secrets in all forms in which they travel: as they are, escaped for URLs, JSON and HTML, in Base64 and hex.
func New(secrets ...string) Veil {
	veil := Veil{parts: map[string]bool{}}
	for _, secret := range secrets {
		for _, form := range forms(secret) {
			veil = veil.with(lower(form))
		}
	}
	return veil
}

func forms(secret string) []string {
	quoted, err := json.Marshal(secret)
	if err != nil {
		quoted = nil // no string fails
	}
	bytes := []byte(secret)
	return []string{
		secret, url.QueryEscape(secret), url.PathEscape(secret), strings.Trim(string(quoted), `"`), html.EscapeString(secret),
		base64.RawStdEncoding.EncodeToString(bytes), base64.RawURLEncoding.EncodeToString(bytes), hex.EncodeToString(bytes),
	}
}

func (v Veil) with(form string) Veil {
	switch {
	case form == "":
	case len(form) < window:
		v.short = append(v.short, form)
	default:
		for i := range len(form) - window + 1 {
			v.parts[form[i:i+window]] = true
		}
	}
	return v
}

// Hide gives the text with every secret, and every longer part of one, replaced.
func (v Veil) Hide(text string) string {
	folded, hidden := lower(text), make([]bool, len(text))
	mark := func(from, length int) {
		for i := range length {
			hidden[from+i] = true
		}
	}
	for i := range max(0, len(folded)-window+1) {
		if v.parts[folded[i:i+window]] {
			mark(i, window)
		}
	}
	for _, short := range v.short {
		for from := 0; ; {
			at := strings.Index(folded[from:], short)
			if at < 0 {
				break
			}
			mark(from+at, len(short))
			from += at + 1
		}
	}
	return replaced(text, hidden)
}

func replaced(text string, hidden []bool) string {
	if !slices.Contains(hidden, true) {
		return text
	}
	var told strings.Builder
	for i := range len(text) {
		switch {
		case !hidden[i]:
			told.WriteByte(text[i])
		case i == 0 || !hidden[i-1]:
			told.WriteString(Hidden)
		}
	}
	return told.String()
}

// Words makes a text of a stranger fit for one line of a message: secrets hidden, no control characters, at most limit characters.
func (v Veil) Words(text string, limit int) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return ' '
		}
		if !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, ""))
	runes := []rune(v.Hide(strings.Join(strings.Fields(text), " ")))
	if len(runes) > limit {
		return strings.TrimSpace(string(runes[:limit])) + "…"
	}
	return string(runes)
}

// lower folds ASCII letters alone, so that places in the text stay what they are.
func lower(text string) string {
	folded := []byte(text)
	for i, b := range folded {
		if 'A' <= b && b <= 'Z' {
			folded[i] = b + 'a' - 'A'
		}
	}
	return string(folded)
}
