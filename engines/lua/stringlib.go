package lua

import (
	"slices"
	"strings"

	vm "github.com/yuin/gopher-lua"
)

// openString opens the string library. All of it is the sandbox's own: sizes are bounded, searches can be stopped, and
// bytes are taken wherever a string is.
func (s *sandbox) openString() {
	module := s.functions(map[string]vm.LGFunction{
		"byte":    stringByte,
		"char":    stringChar,
		"find":    s.find,
		"format":  s.format,
		"gmatch":  s.gmatch,
		"gsub":    s.gsub,
		"len":     func(l *vm.LState) int { l.Push(vm.LNumber(len(text(l, 1)))); return 1 },
		"lower":   mapped(asciiLower),
		"match":   s.match,
		"rep":     s.rep,
		"reverse": mapped(reversed),
		"sub":     stringSub,
		"upper":   mapped(asciiUpper),
	})
	s.state.SetGlobal("string", module)
	meta := s.state.CreateTable(0, 1)
	meta.RawSetString("__index", module)
	s.state.SetMetatable(vm.LString(""), meta)
	s.codec.Methods(module)
}

// mapped is a string function that changes a copy of its argument's bytes.
func mapped(change func([]byte)) vm.LGFunction {
	return func(l *vm.LState) int {
		content := []byte(text(l, 1))
		change(content)
		l.Push(vm.LString(content))
		return 1
	}
}

func asciiLower(content []byte) {
	for i, char := range content {
		if 'A' <= char && char <= 'Z' {
			content[i] = char | 0x20
		}
	}
}

func asciiUpper(content []byte) {
	for i, char := range content {
		if 'a' <= char && char <= 'z' {
			content[i] = char &^ 0x20
		}
	}
}

func reversed(content []byte) { slices.Reverse(content) }

// span turns a pair of Lua positions, which count from 1 and from the end when negative, into Go offsets.
func span(length, first, last int) (from, to int) {
	if first < 0 {
		first = max(length+first+1, 1)
	}
	if last < 0 {
		last = length + last + 1
	}
	from, to = max(first, 1)-1, min(last, length)
	if from >= to {
		return 0, 0
	}
	return from, to
}

func stringSub(l *vm.LState) int {
	subject := text(l, 1)
	from, to := span(len(subject), l.CheckInt(2), l.OptInt(3, -1))
	l.Push(vm.LString(subject[from:to]))
	return 1
}

func stringByte(l *vm.LState) int {
	subject := text(l, 1)
	first := l.OptInt(2, 1)
	from, to := span(len(subject), first, l.OptInt(3, first))
	if to-from >= maxSlots {
		l.RaiseError("string slice too long")
	}
	for _, char := range []byte(subject[from:to]) {
		l.Push(vm.LNumber(char))
	}
	return to - from
}

func stringChar(l *vm.LState) int {
	out := make([]byte, l.GetTop())
	for i := range out {
		code := l.CheckInt(i + 1)
		if code < 0 || code > 255 {
			l.ArgError(i+1, "value out of range")
		}
		out[i] = byte(code) //nolint:gosec // checked above
	}
	l.Push(vm.LString(out))
	return 1
}

func (s *sandbox) rep(l *vm.LState) int {
	piece, count := text(l, 1), float64(l.CheckNumber(2))
	separator := l.OptString(3, "")
	if !(count >= 1) {
		l.Push(vm.LString(""))
		return 1
	}
	if count*float64(len(piece)+len(separator)) > maxString {
		s.tooLong(l, "string.rep")
	}
	if len(piece)+len(separator) == 0 {
		l.Push(vm.LString(""))
		return 1
	}
	out := strings.Repeat(piece+separator, int(count)-1) + piece
	l.Push(vm.LString(out))
	return 1
}
