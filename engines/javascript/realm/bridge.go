package realm

import (
	"errors"

	"github.com/dop251/goja"

	"github.com/hookstep-dev/hookstep/engines/javascript/codec"
	"github.com/hookstep-dev/hookstep/engines/javascript/native"
)

// newHost makes the object through which the prelude calls host functions.
func (r *Realm) newHost() goja.Value {
	if r.bridge == nil {
		r.bridge = r.runtime.NewDynamicObject(&bridge{realm: r})
	}
	return r.bridge
}

// bridge makes one function object for each host function that is asked for.
type bridge struct {
	realm *Realm
	made  map[string]goja.Value
}

// Get implements goja.DynamicObject.
func (b *bridge) Get(name string) goja.Value {
	if v, ok := b.made[name]; ok {
		return v
	}
	v := b.realm.hostFunction(name)
	if v == nil {
		return nil
	}
	if b.made == nil {
		b.made = map[string]goja.Value{}
	}
	b.made[name] = v
	return v
}

// Has implements goja.DynamicObject.
func (b *bridge) Has(name string) bool { return b.Get(name) != nil }

// Set implements goja.DynamicObject; the table does not change.
func (b *bridge) Set(string, goja.Value) bool { return false }

// Delete implements goja.DynamicObject; the table does not change.
func (b *bridge) Delete(string) bool { return false }

// Keys implements goja.DynamicObject.
func (b *bridge) Keys() []string { return nil }

// hostFunction finds a function of this run first, then one of the table.
func (r *Realm) hostFunction(name string) goja.Value {
	if own := r.ownFunction(name); own != nil {
		return r.runtime.ToValue(own)
	}
	function, ok := r.library.natives[name]
	if !ok {
		return nil
	}
	return r.runtime.ToValue(func(call goja.FunctionCall) goja.Value {
		arguments := make(native.Arguments, len(call.Arguments))
		for i, argument := range call.Arguments {
			arguments[i] = neutral(argument)
		}
		result, err := function(arguments)
		if err != nil {
			r.throw(err)
		}
		return r.fromNeutral(result)
	})
}

func neutral(v goja.Value) any {
	switch v := v.(type) {
	case goja.String:
		return v.String()
	case *goja.Object:
		raw, _ := codec.Bytes(v)
		return raw
	}
	switch {
	case goja.IsNumber(v):
		return v.ToFloat()
	case goja.IsUndefined(v) || goja.IsNull(v):
		return nil
	}
	return v.ToBoolean()
}

func (r *Realm) fromNeutral(result any) goja.Value {
	switch result := result.(type) {
	case nil:
		return goja.Undefined()
	case []byte:
		return r.runtime.ToValue(r.runtime.NewArrayBuffer(result))
	}
	return r.runtime.ToValue(result)
}

// coded is an error with its JavaScript class and code.
type coded struct{ class, code, message string }

func (c coded) Error() string { return c.message }

// newError makes the JavaScript error of a Go error.
func (r *Realm) newError(err error) goja.Value {
	class, code := "Error", ""
	if own, ok := errors.AsType[*native.Error](err); ok {
		class, code = own.Class, own.Code
	}
	if own, ok := errors.AsType[coded](err); ok {
		class, code = own.class, own.code
	}
	made, failed := r.runtime.New(r.runtime.Get(class), r.runtime.ToValue(err.Error()))
	if failed != nil {
		panic(failed)
	}
	if code != "" {
		_ = made.Set("code", code)
	}
	return made
}
