package veil

import (
	"slices"
	"strings"

	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/redact"
	"github.com/hookstep-dev/hookstep/host/store"
	"github.com/hookstep-dev/hookstep/sdk/engine"
	"github.com/hookstep-dev/hookstep/sdk/hostapi"
	"github.com/hookstep-dev/hookstep/sdk/value"
)

// turn goes through what is kept, and turns every text that code reads again into its hidden or its revealed form. It changes no
// argument: what it gives shares what stays as it is.
type turn struct {
	text       func(string) string
	body       func([]byte) []byte // JSON or anything
	raw        func([]byte) []byte // bytes whatever they look like
	credential func(name, value string) string
}

func (t *turn) input(of *store.Input) *store.Input {
	if of == nil {
		return nil
	}
	made := *of
	made.Request, made.PathFragment, made.Frame = t.request(of.Request), t.text(of.PathFragment), t.body(of.Frame)
	if of.Data != nil {
		data := t.value(*of.Data)
		made.Data = &data
	}
	return &made
}

func (t *turn) request(of *integration.Request) *integration.Request {
	if of == nil {
		return nil
	}
	made := *of
	made.Path, made.RawQuery, made.InvokeURL, made.ContentType = t.text(of.Path), t.text(of.RawQuery), t.text(of.InvokeURL), t.text(of.ContentType)
	made.Headers, made.Body = turned(of.Headers, func(header hostapi.Header) hostapi.Header {
		if redact.IsCredential(header.Name) {
			return hostapi.Header{Name: header.Name, Value: t.credential(header.Name, header.Value)}
		}
		return hostapi.Header{Name: header.Name, Value: t.text(header.Value)}
	}), t.body(of.Body)
	return &made
}

func (t *turn) steps(of []store.Step) []store.Step {
	if of == nil {
		return nil
	}
	made := make([]store.Step, len(of))
	for i := range of {
		made[i] = *t.step(&of[i])
	}
	return made
}

func (t *turn) step(of *store.Step) *store.Step {
	if of == nil {
		return nil
	}
	made := *of
	result := &made.Result
	result.Results, result.Changed = t.value(result.Results), t.states(result.Changed)
	if said := result.Response; said != nil {
		result.Response = &engine.Response{
			Status: said.Status, ContentType: t.text(said.ContentType), Headers: t.headers(said.Headers), Body: t.value(said.Body),
		}
	}
	return &made
}

func (t *turn) states(of engine.States) engine.States {
	return engine.States{
		Instance: t.body(of.Instance), CrossFlow: t.body(of.CrossFlow), Integration: t.body(of.Integration), Execution: t.body(of.Execution),
	}
}

func (t *turn) answer(of *integration.Response) *integration.Response {
	if of == nil {
		return nil
	}
	return &integration.Response{Status: of.Status, Headers: t.headers(of.Headers), Body: t.body(of.Body)}
}

func (t *turn) headers(of []hostapi.Header) []hostapi.Header {
	return turned(of, func(header hostapi.Header) hostapi.Header {
		return hostapi.Header{Name: t.text(header.Name), Value: t.text(header.Value)}
	})
}

func (t *turn) value(of value.Value) value.Value {
	made := value.Value{JSON: t.body(of.JSON), Raw: t.raw(of.Raw), ContentType: t.text(of.ContentType)}
	made.Blobs = turned(of.Blobs, func(blob value.Blob) value.Blob {
		return value.Blob{Pointer: t.pointer(blob.Pointer), Bytes: t.raw(blob.Bytes)}
	})
	return made
}

// pointer turns the names in a JSON Pointer as they are turned in the JSON.
func (t *turn) pointer(of string) string {
	parts := strings.Split(of, "/")
	for i, part := range parts {
		name := strings.NewReplacer("~1", "/", "~0", "~").Replace(part)
		if turned := t.text(name); turned != name {
			parts[i] = strings.NewReplacer("~", "~0", "/", "~1").Replace(turned)
		}
	}
	return strings.Join(parts, "/")
}

// turned gives another slice, nil of nil.
func turned[T any](of []T, turn func(T) T) []T {
	made := slices.Clone(of)
	for i := range made {
		made[i] = turn(made[i])
	}
	return made
}
