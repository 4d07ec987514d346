package lua

import (
	"errors"
	"maps"
	"slices"

	vm "github.com/yuin/gopher-lua"

	"github.com/hookstep-dev/hookstep/engines/lua/internal/luajson"
	"github.com/hookstep-dev/hookstep/sdk/engine"
	"github.com/hookstep-dev/hookstep/sdk/fault"
	"github.com/hookstep-dev/hookstep/sdk/hostapi"
)

// Sizes of a Lua state. The stacks begin small, because every coroutine has its own, and grow.
const (
	maxCalls      = 6000    // Lua calls inside each other, per coroutine
	firstSlots    = 512     // of the registry, which holds locals and arguments
	slotStep      = 2048    // by which it grows
	maxSlots      = 1 << 18 // where that ends
	maxCoroutines = 100     // coroutines that resume each other; each takes native stack
	maxString     = 64 << 20
)

// sandbox is one Lua state with what code may reach from it. It serves one run.
type sandbox struct {
	state   *vm.LState
	codec   *luajson.Codec
	faults  *vm.LTable // metatable of errors that carry a fault
	headers *vm.LTable // metatable of header tables
	program *program
	host    hostapi.Host
	step    engine.Step
	loaded  map[string]vm.LValue
	loading []string
	nested  int // coroutines that are resumed inside each other now
}

func newSandbox() *sandbox {
	state := vm.NewState(vm.Options{
		SkipOpenLibs:        true,
		CallStackSize:       maxCalls,
		MinimizeStackMemory: true,
		RegistrySize:        firstSlots,
		RegistryGrowStep:    slotStep,
		RegistryMaxSize:     maxSlots,
	})
	state.Panic = raise
	s := &sandbox{state: state, codec: luajson.New(state), loaded: map[string]vm.LValue{}}
	s.openBase()
	s.openString()
	s.openHost()
	s.offer()
	return s
}

// offer makes the globals that most code doesn't use come into being when code looks at them.
func (s *sandbox) offer() {
	lazy := &luajson.Lazy{}
	for _, library := range []struct {
		name string
		open func()
	}{
		{"coroutine", s.openCoroutine},
		{builtin, s.openJSON},
		{"math", s.openMath},
		{"os", s.openOS},
		{"table", s.openTable},
	} {
		lazy.Add(library.name, func() (vm.LValue, error) {
			library.open()
			return s.state.G.Global.RawGetString(library.name), nil
		})
	}
	lazy.Attach(s.state, s.state.G.Global)
}

func (s *sandbox) close() { s.state.Close() }

// functions makes a table of native functions.
func (s *sandbox) functions(list map[string]vm.LGFunction) *vm.LTable {
	table := s.state.CreateTable(0, len(list))
	for _, name := range slices.Sorted(maps.Keys(list)) {
		table.RawSetString(name, s.state.NewFunction(list[name]))
	}
	return table
}

// open runs one of the interpreter's own library openers.
func (s *sandbox) open(opener vm.LGFunction) {
	s.state.Push(s.state.NewFunction(opener))
	s.state.Call(0, 0)
}

// throw raises an error that keeps its fault when nobody catches it. It does not return.
func (s *sandbox) throw(l *vm.LState, err error) {
	failure, ok := errors.AsType[*fault.Fault](err)
	if !ok {
		l.RaiseError("%s", err.Error())
		return
	}
	data := l.NewUserData()
	data.Value = failure
	data.Metatable = s.faults
	l.Error(data, 0)
}

// faultType makes the metatable of errors that carry a fault: code reads message, name, code and source, and may treat
// them as the string that other errors are.
func (s *sandbox) faultType() *vm.LTable {
	return s.functions(map[string]vm.LGFunction{
		"__tostring": func(l *vm.LState) int {
			l.Push(vm.LString(text(l, 1)))
			return 1
		},
		"__concat": func(l *vm.LState) int {
			l.Push(vm.LString(text(l, 1) + text(l, 2)))
			return 1
		},
		"__index": func(l *vm.LState) int {
			failure, _ := l.CheckUserData(1).Value.(*fault.Fault)
			l.Push(s.faultField(failure, l.CheckString(2)))
			return 1
		},
	})
}

func (s *sandbox) faultField(failure *fault.Fault, name string) vm.LValue {
	switch name {
	case "message":
		return vm.LString(failure.Message)
	case "name":
		return vm.LString(failure.Name)
	case "code":
		return vm.LString(failure.Code)
	case "source":
		return vm.LString(failure.Source)
	}
	return s.state.GetField(s.state.GetGlobal("string"), name)
}

// tooLong raises the error for a string beyond maxString.
func (s *sandbox) tooLong(l *vm.LState, what string) {
	s.throw(l, fault.New(fault.Limit, fault.Memory, "%s: the result is larger than the limit of %d bytes for one string", what, maxString))
}
