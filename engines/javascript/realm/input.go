package realm

import (
	"slices"
	"strings"

	"github.com/dop251/goja"

	"github.com/hookstep-dev/hookstep/engines/javascript/codec"
	"github.com/hookstep-dev/hookstep/sdk/engine"
	"github.com/hookstep-dev/hookstep/sdk/value"
)

// newStepResults makes the stepResults argument. Each step gets its own copies, decoded when code first reads them;
// where no code so far can have changed a copy, it is handed on.
func (r *Realm) newStepResults(earlier []engine.Result) goja.Value {
	names := make([]string, 0, len(earlier)+1)
	if r.run.Payload != nil && !slices.ContainsFunc(earlier, func(one engine.Result) bool { return one.Key == r.run.TriggerKey }) {
		names = append(names, r.run.TriggerKey)
	}
	for _, result := range earlier {
		names = append(names, result.Key)
	}
	return r.newLazy(names, func(name string) goja.Value {
		entry, ok := r.entries[name]
		if !ok {
			entry = r.newLazy([]string{"results"}, func(string) goja.Value { return r.resultsOf(earlier, name) })
			r.entries[name] = entry
		}
		return entry
	})
}

// resultsOf gives the results of the step called name: the last with that key, or the payload as it came.
func (r *Realm) resultsOf(earlier []engine.Result, name string) goja.Value {
	for _, result := range slices.Backward(earlier) {
		if result.Key != name {
			continue
		}
		if result.Error != nil {
			return r.ignored(result)
		}
		results := r.decodeValue(result.Value)
		if name == r.run.TriggerKey {
			r.foldHeaders(results)
		}
		return results
	}
	return r.newPayload()
}

// ignored makes the results of a step whose failure is ignored.
func (r *Realm) ignored(result engine.Result) goja.Value {
	description := r.runtime.NewObject()
	_ = description.Set("name", result.Error.Name)
	_ = description.Set("message", result.Error.Message)
	results := r.runtime.NewObject()
	_ = results.Set("error", description)
	return results
}

func (r *Realm) decodeValue(v value.Value) goja.Value {
	made, err := codec.DecodeValue(r.runtime, v, r.newBuffer)
	if err != nil {
		r.throw(err)
	}
	return made
}

// newBuffer makes a Buffer with a copy of raw.
func (r *Realm) newBuffer(raw []byte) goja.Value {
	wrap, _ := goja.AssertFunction(r.fromPrelude("buffer", "wrap"))
	made, err := wrap(goja.Undefined(), r.runtime.ToValue(r.runtime.NewArrayBuffer(slices.Clone(raw))))
	if err != nil {
		r.throw(err)
	}
	return made
}

// foldHeaders makes look-up in the headers of a trigger's results ignore case.
func (r *Realm) foldHeaders(results goja.Value) {
	object, ok := results.(*goja.Object)
	if !ok {
		return
	}
	headers, ok := object.Get("headers").(*goja.Object)
	if !ok || headers.ClassName() != "Object" {
		return
	}
	folded := &lazy{fold: strings.ToLower}
	for _, name := range headers.Keys() {
		folded.Set(name, headers.Get(name))
	}
	_ = object.Set("headers", r.runtime.NewDynamicObject(folded))
}

var payloadNames = []string{
	"headers", "queryParameters", "rawBody", "body", "pathFragment", "method", "webhookUrls", "webhookApiKeys",
	"invokeUrl", "executionId", "customer", "instance", "user", "integration", "flow", "startedAt", "globalDebug",
}

// newPayload makes the payload object of what came in.
func (r *Realm) newPayload() goja.Value {
	if r.run.Payload == nil {
		return goja.Undefined()
	}
	return r.newLazy(payloadNames, r.payloadMember)
}

func (r *Realm) payloadMember(name string) goja.Value {
	payload := r.run.Payload
	switch name {
	case "headers":
		folded := &lazy{fold: strings.ToLower}
		for _, header := range payload.Headers {
			folded.Set(header.Name, r.runtime.ToValue(header.Value))
		}
		return r.runtime.NewDynamicObject(folded)
	case "queryParameters":
		return r.decodeOr(payload.QueryParameters, goja.Null())
	case "rawBody":
		return r.content(payload, func() goja.Value { return r.newBuffer(payload.RawBody) })
	case "body":
		return r.content(payload, r.bodyData)
	case "pathFragment":
		return r.runtime.ToValue(payload.PathFragment)
	case "method":
		return r.runtime.ToValue(payload.Method)
	case "globalDebug":
		return r.debugEnabled()
	}
	return r.contextMember(name)
}

func (r *Realm) content(payload *engine.Payload, data func() goja.Value) goja.Value {
	return r.newLazy([]string{"data", "contentType"}, func(name string) goja.Value {
		if name == "data" {
			return data()
		}
		return r.runtime.ToValue(payload.ContentType)
	})
}

func (r *Realm) bodyData() goja.Value {
	payload := r.run.Payload
	switch payload.Body {
	case engine.BodyJSON:
		return r.decodeOr(payload.RawBody, goja.Null())
	case engine.BodyText:
		return r.runtime.ToValue(string(payload.RawBody))
	case engine.BodyBytes:
		return r.newBuffer(payload.RawBody)
	case engine.BodyParts:
		return r.decodeValue(payload.Parts)
	}
	return goja.Null()
}

// debugEnabled reads debug.enabled of the run's context.
func (r *Realm) debugEnabled() goja.Value {
	if settings, ok := r.sharedMember("debug").(*goja.Object); ok {
		return r.runtime.ToValue(settings.Get("enabled") != nil && settings.Get("enabled").ToBoolean())
	}
	return r.runtime.ToValue(false)
}
