package connectiontest

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"sync"
)

// secrets are the values that no text for people may hold.
type secrets struct {
	mu   sync.Mutex
	kept []secret
}

type secret struct{ what, value string }

// How long a value must be to be looked for: a shorter one stands in texts by chance.
const shortest = 8

// made makes a canary. Its characters look different in every encoding, and fit into a header.
func (s *secrets) made(what string) string {
	value := "Canary+" + rand.Text() + "/~=" // a word, for whoever reads the log
	s.add(what, value)
	return value
}

// add keeps a value, and its single lines if it has several.
func (s *secrets) add(what, value string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	parts := []string{value}
	if strings.Contains(value, "\n") {
		parts = append(parts, strings.Split(value, "\n")...)
	}
	for _, part := range parts {
		if part = strings.TrimSpace(part); len(part) >= shortest && !s.has(part) && !isBoundary(part) {
			s.kept = append(s.kept, secret{what, part})
		}
	}
}

// isBoundary tells a line that every PEM text has.
func isBoundary(line string) bool { return strings.HasPrefix(line, "-----") }

func (s *secrets) has(value string) bool {
	for _, known := range s.kept {
		if known.value == value {
			return true
		}
	}
	return false
}

// within says which secret a text holds, and in which form; nothing if it holds none.
func (s *secrets) within(text string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	lower := strings.ToLower(text)
	for _, known := range s.kept {
		for _, form := range forms(known.value) {
			if strings.Contains(text, form.text) || form.anyCase && strings.Contains(lower, form.text) {
				return fmt.Sprintf("%s, %s", known.what, form.name)
			}
		}
	}
	return ""
}

type form struct {
	name, text string
	anyCase    bool // text is in lower case
}

// forms are the texts that give a value away.
func forms(value string) []form {
	out := []form{
		{"as it is", value, false},
		{"in JSON", strings.Trim(jsonOf(value), `"`), false},
		{"quoted", strings.Trim(fmt.Sprintf("%q", value), `"`), false},
		{"in a query", url.QueryEscape(value), false},
		{"in a path", url.PathEscape(value), false},
		{"in hex", hex.EncodeToString([]byte(value)), true},
	}
	for _, encoding := range []*base64.Encoding{base64.StdEncoding, base64.URLEncoding} {
		for before := range 3 {
			out = append(out, form{"in Base64", inside(encoding, value, before), false})
		}
	}
	return out
}

// jsonOf is a value in JSON; one that has no such form is written in Go's.
func jsonOf(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		return fmt.Sprintf("%+v", value)
	}
	return string(text)
}

// inside is what a value always looks like in Base64 when so many bytes (modulo 3) stand before it.
func inside(encoding *base64.Encoding, value string, before int) string {
	whole := encoding.EncodeToString([]byte(strings.Repeat("x", before) + value))
	from := (before*4 + 2) / 3
	to := (before + len(value)) * 4 / 3
	return whole[from:to]
}
