package lua

import (
	"sort"
	"strings"

	vm "github.com/yuin/gopher-lua"
)

// nativeStride is how many items a native loop handles between two looks at the context.
const nativeStride = 4096

// ended raises an error when the run was stopped, so that loops in native code end too.
func ended(l *vm.LState) {
	if ctx := l.Context(); ctx != nil && ctx.Err() != nil {
		l.RaiseError("%s", ctx.Err().Error())
	}
}

// openTable opens the table library. Functions that could fill or walk a table without end are the sandbox's own.
func (s *sandbox) openTable() {
	s.open(vm.OpenTable)
	module, ok := s.state.GetGlobal("table").(*vm.LTable)
	if !ok {
		return
	}
	for name, function := range map[string]vm.LGFunction{
		"concat": s.concat,
		"insert": insert,
		"sort":   sortTable,
		"unpack": unpack,
	} {
		module.RawSetString(name, s.state.NewFunction(function))
	}
}

func (s *sandbox) concat(l *vm.LState) int {
	table := l.CheckTable(1)
	separator := l.OptString(2, "")
	first, last := l.OptInt(3, 1), l.OptInt(4, table.Len())
	var out strings.Builder
	for i := first; i <= last; i++ {
		item := table.RawGetInt(i)
		if !vm.LVCanConvToString(item) {
			l.RaiseError("invalid value (%s) at index %d in table for 'concat'", item.Type().String(), i)
		}
		out.WriteString(vm.LVAsString(item))
		if i < last {
			out.WriteString(separator)
		}
		if out.Len() > maxString {
			s.tooLong(l, "table.concat")
		}
		if i%nativeStride == 0 {
			ended(l)
		}
	}
	l.Push(vm.LString(out.String()))
	return 1
}

func insert(l *vm.LState) int {
	table := l.CheckTable(1)
	length := table.Len()
	switch l.GetTop() {
	case 2:
		table.RawSetInt(length+1, l.Get(2))
		return 0
	case 3:
	default:
		l.RaiseError("wrong number of arguments to 'insert'")
	}
	at := l.CheckInt(2)
	if at < 1 || at > length+1 {
		l.ArgError(2, "position out of bounds")
	}
	if at == length+1 {
		table.RawSetInt(at, l.Get(3))
		return 0
	}
	table.Insert(at, l.CheckAny(3))
	return 0
}

func unpack(l *vm.LState) int {
	table := l.CheckTable(1)
	first, last := l.OptInt(2, 1), l.OptInt(3, table.Len())
	if first > last {
		return 0
	}
	if last-first >= maxSlots || last-first < 0 {
		l.RaiseError("too many results to unpack")
	}
	for i := first; i <= last; i++ {
		l.Push(table.RawGetInt(i))
	}
	return last - first + 1
}

// sorter orders the items of a table.
type sorter struct {
	state *vm.LState
	less  *vm.LFunction // nil: by <
	items []vm.LValue
	count int
}

func (s *sorter) Len() int      { return len(s.items) }
func (s *sorter) Swap(i, j int) { s.items[i], s.items[j] = s.items[j], s.items[i] }

func (s *sorter) Less(i, j int) bool {
	if s.count++; s.count%nativeStride == 0 {
		ended(s.state)
	}
	if s.less == nil {
		return s.state.LessThan(s.items[i], s.items[j])
	}
	s.state.Push(s.less)
	s.state.Push(s.items[i])
	s.state.Push(s.items[j])
	s.state.Call(2, 1)
	smaller := s.state.ToBool(-1)
	s.state.Pop(1)
	return smaller
}

func sortTable(l *vm.LState) int {
	table := l.CheckTable(1)
	by := &sorter{state: l, items: make([]vm.LValue, table.Len())}
	if l.Get(2) != vm.LNil {
		by.less = l.CheckFunction(2)
	}
	for i := range by.items {
		by.items[i] = table.RawGetInt(i + 1)
	}
	sort.Sort(by)
	for i, item := range by.items {
		table.RawSetInt(i+1, item)
	}
	return 0
}
