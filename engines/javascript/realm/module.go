package realm

import (
	"fmt"
	"path"
	"strings"

	"github.com/dop251/goja"

	"github.com/hookstep-dev/hookstep/engines/javascript/codec"
	"github.com/hookstep-dev/hookstep/engines/javascript/native"
	"github.com/hookstep-dev/hookstep/engines/javascript/prelude"
	"github.com/hookstep-dev/hookstep/engines/javascript/source"
	"github.com/hookstep-dev/hookstep/sdk/fault"
)

// Library is what all realms of a process share: the prelude compiled, the host functions. It does not change.
type Library struct {
	modules  map[string]*goja.Program
	natives  native.Table
	contexts contexts
}

// NewLibrary compiles the prelude.
func NewLibrary() (*Library, error) {
	library := &Library{modules: map[string]*goja.Program{}, natives: native.Functions()}
	for name, text := range prelude.Sources() {
		compiled, err := goja.Compile("node:"+name, "(function (exports, require, module, host) {'use strict';"+text+"\n})", false)
		if err != nil {
			return nil, fault.New(fault.Engine, fault.Internal, "prelude %s: %v", name, err)
		}
		library.modules[name] = compiled
	}
	return library, nil
}

// load gives the exports of a file of the program, running it once in this realm.
func (r *Realm) load(file string) (goja.Value, error) {
	if module := r.modules[file]; module != nil {
		return module.Get("exports"), nil
	}
	unit := r.program.Units[file]
	if unit == nil {
		return nil, fault.New(fault.User, fault.MissingCode, "the file %s is not part of the integration", file)
	}
	r.writes = r.writes || unit.Writes
	module := r.newModule(file)
	if unit.JSON != nil {
		v, err := codec.Decode(r.runtime, unit.JSON)
		if err != nil {
			return nil, fault.New(fault.User, fault.Syntax, "%s: %v", file, err)
		}
		return v, module.Set("exports", v)
	}
	exports := module.Get("exports")
	err := r.start(unit.Code, exports, exports, r.requireOf(unit), module, r.runtime.ToValue(file), r.runtime.ToValue(path.Dir(file)))
	if err != nil {
		delete(r.modules, file)
		return nil, err
	}
	return module.Get("exports"), nil
}

// requireOf makes a file's require function. A file that does not mention it goes without.
func (r *Realm) requireOf(unit *source.Unit) goja.Value {
	if !unit.MentionsRequire {
		return goja.Undefined()
	}
	return r.runtime.ToValue(func(call goja.FunctionCall) goja.Value { return r.require(unit, call.Argument(0).String()) })
}

func (r *Realm) newModule(id string) *goja.Object {
	module := r.runtime.NewObject()
	_ = module.Set("exports", r.runtime.NewObject())
	r.modules[id] = module
	return module
}

// start runs a compiled module wrapper.
func (r *Realm) start(code *goja.Program, this goja.Value, arguments ...goja.Value) error {
	wrapper, err := r.runtime.RunProgram(code)
	if err != nil {
		return err
	}
	function, _ := goja.AssertFunction(wrapper)
	_, err = function(this, arguments...)
	return err
}

// require is the require function of one file.
func (r *Realm) require(from *source.Unit, name string) goja.Value {
	file, ok := from.Requires[name]
	if !ok && strings.HasPrefix(name, ".") || strings.HasPrefix(name, "/") {
		file, ok = source.Resolve(from.Path, name, func(file string) bool { return r.program.Units[file] != nil })
	}
	var exports goja.Value
	var err error
	switch builtin := strings.TrimPrefix(name, "node:"); {
	case ok:
		exports, err = r.load(file)
	case prelude.Has(builtin):
		exports, err = r.moduleExports(builtin)
	default:
		err = coded{"Error", "MODULE_NOT_FOUND", fmt.Sprintf("Cannot find module '%s' required from %s", name, from.Path)}
	}
	if err != nil {
		r.throw(err)
	}
	return exports
}

// builtin gives the exports of a prelude module as an object.
func (r *Realm) builtin(name string) (*goja.Object, error) {
	exports, err := r.moduleExports(name)
	if err != nil {
		return nil, err
	}
	return exports.ToObject(r.runtime), nil
}

func (r *Realm) moduleExports(name string) (goja.Value, error) {
	id := "node:" + name
	if module := r.modules[id]; module != nil {
		return module.Get("exports"), nil
	}
	code := r.library.modules[name]
	if code == nil {
		return nil, fault.New(fault.Engine, fault.Internal, "there is no module %s in the prelude", name)
	}
	module := r.newModule(id)
	exports := module.Get("exports")
	require := r.runtime.ToValue(func(call goja.FunctionCall) goja.Value {
		exports, err := r.moduleExports(call.Argument(0).String())
		if err != nil {
			r.throw(err)
		}
		return exports
	})
	if err := r.start(code, goja.Undefined(), exports, require, module, r.newHost()); err != nil {
		delete(r.modules, id)
		return nil, err
	}
	return module.Get("exports"), nil
}
