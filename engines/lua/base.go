package lua

import (
	"math"
	"strconv"
	"strings"

	vm "github.com/yuin/gopher-lua"

	"github.com/hookstep-dev/hookstep/engines/lua/internal/luajson"
	"github.com/hookstep-dev/hookstep/sdk/fault"
)

// openBase opens the basic functions without those that reach files, the process or the garbage collector.
func (s *sandbox) openBase() {
	s.open(vm.OpenBase)
	for _, name := range []string{"dofile", "loadfile", "module", "newproxy", "_printregs", "_GOPHER_LUA_VERSION"} {
		s.state.SetGlobal(name, vm.LNil)
	}
	s.faults = s.faultType()
	s.headers = s.headerType()
	s.state.SetGlobal("null", s.codec.Null())
	for name, function := range map[string]vm.LGFunction{
		"assert":         assert,
		"bytes":          s.bytes,
		"collectgarbage": func(l *vm.LState) int { l.Push(vm.LNumber(0)); return 1 },
		"load":           s.load,
		"loadstring":     s.loadString,
		"next":           next,
		"pairs":          pairs,
		"print":          s.print,
		"require":        s.require,
		"setmetatable":   setMetatable,
		"tonumber":       toNumber,
		"unpack":         unpack,
	} {
		s.state.SetGlobal(name, s.state.NewFunction(function))
	}
}

// bytes marks a string as bytes, whatever it holds.
func (s *sandbox) bytes(l *vm.LState) int {
	l.Push(s.codec.Pack(text(l, 1)))
	return 1
}

// text reads a string argument; bytes, numbers and the errors of native functions do as well.
func text(l *vm.LState, n int) string {
	if data, ok := l.Get(n).(*vm.LUserData); ok {
		switch content := data.Value.(type) {
		case luajson.Packed:
			return string(content)
		case *fault.Fault:
			return content.Message
		}
	}
	return l.CheckString(n)
}

func assert(l *vm.LState) int {
	l.CheckAny(1)
	if l.ToBool(1) {
		return l.GetTop()
	}
	message := l.Get(2)
	if message == vm.LNil {
		message = vm.LString("assertion failed!")
	}
	l.Error(message, 0)
	return 0
}

// force fills a table in that is read member by member otherwise.
func force(l *vm.LState, table *vm.LTable) {
	if lazy, ok := luajson.LazyOf(table); ok {
		if err := lazy.Force(table); err != nil {
			l.RaiseError("%s", err.Error())
		}
	}
}

func next(l *vm.LState) int {
	table := l.CheckTable(1)
	force(l, table)
	key, item := table.Next(l.Get(2))
	if key == vm.LNil {
		l.Push(vm.LNil)
		return 1
	}
	l.Push(key)
	l.Push(item)
	return 2
}

func pairs(l *vm.LState) int {
	table := l.CheckTable(1)
	force(l, table)
	l.Push(l.NewFunction(next))
	l.Push(table)
	l.Push(vm.LNil)
	return 3
}

// setMetatable is the standard function for tables alone: the interpreter's own changes the type of all strings too.
func setMetatable(l *vm.LState) int {
	table := l.CheckTable(1)
	l.CheckTypes(2, vm.LTNil, vm.LTTable)
	if meta, ok := table.Metatable.(*vm.LTable); ok && meta.RawGetString("__metatable") != vm.LNil {
		l.RaiseError("cannot change a protected metatable")
	}
	force(l, table)
	l.SetMetatable(table, l.Get(2))
	l.SetTop(1)
	return 1
}

func toNumber(l *vm.LState) int {
	l.Push(vm.LNil)
	base := l.OptInt(2, 10)
	if base < 2 || base > 36 {
		l.ArgError(2, "base out of range")
	}
	switch v := l.CheckAny(1).(type) {
	case vm.LNumber:
		l.Push(v)
	case vm.LString:
		if number, ok := parseNumber(strings.TrimSpace(string(v)), base); ok {
			l.Push(vm.LNumber(number))
		}
	}
	return 1
}

func parseNumber(digits string, base int) (float64, bool) {
	if base != 10 {
		if base == 16 {
			digits = strings.TrimPrefix(strings.TrimPrefix(digits, "0x"), "0X")
		}
		whole, err := strconv.ParseUint(digits, base, 64)
		return float64(whole), err == nil
	}
	unsigned := strings.TrimLeft(digits, "+-")
	if len(digits)-len(unsigned) > 1 || unsigned == "" || strings.ContainsAny(digits, "_iInN") {
		return 0, false
	}
	if hex, found := strings.CutPrefix(strings.ToLower(unsigned), "0x"); found {
		whole, err := strconv.ParseUint(hex, 16, 64)
		if digits[0] == '-' {
			return -float64(whole), err == nil
		}
		return float64(whole), err == nil
	}
	number, err := strconv.ParseFloat(digits, 64)
	return number, err == nil || math.IsInf(number, 0)
}
