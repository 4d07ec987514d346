package realm

import (
	"strings"

	"github.com/dop251/goja"

	"github.com/hookstep-dev/hookstep/engines/javascript/prelude"
)

// globals stands between the global object and Object.prototype. A name of the prelude becomes a property of the
// global object when code first mentions it, so that a run pays only for what it uses.
type globals struct {
	realm  *Realm
	hidden map[string]bool // deleted by code
	guards map[string]goja.Value
}

func (r *Realm) installGlobals() {
	object := r.runtime.NewDynamicObject(&globals{realm: r})
	global := r.runtime.GlobalObject()
	if err := object.SetPrototype(global.Prototype()); err != nil {
		panic(err)
	}
	if err := global.SetPrototype(object); err != nil {
		panic(err)
	}
}

// Get implements goja.DynamicObject.
func (g *globals) Get(name string) goja.Value {
	if !g.Has(name) {
		return nil
	}
	if strings.HasPrefix(name, "hookstep:") {
		return g.guard(name)
	}
	v := g.realm.makeGlobal(name)
	_ = g.realm.runtime.GlobalObject().DefineDataProperty(name, v, goja.FLAG_TRUE, goja.FLAG_TRUE, goja.FLAG_FALSE)
	return v
}

// guard gives one of source's guards; they do not show among the properties of the global object.
func (g *globals) guard(name string) goja.Value {
	if v, ok := g.guards[name]; ok {
		return v
	}
	v := g.realm.guardFunction(name)
	if g.guards == nil {
		g.guards = map[string]goja.Value{}
	}
	g.guards[name] = v
	return v
}

// Set implements goja.DynamicObject; names are set on the global object itself.
func (g *globals) Set(string, goja.Value) bool { return false }

// Has implements goja.DynamicObject.
func (g *globals) Has(name string) bool {
	if g.hidden[name] {
		return false
	}
	_, inPrelude := prelude.Globals[name]
	return inPrelude || name == "console" || name == "global" || strings.HasPrefix(name, "hookstep:")
}

// Delete implements goja.DynamicObject.
func (g *globals) Delete(name string) bool {
	if g.hidden == nil {
		g.hidden = map[string]bool{}
	}
	g.hidden[name] = true
	return true
}

// Keys implements goja.DynamicObject: the globals of the prelude are not enumerable.
func (g *globals) Keys() []string { return nil }

func (r *Realm) makeGlobal(name string) goja.Value {
	switch name {
	case "global":
		return r.runtime.GlobalObject()
	case "console":
		return r.newConsole()
	}
	exports, err := r.builtin(prelude.Globals[name])
	if err != nil {
		r.throw(err)
	}
	return exports.Get(name)
}
