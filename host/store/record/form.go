package record

import (
	"time"

	"github.com/hookstep-dev/hookstep/sdk/engine"
	"github.com/hookstep-dev/hookstep/sdk/fault"
	"github.com/hookstep-dev/hookstep/sdk/hostapi"
	"github.com/hookstep-dev/hookstep/sdk/value"
)

// The forms below are what stands in records. A number once used keeps its meaning for good; numbers that nothing has any more are
// not used again.

type blobForm struct {
	Pointer string `cbor:"1,keyasint,omitzero"`
	Bytes   []byte `cbor:"2,keyasint,omitzero"`
}

type valueForm struct {
	JSON        []byte     `cbor:"1,keyasint,omitzero"`
	Blobs       []blobForm `cbor:"2,keyasint,omitzero"`
	Raw         []byte     `cbor:"3,keyasint,omitzero"`
	ContentType string     `cbor:"4,keyasint,omitzero"`
}

func newValueForm(from value.Value) valueForm {
	blobs := each(from.Blobs, func(blob value.Blob) blobForm { return blobForm(blob) })
	return valueForm{from.JSON, blobs, from.Raw, from.ContentType}
}

func (f valueForm) value() value.Value {
	blobs := each(f.Blobs, func(blob blobForm) value.Blob { return value.Blob(blob) })
	return value.Value{JSON: f.JSON, Blobs: blobs, Raw: f.Raw, ContentType: f.ContentType}
}

type headerForm struct {
	Name  string `cbor:"1,keyasint,omitzero"`
	Value string `cbor:"2,keyasint,omitzero"`
}

func newHeaderForms(from []hostapi.Header) []headerForm {
	return each(from, func(header hostapi.Header) headerForm { return headerForm(header) })
}

func headersOf(forms []headerForm) []hostapi.Header {
	return each(forms, func(form headerForm) hostapi.Header { return hostapi.Header(form) })
}

type statesForm struct {
	Instance    []byte `cbor:"1,keyasint,omitzero"`
	CrossFlow   []byte `cbor:"2,keyasint,omitzero"`
	Integration []byte `cbor:"3,keyasint,omitzero"`
	Execution   []byte `cbor:"4,keyasint,omitzero"`
}

type responseForm struct {
	Status      int          `cbor:"1,keyasint,omitzero"`
	ContentType string       `cbor:"2,keyasint,omitzero"`
	Headers     []headerForm `cbor:"3,keyasint,omitzero"`
	Body        *valueForm   `cbor:"4,keyasint,omitzero"`
}

func newResponseForm(from *engine.Response) *responseForm {
	if from == nil {
		return nil
	}
	form := &responseForm{Status: from.Status, ContentType: from.ContentType, Headers: newHeaderForms(from.Headers)}
	if !from.Body.IsZero() {
		body := newValueForm(from.Body)
		form.Body = &body
	}
	return form
}

func (f *responseForm) response() *engine.Response {
	if f == nil {
		return nil
	}
	made := &engine.Response{Status: f.Status, ContentType: f.ContentType, Headers: headersOf(f.Headers)}
	if f.Body != nil {
		made.Body = f.Body.value()
	}
	return made
}

type frameForm struct {
	Function string `cbor:"1,keyasint,omitzero"`
	File     string `cbor:"2,keyasint,omitzero"`
	Line     int    `cbor:"3,keyasint,omitzero"`
	Column   int    `cbor:"4,keyasint,omitzero"`
}

// faultForm is one fault of a chain. Chains are written as arrays, so that long ones do not nest.
type faultForm struct {
	Source     fault.Source  `cbor:"1,keyasint,omitzero"`
	Code       fault.Code    `cbor:"2,keyasint,omitzero"`
	Name       string        `cbor:"3,keyasint,omitzero"`
	Message    string        `cbor:"4,keyasint,omitzero"`
	Step       string        `cbor:"5,keyasint,omitzero"`
	Stack      []frameForm   `cbor:"6,keyasint,omitzero"`
	RetryAfter time.Duration `cbor:"7,keyasint,omitzero"`
}

func newFaultForms(from *fault.Fault) []faultForm {
	var chain []faultForm
	for link := from; link != nil; link = link.Cause {
		stack := each(link.Stack, func(frame fault.Frame) frameForm { return frameForm(frame) })
		chain = append(chain, faultForm{link.Source, link.Code, link.Name, link.Message, link.Step, stack, link.RetryAfter})
	}
	return chain
}

func faultOf(chain []faultForm) *fault.Fault {
	var made *fault.Fault
	for i := len(chain) - 1; i >= 0; i-- {
		form := &chain[i]
		stack := each(form.Stack, func(frame frameForm) fault.Frame { return fault.Frame(frame) })
		made = &fault.Fault{
			Source: form.Source, Code: form.Code, Name: form.Name, Message: form.Message, Step: form.Step, Stack: stack,
			RetryAfter: form.RetryAfter, Cause: made,
		}
	}
	return made
}

// moment is a time in Unix nanoseconds; nil is the zero time.
type moment = *int64

func newMoment(at time.Time) moment {
	if at.IsZero() {
		return nil
	}
	nanoseconds := at.UnixNano()
	return &nanoseconds
}

func timeOf(at moment) time.Time {
	if at == nil {
		return time.Time{}
	}
	return time.Unix(0, *at).UTC()
}

// each makes another slice of one, nil of nil.
func each[From, To any](from []From, convert func(From) To) []To {
	if from == nil {
		return nil
	}
	made := make([]To, len(from))
	for i, one := range from {
		made[i] = convert(one)
	}
	return made
}
