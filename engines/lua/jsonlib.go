package lua

import (
	vm "github.com/yuin/gopher-lua"

	"github.com/hookstep-dev/hookstep/engines/lua/internal/luajson"
)

// openJSON gives the json module: encode, decode, null, and the marks for what a table is.
func (s *sandbox) openJSON() {
	module := s.functions(map[string]vm.LGFunction{
		"encode": s.jsonEncode,
		"decode": s.jsonDecode,
		"array":  func(l *vm.LState) int { return mark(l, s.codec.List) },
		"object": func(l *vm.LState) int { return mark(l, s.codec.Object) },
	})
	module.RawSetString("null", s.codec.Null())
	s.state.SetGlobal(builtin, module)
}

// mark sets what a table is; without an argument it makes a new one.
func mark(l *vm.LState, set func(*vm.LTable)) int {
	table, ok := l.Get(1).(*vm.LTable)
	if !ok {
		table = l.NewTable()
	}
	set(table)
	l.Push(table)
	return 1
}

func (s *sandbox) jsonEncode(l *vm.LState) int {
	limits := luajson.Limits{Bytes: maxString, Depth: defaultDepth}
	encoded, err := s.codec.Encode(l.Context(), l.CheckAny(1), "value", limits)
	switch {
	case err != nil:
		s.throw(l, err)
	case encoded.IsRaw() || len(encoded.Blobs) > 0:
		l.RaiseError("JSON has no bytes; give text, or encode the bytes as text first")
	}
	l.Push(vm.LString(encoded.JSON))
	return 1
}

func (s *sandbox) jsonDecode(l *vm.LState) int {
	decoded, err := s.codec.Decode([]byte(text(l, 1)))
	if err != nil {
		l.RaiseError("%s", err.Error())
	}
	l.Push(decoded)
	return 1
}
