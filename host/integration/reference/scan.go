package reference

import (
	"strings"
	"unicode"
)

// scanner cuts a source into tokens. It stops at what it does not understand: a syntax error is for the compiler to tell.
type scanner struct {
	source []rune
	at     int
	line   int
	column int
	out    []token
}

func newScanner(source []byte) *scanner {
	return &scanner{source: []rune(string(source)), line: 1, column: 1}
}

func (s *scanner) done() bool { return s.at >= len(s.source) }

func (s *scanner) peek(ahead int) rune {
	if s.at+ahead >= len(s.source) {
		return 0
	}
	return s.source[s.at+ahead]
}

func (s *scanner) sees(text string) bool {
	for i, r := range []rune(text) {
		if s.peek(i) != r {
			return false
		}
	}
	return true
}

func (s *scanner) skip(count int) {
	for ; count > 0 && !s.done(); count-- {
		if s.source[s.at] == '\n' {
			s.line, s.column = s.line+1, 0
		}
		s.at++
		s.column++
	}
}

// skipPast skips all up to the end of the text; without it, the rest.
func (s *scanner) skipPast(text string) {
	for !s.done() && !s.sees(text) {
		s.skip(1)
	}
	s.skip(len([]rune(text)))
}

func (s *scanner) skipLine() {
	for !s.done() && s.peek(0) != '\n' {
		s.skip(1)
	}
}

// here begins a token.
func (s *scanner) here(k kind) token { return token{kind: k, line: s.line, column: s.column} }

func (s *scanner) emit(t token, from int) {
	t.text = string(s.source[from:s.at])
	s.out = append(s.out, t)
}

func isWord(r rune) bool { return r == '_' || r == '$' || unicode.IsLetter(r) || unicode.IsDigit(r) }

func (s *scanner) scanWord() {
	t, from := s.here(word), s.at
	if unicode.IsDigit(s.peek(0)) {
		t.kind = number
	}
	for isWord(s.peek(0)) {
		s.skip(1)
	}
	s.emit(t, from)
}

// scanString reads a string in quotes. A simple escape stands for its character; it matters for no key.
func (s *scanner) scanString() {
	t := s.here(literal)
	quote := s.peek(0)
	s.skip(1)
	var value strings.Builder
	for !s.done() && s.peek(0) != quote && s.peek(0) != '\n' {
		if s.peek(0) == '\\' {
			s.skip(1)
		}
		value.WriteRune(s.peek(0))
		s.skip(1)
	}
	s.skip(1)
	t.text = value.String()
	s.out = append(s.out, t)
}

// scanSign reads the longest of the signs, else one character.
func (s *scanner) scanSign(long ...string) {
	t, from := s.here(sign), s.at
	for _, candidate := range long {
		if s.sees(candidate) {
			s.skip(len(candidate))
			s.emit(t, from)
			return
		}
	}
	s.skip(1)
	s.emit(t, from)
}
