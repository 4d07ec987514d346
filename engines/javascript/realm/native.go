package realm

import (
	"math"
	"reflect"
	"runtime/metrics"
	"strings"
	"time"

	"github.com/dop251/goja"

	"github.com/hookstep-dev/hookstep/sdk/hostapi"
)

// ownFunction gives the host functions that belong to this run; nil for an unknown name.
func (r *Realm) ownFunction(name string) func(goja.FunctionCall) goja.Value {
	switch name {
	case "setTimer":
		return r.setTimer
	case "clearTimer":
		return func(call goja.FunctionCall) goja.Value {
			r.loop.stop(call.Argument(0).ToInteger())
			return goja.Undefined()
		}
	case "log":
		return func(call goja.FunctionCall) goja.Value {
			r.log(hostapi.Level(call.Argument(0).String()), call.Argument(1).String())
			return goja.Undefined()
		}
	case "now":
		return func(goja.FunctionCall) goja.Value { return r.runtime.ToValue(r.since()) }
	case "debugEnabled":
		return func(goja.FunctionCall) goja.Value { return r.debugEnabled() }
	}
	return r.reflection(name)
}

// reflection gives the functions that look into values as no JavaScript can.
func (r *Realm) reflection(name string) func(goja.FunctionCall) goja.Value {
	switch name {
	case "classOf":
		return func(call goja.FunctionCall) goja.Value { return r.runtime.ToValue(classOf(call.Argument(0))) }
	case "proxyTarget":
		return proxyTarget
	case "promiseState":
		return r.promiseState
	case "cleanStack":
		return func(call goja.FunctionCall) goja.Value {
			return r.runtime.ToValue(r.cleanStack(call.Argument(0).String()))
		}
	case "memoryUsage":
		return func(goja.FunctionCall) goja.Value { return r.runtime.ToValue(memoryUsage()) }
	case "invokeFlow":
		return r.invokeFlow
	case "fetch":
		return r.fetch
	}
	return nil
}

// maxDelay is the longest delay of a timer; as in Node, a longer one counts as one millisecond.
const maxDelay = math.MaxInt32

// setTimer(function, milliseconds, repeat) gives the timer's number.
func (r *Realm) setTimer(call goja.FunctionCall) goja.Value {
	function, ok := goja.AssertFunction(call.Argument(0))
	if !ok {
		panic(r.runtime.NewTypeError("The \"callback\" argument must be of type function"))
	}
	milliseconds := call.Argument(1).ToFloat()
	if !(milliseconds >= 1 && milliseconds <= maxDelay) && milliseconds != -1 {
		milliseconds = 1
	}
	delay := time.Duration(max(milliseconds, 0) * float64(time.Millisecond))
	id := r.loop.start(delay, call.Argument(2).ToBoolean(), func() error {
		_, err := function(goja.Undefined())
		return err
	})
	return r.runtime.ToValue(id)
}

var (
	typeProxy  = reflect.TypeFor[goja.Proxy]()
	typeBuffer = reflect.TypeFor[goja.ArrayBuffer]()
)

// classOf names the kind of an object, whatever its prototype says.
func classOf(v goja.Value) string {
	object, ok := v.(*goja.Object)
	if !ok {
		return ""
	}
	switch object.ExportType() {
	case typeProxy:
		return "Proxy"
	case typePromise:
		return "Promise"
	case typeBuffer:
		return "ArrayBuffer"
	}
	return object.ClassName()
}

func proxyTarget(call goja.FunctionCall) goja.Value {
	if proxy, ok := call.Argument(0).Export().(goja.Proxy); ok && proxy.Target() != nil {
		return proxy.Target()
	}
	return goja.Null()
}

func (r *Realm) promiseState(call goja.FunctionCall) goja.Value {
	promise, ok := call.Argument(0).Export().(*goja.Promise)
	if !ok {
		return r.runtime.NewArray("pending", goja.Undefined())
	}
	name := map[goja.PromiseState]string{
		goja.PromiseStatePending: "pending", goja.PromiseStateFulfilled: "fulfilled", goja.PromiseStateRejected: "rejected",
	}[promise.State()]
	return r.runtime.NewArray(name, promise.Result())
}

// cleanStack brings a stack property into Node's form: user's own lines only.
func (r *Realm) cleanStack(stack string) string {
	var head []string
	for line := range strings.Lines(stack) {
		if strings.HasPrefix(line, "\tat ") || strings.HasPrefix(line, "    at ") {
			break
		}
		head = append(head, strings.TrimRight(line, "\n"))
	}
	for _, frame := range r.parseStack(stack) {
		head = append(head, "    at "+frame.String())
	}
	return strings.Join(head, "\n")
}

// memoryUsage is how many bytes the process holds in objects; a reading that costs no stop of the world.
func memoryUsage() float64 {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(sample)
	return float64(sample[0].Value.Uint64())
}
