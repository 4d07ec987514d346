package lua

import (
	vm "github.com/yuin/gopher-lua"

	"github.com/hookstep-dev/hookstep/engines/lua/internal/luajson"
	"github.com/hookstep-dev/hookstep/sdk/engine"
	"github.com/hookstep-dev/hookstep/sdk/value"
)

// payload makes the webhook as code sees it.
func (x *execution) payload() *vm.LTable {
	in, codec := x.run.Payload, x.sandbox.codec
	if in == nil {
		in = &engine.Payload{Body: engine.BodyNone}
	}
	lazy := &luajson.Lazy{}
	table := lazy.Table(x.sandbox.state)
	lazy.Add("headers", func() (vm.LValue, error) { return x.sandbox.headerTable(in.Headers), nil })
	lazy.Add("queryParameters", x.json(in.QueryParameters))
	lazy.Add("rawBody", func() (vm.LValue, error) { return x.content(codec.Bytes(in.RawBody), in.ContentType), nil })
	lazy.Add("body", func() (vm.LValue, error) {
		data, err := x.bodyData(in)
		return x.content(data, in.ContentType), err
	})
	lazy.Add("pathFragment", constant(vm.LString(in.PathFragment)))
	lazy.Add("method", constant(vm.LString(in.Method)))
	for _, name := range []string{"webhookUrls", "webhookApiKeys"} {
		lazy.Add(name, x.json(x.shared.texts[name]))
	}
	lazy.Add("invokeUrl", constant(vm.LString(x.run.InvokeURL)))
	lazy.Add("executionId", constant(vm.LString(x.run.Execution)))
	for _, name := range []string{"customer", "instance", "user", "integration", "flow"} {
		lazy.Add(name, x.json(x.shared.texts[name]))
	}
	lazy.Add("startedAt", constant(vm.LString(x.run.StartedAt.UTC().Format(isoTime))))
	lazy.Add("globalDebug", constant(vm.LBool(x.debugEnabled())))
	return table
}

// json decodes a text when it is wanted; no text is null.
func (x *execution) json(text []byte) func() (vm.LValue, error) {
	return func() (vm.LValue, error) {
		if len(text) == 0 {
			return x.sandbox.codec.Null(), nil
		}
		return x.sandbox.codec.Decode(text)
	}
}

func (x *execution) content(data vm.LValue, contentType string) *vm.LTable {
	table := x.sandbox.state.CreateTable(0, 2)
	if data != nil {
		table.RawSetString("data", data)
	}
	table.RawSetString("contentType", vm.LString(contentType))
	return table
}

func (x *execution) bodyData(in *engine.Payload) (vm.LValue, error) {
	codec := x.sandbox.codec
	switch in.Body {
	case engine.BodyJSON:
		return codec.Decode(in.RawBody)
	case engine.BodyText:
		return vm.LString(in.RawBody), nil
	case engine.BodyBytes:
		return codec.Bytes(in.RawBody), nil
	case engine.BodyParts:
		return codec.Value(in.Parts)
	case engine.BodyNone:
	}
	return codec.Value(value.Null())
}
