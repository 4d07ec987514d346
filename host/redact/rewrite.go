package redact

import (
	"bytes"
	"strings"
)

// shortestTorn is from how many bytes on the beginning of a secret tells something.
const shortestTorn = 4

// search goes from one pattern of an index to the next.
type search struct {
	index *index
	text  []byte
	walk  *walk // in JSON
	at    int
	found *pattern
	over  bool
}

// from gives the first pattern at a place or behind it; nil when there is none. Places only grow.
func (s *search) from(place int) *pattern {
	if s.over || s.found != nil && s.at >= place {
		return s.found
	}
	in, suits := plain, func(int, *pattern) bool { return true }
	if s.walk != nil {
		in, suits = quoted|number, s.walk.suits
	}
	s.at, s.found = s.index.next(s.text, place, in, suits)
	s.over = s.found == nil
	return s.found
}

// searches begins one for the set and each one beside it.
func (s *Set) searches(text []byte, isJSON bool) []search {
	made := make([]search, 0, 2)
	for ; s != nil; s = s.beside {
		one := search{index: &s.index, text: text}
		if isJSON {
			one.walk = &walk{text: text}
		}
		made = append(made, one)
	}
	return made
}

// first gives what comes first from a place on, the longest of several, and of equal ones that of the set that others are beside; nil
// when there is nothing.
func first(among []search, place int) *search {
	var best *search
	for i := range among {
		one := &among[i]
		if found := one.from(place); found != nil &&
			(best == nil || one.at < best.at || one.at == best.at && len(found.text) >= len(best.found.text)) {
			best = one
		}
	}
	return best
}

// rewrite puts marks in the place of patterns, and with double doubles every ⟦ in between. Unchanged, the result is text itself.
func (s *Set) rewrite(text []byte, isJSON, double bool) (made []byte, changed bool) {
	among := s.searches(text, isJSON)
	done := 0
	pass := func(to int) {
		piece := text[done:to]
		if double {
			piece, _ = doubled(piece)
		}
		made = append(made, piece...)
	}
	for next := first(among, 0); next != nil; next = first(among, done) {
		pass(next.at)
		made = append(made, next.found.mark...)
		done = next.at + len(next.found.text)
	}
	switch {
	case done == 0 && !double:
		return text, false
	case done == 0:
		return doubled(text)
	}
	pass(len(text))
	return made, true
}

// walk knows whether a place of a JSON text is inside of a string. Its places only grow.
type walk struct {
	text   []byte
	at     int
	inside bool
}

// suits tells whether a pattern that is at a place may be replaced there.
func (w *walk) suits(at int, one *pattern) bool {
	w.to(at)
	switch {
	case w.at != at: // in an escape
		return false
	case one.mode == number:
		return !w.inside && !isNumberPart(w.text, at-1) && !isNumberPart(w.text, at+len(one.text))
	}
	return w.inside && isWithin(w.text[at:], len(one.text))
}

// to goes to a place, or behind it if that is in an escape.
func (w *walk) to(place int) {
	for w.at < place {
		if !w.inside {
			next := bytes.IndexByte(w.text[w.at:place], '"')
			if next < 0 {
				w.at = place
				return
			}
			w.at += next + 1
			w.inside = true
			continue
		}
		switch w.text[w.at] {
		case '"':
			w.inside = false
			w.at++
		case '\\':
			w.at += escapeSize(w.text[w.at:])
		default:
			w.at++
		}
	}
}

func escapeSize(text []byte) int {
	if len(text) > 1 && text[1] == 'u' {
		return len(`\u0000`)
	}
	return len(`\n`)
}

// isWithin tells whether the first bytes of the rest of a string are still in it, and end with a whole character.
func isWithin(text []byte, size int) bool {
	at := 0
	for at < size {
		switch text[at] {
		case '"':
			return false
		case '\\':
			at += escapeSize(text[at:])
		default:
			at++
		}
	}
	return at == size
}

func isNumberPart(text []byte, at int) bool {
	return at >= 0 && at < len(text) && strings.IndexByte("+-.eE0123456789", text[at]) >= 0
}

// torn finds the longest beginning of a pattern that a text ends with: where it begins, and its mark. The mark is empty without one.
func (x *index) torn(text string) (at int, mark string) {
	longest := shortestTorn - 1
	for _, all := range x.heads {
		for _, one := range all {
			for size := min(len(one.text), len(text)); one.mode&plain != 0 && size > longest; size-- {
				if strings.HasSuffix(text, one.text[:size]) {
					longest, mark = size, one.mark
				}
			}
		}
	}
	return len(text) - longest, mark
}
