// Package luajson turns JSON text into Lua values and back.
//
// The text is read straight into Lua tables and written straight from them. Members keep their order: a table lists its
// string keys as they were first set. Lone surrogates travel through Lua strings as their three-byte form (WTF-8).
package luajson

import (
	vm "github.com/yuin/gopher-lua"
)

// Codec reads and writes the values of one Lua state. It is not for use by several goroutines.
type Codec struct {
	state  *vm.LState
	null   *vm.LUserData
	list   *vm.LTable // metatable of lists
	record *vm.LTable // metatable of tables that are objects whatever their keys
	packed *vm.LTable // metatable of values that are bytes whatever their content
	origin map[*byte]int
}

// Packed is the content of a Lua value that stands for bytes.
type Packed string

// New makes the codec of a Lua state.
func New(state *vm.LState) *Codec {
	c := &Codec{state: state, origin: map[*byte]int{}}
	c.list = c.metatable("list")
	c.record = c.metatable("object")
	c.packed = c.metatable("bytes")
	c.packed.RawSetString("__tostring", state.NewFunction(textOfPacked))
	c.packed.RawSetString("__len", state.NewFunction(lengthOfPacked))
	meta := c.metatable("null")
	meta.RawSetString("__tostring", state.NewFunction(func(l *vm.LState) int {
		l.Push(vm.LString("null"))
		return 1
	}))
	c.null = state.NewUserData()
	c.null.Metatable = meta
	return c
}

func (c *Codec) metatable(name string) *vm.LTable {
	meta := c.state.CreateTable(0, 3)
	meta.RawSetString("__name", vm.LString(name))
	return meta
}

func textOfPacked(l *vm.LState) int {
	text, _ := l.CheckUserData(1).Value.(Packed)
	l.Push(vm.LString(text))
	return 1
}

func lengthOfPacked(l *vm.LState) int {
	text, _ := l.CheckUserData(1).Value.(Packed)
	l.Push(vm.LNumber(len(text)))
	return 1
}

// Null is the value that stands for JSON null. It is true in a condition, as every Lua value but nil and false.
func (c *Codec) Null() vm.LValue { return c.null }

// List marks a table as a list, so that it is an array even when it is empty.
func (c *Codec) List(table *vm.LTable) { table.Metatable = c.list }

// Object marks a table as an object, so that it is one even when its keys are 1 to n.
func (c *Codec) Object(table *vm.LTable) { table.Metatable = c.record }

// IsList tells whether a table is marked as a list.
func (c *Codec) IsList(table *vm.LTable) bool { return table.Metatable == vm.LValue(c.list) }

// Pack makes a value that is bytes when it leaves Lua, whatever its content.
func (c *Codec) Pack(content string) vm.LValue {
	data := c.state.NewUserData()
	data.Value = Packed(content)
	data.Metatable = c.packed
	return data
}

// Methods lets code call a table's functions as methods of packed bytes.
func (c *Codec) Methods(functions *vm.LTable) { c.packed.RawSetString("__index", functions) }
