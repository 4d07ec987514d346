package record

import (
	"time"

	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/store"
	"github.com/hookstep-dev/hookstep/sdk/engine"
	"github.com/hookstep-dev/hookstep/sdk/fault"
	"github.com/hookstep-dev/hookstep/sdk/hostapi"
)

type requestForm struct {
	Method      string       `cbor:"1,keyasint,omitzero"`
	Path        string       `cbor:"2,keyasint,omitzero"`
	RawQuery    string       `cbor:"3,keyasint,omitzero"`
	Headers     []headerForm `cbor:"4,keyasint,omitzero"`
	Body        []byte       `cbor:"5,keyasint,omitzero"`
	ContentType string       `cbor:"6,keyasint,omitzero"`
	InvokeURL   string       `cbor:"7,keyasint,omitzero"`
	RemoteAddr  string       `cbor:"8,keyasint,omitzero"`
	ReceivedAt  moment       `cbor:"9,keyasint,omitzero"`
}

func newRequestForm(from *integration.Request) *requestForm {
	if from == nil {
		return nil
	}
	return &requestForm{
		from.Method, from.Path, from.RawQuery, newHeaderForms(from.Headers), from.Body, from.ContentType,
		from.InvokeURL, from.RemoteAddr, newMoment(from.ReceivedAt),
	}
}

func (f *requestForm) request() *integration.Request {
	if f == nil {
		return nil
	}
	return &integration.Request{
		Method: f.Method, Path: f.Path, RawQuery: f.RawQuery, Headers: headersOf(f.Headers), Body: f.Body,
		ContentType: f.ContentType, InvokeURL: f.InvokeURL, RemoteAddr: f.RemoteAddr, ReceivedAt: timeOf(f.ReceivedAt),
	}
}

type inputForm struct {
	Request      *requestForm `cbor:"1,keyasint,omitzero"`
	PathFragment string       `cbor:"2,keyasint,omitzero"`
	Data         *valueForm   `cbor:"3,keyasint,omitzero"`
	Frame        []byte       `cbor:"4,keyasint,omitzero"`
	Depth        int          `cbor:"5,keyasint,omitzero"`
}

// EncodeInput writes what started an execution; nil for nil.
func (c *Codec) EncodeInput(from *store.Input) ([]byte, error) {
	if from == nil {
		return nil, nil
	}
	form := &inputForm{Request: newRequestForm(from.Request), PathFragment: from.PathFragment, Frame: from.Frame, Depth: from.Depth}
	if from.Data != nil {
		data := newValueForm(*from.Data)
		form.Data = &data
	}
	return c.pack("what started the execution", form)
}

// DecodeInput reads what EncodeInput wrote; nil without bytes.
func (c *Codec) DecodeInput(record []byte) (*store.Input, error) {
	if len(record) == 0 {
		return nil, nil //nolint:nilnil // no record is no input, which is what was kept
	}
	var form inputForm
	if err := c.unpack("what started the execution", record, &form); err != nil {
		return nil, err
	}
	made := &store.Input{Request: form.Request.request(), PathFragment: form.PathFragment, Frame: form.Frame, Depth: form.Depth}
	if form.Data != nil {
		data := form.Data.value()
		made.Data = &data
	}
	return made, nil
}

type stepForm struct {
	Position int           `cbor:"1,keyasint,omitzero"`
	Key      string        `cbor:"2,keyasint,omitzero"`
	Results  *valueForm    `cbor:"3,keyasint,omitzero"`
	Response *responseForm `cbor:"4,keyasint,omitzero"`
	Changed  *statesForm   `cbor:"5,keyasint,omitzero"`
	Elapsed  time.Duration `cbor:"6,keyasint,omitzero"`
	Fault    []faultForm   `cbor:"7,keyasint,omitzero"`
	Tries    int           `cbor:"8,keyasint,omitzero"`
	Ignored  bool          `cbor:"9,keyasint,omitzero"`
	EndedAt  moment        `cbor:"10,keyasint,omitzero"`
}

// EncodeStep writes the result of a step.
func (c *Codec) EncodeStep(from *store.Step) ([]byte, error) {
	result := &from.Result
	form := &stepForm{
		Position: from.Position, Key: result.Key, Response: newResponseForm(result.Response), Elapsed: result.Elapsed,
		Fault: newFaultForms(result.Fault), Tries: from.Tries, Ignored: from.Ignored, EndedAt: newMoment(from.EndedAt),
	}
	if !result.Results.IsZero() {
		results := newValueForm(result.Results)
		form.Results = &results
	}
	if states := statesForm(result.Changed); states.some() {
		form.Changed = &states
	}
	return c.pack("the result of the step "+result.Key, form)
}

func (f statesForm) some() bool {
	return f.Instance != nil || f.CrossFlow != nil || f.Integration != nil || f.Execution != nil
}

// DecodeStep reads what EncodeStep wrote.
func (c *Codec) DecodeStep(record []byte) (*store.Step, error) {
	var form stepForm
	if err := c.unpack("the result of a step", record, &form); err != nil {
		return nil, err
	}
	made := &store.Step{
		Position: form.Position, Tries: form.Tries, Ignored: form.Ignored, EndedAt: timeOf(form.EndedAt),
		Result: engine.StepResult{Key: form.Key, Response: form.Response.response(), Elapsed: form.Elapsed, Fault: faultOf(form.Fault)},
	}
	if form.Results != nil {
		made.Result.Results = form.Results.value()
	}
	if form.Changed != nil {
		made.Result.Changed = engine.States(*form.Changed)
	}
	return made, nil
}

type lineForm struct {
	Step    string        `cbor:"1,keyasint,omitzero"`
	Level   hostapi.Level `cbor:"2,keyasint,omitzero"`
	Text    string        `cbor:"3,keyasint,omitzero"`
	At      moment        `cbor:"4,keyasint,omitzero"`
	Dropped int           `cbor:"5,keyasint,omitzero"`
}

// EncodeLines writes lines of a log; nil without any.
func (c *Codec) EncodeLines(lines []hostapi.Line) ([]byte, error) {
	if len(lines) == 0 {
		return nil, nil
	}
	return c.pack("log lines", each(lines, func(line hostapi.Line) lineForm {
		return lineForm{line.Step, line.Level, line.Text, newMoment(line.At), line.Dropped}
	}))
}

// DecodeLines reads what EncodeLines wrote; nil without bytes.
func (c *Codec) DecodeLines(record []byte) ([]hostapi.Line, error) {
	if len(record) == 0 {
		return nil, nil
	}
	var forms []lineForm
	if err := c.unpack("log lines", record, &forms); err != nil {
		return nil, err
	}
	return each(forms, func(form lineForm) hostapi.Line {
		return hostapi.Line{Step: form.Step, Level: form.Level, Text: form.Text, At: timeOf(form.At), Dropped: form.Dropped}
	}), nil
}

// EncodeFault writes a fault with its stack and its causes; nil for nil.
func (c *Codec) EncodeFault(from *fault.Fault) ([]byte, error) {
	if from == nil {
		return nil, nil
	}
	return c.pack("a fault", newFaultForms(from))
}

// DecodeFault reads what EncodeFault wrote; nil without bytes.
func (c *Codec) DecodeFault(record []byte) (*fault.Fault, error) {
	if len(record) == 0 {
		return nil, nil //nolint:nilnil // no record is no fault, which is what was kept
	}
	var chain []faultForm
	if err := c.unpack("a fault", record, &chain); err != nil {
		return nil, err
	}
	return faultOf(chain), nil
}

// Brief is a fault as an execution's narrow row holds it: without its stack and causes.
func Brief(whole *fault.Fault) *fault.Fault {
	if whole == nil {
		return nil
	}
	brief := *whole
	brief.Stack, brief.Cause = nil, nil
	return &brief
}

type answerForm struct {
	Status  int          `cbor:"1,keyasint,omitzero"`
	Headers []headerForm `cbor:"2,keyasint,omitzero"`
	Body    []byte       `cbor:"3,keyasint,omitzero"`
}

// EncodeAnswer writes an answer; nil for nil.
func (c *Codec) EncodeAnswer(from *integration.Response) ([]byte, error) {
	if from == nil {
		return nil, nil
	}
	return c.pack("an answer", &answerForm{from.Status, newHeaderForms(from.Headers), from.Body})
}

// DecodeAnswer reads what EncodeAnswer wrote; nil without bytes.
func (c *Codec) DecodeAnswer(record []byte) (*integration.Response, error) {
	if len(record) == 0 {
		return nil, nil //nolint:nilnil // no record is no answer, which is what was kept
	}
	var form answerForm
	if err := c.unpack("an answer", record, &form); err != nil {
		return nil, err
	}
	return &integration.Response{Status: form.Status, Headers: headersOf(form.Headers), Body: form.Body}, nil
}
