package reference

import (
	"slices"
	"strings"
)

func findLua(source []byte) []Reference {
	program := scanLua(source)
	list, ok := returned(program)
	if !ok {
		return nil
	}
	name := program.at(list + 3)
	if name.kind != word || !program.at(list+2).is(",") {
		return nil
	}
	var found []Reference
	for i := program.closing(list); i < len(program.list); i++ {
		if !program.at(i).is(name.text) || program.at(i-1).is(".") || program.at(i-1).is(":") {
			continue
		}
		if redeclaredLua(program, i) {
			return nil
		}
		if one, ok := useLua(program, i); ok {
			found = append(found, one)
		}
	}
	return settle(found)
}

func scanLua(source []byte) *tokens {
	s := newScanner(source)
	if s.sees("#") {
		s.skipLine()
	}
	for !s.done() {
		s.scanLua()
	}
	return match(s.out)
}

func (s *scanner) scanLua() {
	r := s.peek(0)
	switch {
	case s.sees("--"):
		s.skip(2)
		if !s.scanLong(false) {
			s.skipLine()
		}
	case r == '[' && s.scanLong(true):
	case isWord(r):
		s.scanWord()
	case r == '"' || r == '\'':
		s.scanString()
	case r <= ' ':
		s.skip(1)
	default:
		s.scanSign("...", "..", "==", "~=", "<=", ">=")
	}
}

// scanLong reads [[…]] or [=[…]=] as a literal, or only skips it as a comment does.
func (s *scanner) scanLong(keep bool) bool {
	level := 0
	for s.peek(0) == '[' && s.peek(1+level) == '=' {
		level++
	}
	if s.peek(0) != '[' || s.peek(1+level) != '[' {
		return false
	}
	t := s.here(literal)
	s.skip(2 + level)
	from := s.at
	closing := "]" + strings.Repeat("=", level) + "]"
	for !s.done() && !s.sees(closing) {
		s.skip(1)
	}
	if keep {
		s.emit(t, from)
	}
	s.skip(2 + level)
	return true
}

// returned finds the parameter list of the function that the chunk returns: its opening parenthesis.
func returned(program *tokens) (int, bool) {
	for i, each := range slices.Backward(program.list) {
		if !each.is("return") {
			continue
		}
		if program.at(i+1).is("function") && program.at(i+2).is("(") {
			return i + 2, true
		}
		if name := program.at(i + 1); name.kind == word && program.at(i+2).kind == end {
			return namedLua(program, name.text)
		}
	}
	return 0, false
}

func namedLua(program *tokens, name string) (int, bool) {
	for i := range program.list {
		switch {
		case program.at(i).is("function") && program.at(i+1).is(name) && program.at(i+2).is("("):
			return i + 2, true
		case program.at(i).is(name) && program.at(i+1).is("=") && program.at(i+2).is("function"):
			return i + 3, program.at(i + 3).is("(")
		}
	}
	return 0, false
}

func useLua(program *tokens, i int) (Reference, bool) {
	key, after := program.at(i+2), program.at(i+3)
	switch access := program.at(i + 1); {
	case access.is(".") && key.kind == word:
	case access.is("[") && key.kind == literal && after.is("]"):
		after = program.at(i + 4)
	default:
		return Reference{}, false
	}
	needed := slices.ContainsFunc([]string{".", "[", ":", "("}, after.is)
	return Reference{Key: key.text, Line: key.line, Column: key.column, Needed: needed, assigned: after.is("=")}, true
}

// redeclaredLua tells whether the name at i begins to mean something else. In a table constructor it is only a key.
func redeclaredLua(program *tokens, i int) bool {
	before, after := program.at(i-1), program.at(i+1)
	inTable := program.at(program.enclosing(i)).is("{")
	switch {
	case before.is("local"), before.is("for"), after.is("=") && !inTable, before.is(",") && after.is("in"):
		return true
	case before.is("(") || before.is(","):
		open := program.enclosing(i)
		return program.at(open).is("(") && (program.at(open-1).is("function") || program.at(open-2).is("function"))
	}
	return false
}
