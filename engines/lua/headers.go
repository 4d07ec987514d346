package lua

import (
	"strings"

	vm "github.com/yuin/gopher-lua"

	"github.com/hookstep-dev/hookstep/sdk/fault"
	"github.com/hookstep-dev/hookstep/sdk/hostapi"
)

// headerType makes the metatable of header tables: names are in lower case, and look-up ignores case.
func (s *sandbox) headerType() *vm.LTable {
	return s.functions(map[string]vm.LGFunction{
		"__index": func(l *vm.LState) int {
			name, ok := l.Get(2).(vm.LString)
			if !ok {
				return 0
			}
			l.Push(l.CheckTable(1).RawGetString(strings.ToLower(string(name))))
			return 1
		},
	})
}

// headerTable makes a table of header lines. Lines of one name are joined.
func (s *sandbox) headerTable(lines []hostapi.Header) *vm.LTable {
	table := s.state.CreateTable(0, len(lines))
	for _, line := range lines {
		name := strings.ToLower(line.Name)
		text := line.Value
		if before, ok := table.RawGetString(name).(vm.LString); ok {
			text = string(before) + ", " + text
		}
		table.RawSetString(name, vm.LString(text))
	}
	table.Metatable = s.headers
	return table
}

// headerLines reads headers that code gives: strings, numbers, booleans, or a list of them for several lines of a name.
func headerLines(table *vm.LTable, path string) ([]hostapi.Header, error) {
	var out []hostapi.Header
	for key, item := table.Next(vm.LNil); key != vm.LNil; key, item = table.Next(key) {
		name, ok := key.(vm.LString)
		if !ok {
			return nil, fault.New(fault.User, fault.BadResult, "%s must be a table of names, but has the key %s", path, key.String())
		}
		lines, err := headerValues(string(name), item, path)
		if err != nil {
			return nil, err
		}
		out = append(out, lines...)
	}
	return out, nil
}

func headerValues(name string, item vm.LValue, path string) ([]hostapi.Header, error) {
	items := []vm.LValue{item}
	if list, ok := item.(*vm.LTable); ok {
		items = items[:0]
		for i := 1; i <= list.Len(); i++ {
			items = append(items, list.RawGetInt(i))
		}
	}
	var out []hostapi.Header
	for _, item := range items {
		switch item.(type) {
		case vm.LString, vm.LNumber, vm.LBool:
			out = append(out, hostapi.Header{Name: name, Value: item.String()})
		default:
			return nil, fault.New(fault.User, fault.BadResult, "%s[%q] is a %s; a header is a string", path, name, item.Type())
		}
	}
	return out, nil
}
