package record

import (
	"fmt"

	"github.com/hookstep-dev/hookstep/host/store"
	"github.com/hookstep-dev/hookstep/sdk/engine"
	"github.com/hookstep-dev/hookstep/sdk/fault"
	"github.com/hookstep-dev/hookstep/sdk/hostapi"
	"github.com/hookstep-dev/hookstep/sdk/value"
)

// Text is looked for in what people and code wrote, as Filter.Text says: as it stands, ASCII letters in any case. The empty one is
// in everything.
type Text struct {
	lower []byte
}

// NewText makes a text to look for.
func NewText(text string) Text {
	lower := []byte(text)
	for i, char := range lower {
		lower[i] = toLower(char)
	}
	return Text{lower}
}

func toLower(char byte) byte {
	if 'A' <= char && char <= 'Z' {
		return char + 'a' - 'A'
	}
	return char
}

// In tells whether one of the parts holds the text.
func (t Text) In(parts ...string) bool {
	for _, part := range parts {
		if holds(part, t.lower) {
			return true
		}
	}
	return len(t.lower) == 0
}

func (t Text) inBytes(parts ...[]byte) bool {
	for _, part := range parts {
		if holds(part, t.lower) {
			return true
		}
	}
	return len(t.lower) == 0
}

func holds[T string | []byte](in T, lower []byte) bool {
	for i := 0; i+len(lower) <= len(in); i++ {
		matched := 0
		for matched < len(lower) && toLower(in[i+matched]) == lower[matched] {
			matched++
		}
		if matched == len(lower) {
			return true
		}
	}
	return false
}

// Kind is what a record is of. Databases may keep its number, which stays as it is.
type Kind int

// The kinds of records that belong to an execution.
const (
	KindInput Kind = iota
	KindStep
	KindLines
	KindFault
)

// Holds tells whether what a record was made of holds the text. It reads the record only if a quick look at its bytes does not deny it.
func (c *Codec) Holds(text Text, kind Kind, record []byte) (bool, error) {
	if maybe, err := c.InRecord(text, record); err != nil || !maybe {
		return false, err
	}
	switch kind {
	case KindInput:
		input, err := c.DecodeInput(record)
		return err == nil && text.InInput(input), err
	case KindStep:
		step, err := c.DecodeStep(record)
		return err == nil && text.InStep(step), err
	case KindLines:
		lines, err := c.DecodeLines(record)
		return err == nil && text.InLines(lines), err
	case KindFault:
		whole, err := c.DecodeFault(record)
		return err == nil && text.InFault(whole), err
	default:
		return false, fmt.Errorf("there is no record of kind %d", kind)
	}
}

// InRecord tells whether a record holds the text anywhere, in a key or number by chance too. It is quicker than reading the record: one
// that it denies needs no reading.
func (c *Codec) InRecord(text Text, record []byte) (bool, error) {
	if len(record) == 0 {
		return text.inBytes(), nil
	}
	content, err := c.content(record)
	if err != nil {
		return false, damaged("an execution", err)
	}
	return text.inBytes(content), nil
}

// InInput tells whether what started an execution holds the text; nil holds none.
func (t Text) InInput(input *store.Input) bool {
	if input == nil {
		return t.In()
	}
	request := input.Request
	return t.In(input.PathFragment) || t.inBytes(input.Frame) || input.Data != nil && t.InValue(*input.Data) ||
		request != nil && (t.In(request.Method, request.Path, request.RawQuery, request.ContentType, request.InvokeURL, request.RemoteAddr) ||
			t.inHeaders(request.Headers) || t.inBytes(request.Body))
}

// InStep tells whether the result of a step holds the text.
func (t Text) InStep(step *store.Step) bool {
	result := &step.Result
	return t.In(result.Key) || t.InValue(result.Results) || t.inResponse(result.Response) || t.InFault(result.Fault) ||
		t.inBytes(result.Changed.Instance, result.Changed.CrossFlow, result.Changed.Integration, result.Changed.Execution)
}

// InLines tells whether a log line holds the text.
func (t Text) InLines(lines []hostapi.Line) bool {
	for i := range lines {
		if t.In(lines[i].Text) {
			return true
		}
	}
	return t.In()
}

// InFault tells whether the words of a fault or its causes hold the text; nil holds none.
func (t Text) InFault(whole *fault.Fault) bool {
	for link := whole; link != nil; link = link.Cause {
		if t.In(link.Name, link.Message) {
			return true
		}
	}
	return t.In()
}

// InValue tells whether a value holds the text, in its JSON as that is written or in its bytes.
func (t Text) InValue(in value.Value) bool {
	for _, blob := range in.Blobs {
		if t.inBytes(blob.Bytes) {
			return true
		}
	}
	return t.inBytes(in.JSON, in.Raw)
}

func (t Text) inResponse(response *engine.Response) bool {
	return response != nil && (t.In(response.ContentType) || t.inHeaders(response.Headers) || t.InValue(response.Body))
}

func (t Text) inHeaders(headers []hostapi.Header) bool {
	for _, header := range headers {
		if t.In(header.Name, header.Value) {
			return true
		}
	}
	return t.In()
}
