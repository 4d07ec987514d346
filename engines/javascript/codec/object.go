package codec

import (
	"strconv"

	"github.com/dop251/goja"

	"github.com/hookstep-dev/hookstep/sdk/fault"
	"github.com/hookstep-dev/hookstep/sdk/value"
)

// resolve applies toJSON, of which dates make their ISO text. name is the key under which the value stands. Bytes stay.
func (e *encoder) resolve(v goja.Value, name string) (goja.Value, error) {
	object, ok := v.(*goja.Object)
	if !ok {
		return v, nil
	}
	switch object.ExportType() {
	case typeBytes, typeBuffer:
		return v, nil
	}
	convert, ok := goja.AssertFunction(object.Get("toJSON"))
	if !ok {
		return v, nil
	}
	return convert(object, e.runtime.ToValue(name))
}

func (e *encoder) object(object *goja.Object, depth int) error {
	if depth > e.budget.Depth {
		return fault.New(fault.Limit, fault.ResultSize, "%s nests deeper than %d levels", e.root, e.budget.Depth)
	}
	if raw, ok := Bytes(object); ok {
		return e.blob(raw)
	}
	if _, ok := goja.AssertFunction(object); ok {
		return e.refuse("a function")
	}
	for i, above := range e.path {
		if above.object == object {
			cycle := *e
			cycle.path = e.path[:i]
			return e.refuse("a cycle: it is " + cycle.where() + " again")
		}
	}
	switch object.ClassName() {
	case "Array":
		return e.array(object, depth)
	case "String":
		return e.write(object.ToString(), depth)
	case "Number", "Boolean":
		return e.write(e.runtime.ToValue(object.Export()), depth)
	}
	if object.ExportType() == typePromise {
		e.budget.Warn(e.where() + " is a promise that was not awaited: it becomes {}")
	}
	return e.members(object, depth)
}

func (e *encoder) blob(raw []byte) error {
	e.extra += int64(len(raw))
	if err := e.check(); err != nil {
		return err
	}
	e.blobs = append(e.blobs, value.Blob{Pointer: e.pointer(), Bytes: append([]byte{}, raw...)})
	e.out = append(e.out, "null"...)
	return nil
}

func (e *encoder) array(object *goja.Object, depth int) error {
	e.path = append(e.path, step{object: object})
	at := len(e.path) - 1
	length := int(object.Get("length").ToInteger())
	e.out = append(e.out, '[')
	for i := range length {
		if i > 0 {
			e.out = append(e.out, ',')
		}
		e.path[at].index = i
		name := strconv.Itoa(i)
		item, err := e.resolve(object.Get(name), name)
		if err != nil {
			return err
		}
		if err := e.write(item, depth); err != nil {
			return err
		}
	}
	e.out = append(e.out, ']')
	e.path = e.path[:at]
	return nil
}

func (e *encoder) members(object *goja.Object, depth int) error {
	e.path = append(e.path, step{object: object, index: -1})
	at := len(e.path) - 1
	e.out = append(e.out, '{')
	first := true
	for _, name := range object.Keys() {
		e.path[at].name = name
		item, err := e.resolve(object.Get(name), name)
		if err != nil {
			return err
		}
		if item == nil || goja.IsUndefined(item) {
			continue
		}
		if !first {
			e.out = append(e.out, ',')
		}
		first = false
		e.out = append(AppendText(e.out, name), ':')
		if err := e.write(item, depth); err != nil {
			return err
		}
	}
	e.out = append(e.out, '}')
	e.path = e.path[:at]
	return nil
}
