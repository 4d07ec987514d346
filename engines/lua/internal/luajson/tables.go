package luajson

import (
	"context"
	"math"
	"strconv"
	"strings"

	vm "github.com/yuin/gopher-lua"

	"github.com/hookstep-dev/hookstep/sdk/fault"
)

// table writes a list, or an object with its members in the order in which they were first set.
func (w *writer) table(ctx context.Context, table *vm.LTable) error {
	if len(w.path) >= w.limits.Depth {
		return fault.New(fault.Limit, fault.ResultSize, "%s nests deeper than the limit of %d", w.where(), w.limits.Depth)
	}
	for i := range w.path {
		if w.path[i].table == table {
			return w.bad("is a cycle: it contains itself")
		}
	}
	w.path = append(w.path, part{table: table})
	if err := w.content(ctx, table); err != nil {
		return err
	}
	w.path = w.path[:len(w.path)-1]
	return nil
}

func (w *writer) content(ctx context.Context, table *vm.LTable) error {
	if force, ok := LazyOf(table); ok {
		if err := force.Force(table); err != nil {
			return err
		}
	}
	shape := w.shape(table)
	switch {
	case shape.members > 0 && shape.items > 0 && !shape.object:
		return w.bad("has both list items and named members; use two tables, or json.object for string keys")
	case shape.list:
		return w.list(ctx, table, shape.items)
	}
	return w.object(ctx, table)
}

// shape is what a table's keys say.
type shape struct {
	items   int // largest index of a list item
	members int // keys that are strings
	list    bool
	object  bool // marked as an object
}

// shape looks at the keys. A table is a list when it is marked as one, or when its keys are exactly 1 to n.
func (w *writer) shape(table *vm.LTable) shape {
	out := shape{items: table.Len(), object: table.Metatable == vm.LValue(w.codec.record)}
	count := 0
	key, _ := table.Next(vm.LNil)
	for key != vm.LNil {
		if _, isText := key.(vm.LString); isText {
			out.members++
			break
		}
		count++
		key, _ = table.Next(key)
	}
	switch {
	case out.object || out.members > 0:
	case w.codec.IsList(table):
		out.list, out.items = true, table.MaxN()
	default:
		out.list = count > 0 && count == out.items
		if !out.list {
			out.items = 0
		}
	}
	return out
}

func (w *writer) list(ctx context.Context, table *vm.LTable, items int) error {
	w.out = append(w.out, '[')
	top := len(w.path) - 1
	for i := 1; i <= items; i++ {
		if i > 1 {
			w.out = append(w.out, ',')
		}
		w.path[top].index = i
		if err := w.value(ctx, table.RawGetInt(i)); err != nil {
			return err
		}
	}
	w.out = append(w.out, ']')
	return nil
}

func (w *writer) object(ctx context.Context, table *vm.LTable) error {
	w.out = append(w.out, '{')
	top := len(w.path) - 1
	first := true
	for key, item := table.Next(vm.LNil); key != vm.LNil; key, item = table.Next(key) {
		w.path[top].name = ""
		name, err := w.name(key)
		if err != nil {
			return err
		}
		if !first {
			w.out = append(w.out, ',')
		}
		first = false
		var ok bool
		if w.out, ok = appendString(w.out, name); !ok {
			return w.bad("has a name that is not UTF-8 text")
		}
		w.out = append(w.out, ':')
		w.path[top].name = name
		if err := w.value(ctx, item); err != nil {
			return err
		}
	}
	w.out = append(w.out, '}')
	return nil
}

// name gives the member name of a key: strings, and integers in decimal.
func (w *writer) name(key vm.LValue) (string, error) {
	switch key := key.(type) {
	case vm.LString:
		return string(key), nil
	case vm.LNumber:
		number := float64(key)
		if number == math.Trunc(number) && math.Abs(number) < 1<<53 {
			return strconv.FormatInt(int64(number), 10), nil
		}
	}
	return "", w.bad("has the key %s, a %s; a key must be a string or an integer", key.String(), key.Type())
}

// where names the value that is being written, as Lua code would reach it.
func (w *writer) where() string {
	out := []byte(w.root)
	for _, step := range w.path {
		switch {
		case step.index > 0:
			out = append(strconv.AppendInt(append(out, '['), int64(step.index), 10), ']')
		case step.name == "":
		case IsName(step.name):
			out = append(append(out, '.'), step.name...)
		default:
			out = append(strconv.AppendQuote(append(out, '['), step.name), ']')
		}
	}
	return string(out)
}

// IsName tells whether text can be written behind a dot in Lua.
func IsName(text string) bool {
	for i, char := range []byte(text) {
		letter := 'a' <= char|0x20 && char|0x20 <= 'z' || char == '_'
		if !letter && (i == 0 || char < '0' || char > '9') {
			return false
		}
	}
	return text != ""
}

// pointer is the JSON Pointer of the value that is being written.
func (w *writer) pointer() string {
	var out strings.Builder
	for _, step := range w.path {
		out.WriteByte('/')
		if step.index > 0 {
			out.WriteString(strconv.Itoa(step.index - 1))
			continue
		}
		out.WriteString(strings.NewReplacer("~", "~0", "/", "~1").Replace(step.name))
	}
	return out.String()
}
