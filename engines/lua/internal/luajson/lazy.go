package luajson

import (
	vm "github.com/yuin/gopher-lua"
)

// Lazy fills a table's members in when code looks at them.
type Lazy struct {
	names   []string
	pending map[string]func() (vm.LValue, error)
}

// Add announces a member. read is called at most once, when the member is first wanted; a nil result leaves it absent.
func (z *Lazy) Add(name string, read func() (vm.LValue, error)) {
	if z.pending == nil {
		z.pending = map[string]func() (vm.LValue, error){}
	}
	z.names = append(z.names, name)
	z.pending[name] = read
}

// Table makes a table whose members are those of z. Members that are there already come first.
func (z *Lazy) Table(state *vm.LState) *vm.LTable {
	table := state.CreateTable(0, len(z.names))
	z.Attach(state, table)
	return table
}

// Attach adds the members of z to a table that is there, in place of its metatable.
func (z *Lazy) Attach(state *vm.LState, table *vm.LTable) {
	meta := state.CreateTable(0, 2)
	holder := state.NewUserData()
	holder.Value = z
	meta.RawSetString("__lazy", holder)
	meta.RawSetString("__index", state.NewFunction(z.index))
	table.Metatable = meta
}

// index is the __index of the table.
func (z *Lazy) index(l *vm.LState) int {
	table := l.CheckTable(1)
	name, ok := l.Get(2).(vm.LString)
	if !ok {
		return 0
	}
	if err := z.fill(table, string(name)); err != nil {
		l.RaiseError("%s: %s", string(name), err.Error())
	}
	l.Push(table.RawGetString(string(name)))
	return 1
}

func (z *Lazy) fill(table *vm.LTable, name string) error {
	read, ok := z.pending[name]
	if !ok {
		return nil
	}
	delete(z.pending, name)
	item, err := read()
	if err != nil {
		return err
	}
	if item != nil && table.RawGetString(name) == vm.LNil {
		table.RawSetString(name, item)
	}
	return nil
}

// Force fills in all that is still missing, in order.
func (z *Lazy) Force(table *vm.LTable) error {
	for _, name := range z.names {
		if err := z.fill(table, name); err != nil {
			return err
		}
	}
	return nil
}

// Peek tells whether the member has been looked at.
func (z *Lazy) Peek(name string) bool {
	_, waiting := z.pending[name]
	return !waiting
}

// LazyOf finds the Lazy of a table.
func LazyOf(table *vm.LTable) (*Lazy, bool) {
	meta, ok := table.Metatable.(*vm.LTable)
	if !ok {
		return nil, false
	}
	holder, ok := meta.RawGetString("__lazy").(*vm.LUserData)
	if !ok {
		return nil, false
	}
	lazy, ok := holder.Value.(*Lazy)
	return lazy, ok
}
