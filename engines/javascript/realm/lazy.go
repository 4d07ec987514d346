package realm

import (
	"slices"

	"github.com/dop251/goja"
)

// lazy is an object whose members are made when code first reads them. Code may set, add and delete members as with
// any object.
type lazy struct {
	names  []string                     // in order, those not yet made included
	values map[string]goja.Value        // made or set
	make   func(name string) goja.Value // gives the value of one of the first names; nil: it is absent after all
	fold   func(name string) string     // brings a name into its one spelling; nil: names are as they are
}

// newLazy makes an object with the given names. names is not changed.
func (r *Realm) newLazy(names []string, made func(name string) goja.Value) *goja.Object {
	return r.runtime.NewDynamicObject(&lazy{names: slices.Clip(names), make: made})
}

func (l *lazy) key(name string) string {
	if l.fold != nil {
		return l.fold(name)
	}
	return name
}

// Get implements goja.DynamicObject.
func (l *lazy) Get(name string) goja.Value {
	name = l.key(name)
	if v, ok := l.values[name]; ok {
		return v
	}
	if l.make == nil || !slices.Contains(l.names, name) {
		return nil
	}
	v := l.make(name)
	if v != nil {
		l.put(name, v)
	}
	return v
}

func (l *lazy) put(name string, v goja.Value) {
	if l.values == nil {
		l.values = make(map[string]goja.Value, len(l.names))
	}
	l.values[name] = v
}

// Set implements goja.DynamicObject.
func (l *lazy) Set(name string, v goja.Value) bool {
	name = l.key(name)
	if !slices.Contains(l.names, name) {
		l.names = append(l.names, name)
	}
	l.put(name, v)
	return true
}

// Has implements goja.DynamicObject.
func (l *lazy) Has(name string) bool { return slices.Contains(l.names, l.key(name)) }

// Delete implements goja.DynamicObject.
func (l *lazy) Delete(name string) bool {
	name = l.key(name)
	if i := slices.Index(l.names, name); i >= 0 {
		l.names = slices.Delete(slices.Clone(l.names), i, i+1)
		delete(l.values, name)
	}
	return true
}

// Keys implements goja.DynamicObject.
func (l *lazy) Keys() []string { return l.names }
