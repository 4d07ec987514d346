package realm

import (
	"slices"
	"time"

	"github.com/dop251/goja"

	"github.com/hookstep-dev/hookstep/engines/javascript/codec"
)

// contextNames are the properties that the engine itself makes; the rest comes from the run's context object.
var contextNames = []string{
	"logger", "configVars", "instanceState", "crossFlowState", "integrationState", "executionState", "stepId",
	"executionId", "idempotencyKey", "startedAt", "webhookUrls", "webhookApiKeys", "invokeUrl", "customer", "instance", "user",
	"integration", "flow", "invokeFlow", "executionFrame", "debug",
}

// newContext makes the context argument of the step under way.
func (r *Realm) newContext() *goja.Object {
	names := contextNames
	for _, name := range r.shared.names {
		if !slices.Contains(names, name) {
			names = append(slices.Clip(names), name)
		}
	}
	return r.newLazy(names, r.contextMember)
}

func (r *Realm) contextMember(name string) goja.Value {
	switch name {
	case "logger":
		return r.newLogger()
	case "instanceState", "crossFlowState", "integrationState", "executionState":
		return r.states.object(name)
	case "stepId":
		return r.runtime.ToValue(r.step.Key)
	case "executionId":
		return r.runtime.ToValue(r.run.Execution)
	case "idempotencyKey":
		return r.runtime.ToValue(r.run.IdempotencyKey(r.step.Key))
	case "startedAt":
		return r.runtime.ToValue(r.startedAt())
	case "invokeUrl":
		return r.runtime.ToValue(r.run.InvokeURL)
	case "executionFrame":
		return r.decodeOr(r.run.Frame, goja.Undefined())
	case "invokeFlow", "debug":
		return r.fromPrelude("context", name)
	}
	return r.sharedMember(name)
}

// fromPrelude gives one export of a file of the prelude.
func (r *Realm) fromPrelude(file, name string) goja.Value {
	exports, err := r.builtin(file)
	if err != nil {
		r.throw(err)
	}
	return exports.Get(name)
}

func (r *Realm) startedAt() string {
	return r.run.StartedAt.UTC().Format("2006-01-02T15:04:05.000Z07:00")
}

// absent are the values of context properties that the run's context does not have.
func (r *Realm) absent(name string) goja.Value {
	switch name {
	case "configVars", "webhookUrls", "webhookApiKeys":
		return r.runtime.NewObject()
	case "customer", "instance", "user", "integration", "flow":
		return goja.Null()
	}
	return goja.Undefined()
}

func (r *Realm) sharedMember(name string) goja.Value {
	return r.decodeOr(r.shared.texts[name], r.absent(name))
}

// decodeOr decodes text; empty text gives otherwise.
func (r *Realm) decodeOr(text []byte, otherwise goja.Value) goja.Value {
	if len(text) == 0 {
		return otherwise
	}
	v, err := codec.Decode(r.runtime, text)
	if err != nil {
		r.throw(err)
	}
	return v
}

// since is the time since the execution started, for debug.
func (r *Realm) since() float64 { return float64(time.Since(r.opened)) / float64(time.Millisecond) }
