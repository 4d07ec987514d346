package enginetest

import (
	"encoding/json"
	"time"
)

// Case is one case of the suite, as case.json and the files beside it say.
type Case struct {
	Level Level             `json:"-"`
	Name  string            `json:"-"`
	Files map[string][]byte `json:"-"` // code in every language, by path from the case's folder

	About string     `json:"about"`           // what must hold, in a sentence
	Needs []string   `json:"needs,omitempty"` // capabilities of the engine; "process" for a plugin program
	Load  *LoadWant  `json:"load,omitempty"`  // what loading must find; without it, loading must find no errors
	Runs  []Exchange `json:"runs,omitempty"`  // executions, one after another on one lane
}

// LoadWant is what loading must find.
type LoadWant struct {
	Entries     []string         `json:"entries"` // paths without extension
	Diagnostics []DiagnosticWant `json:"diagnostics"`
}

// DiagnosticWant describes one finding. Empty fields may be anything.
type DiagnosticWant struct {
	Severity string `json:"severity,omitempty"` // "error" if it is left out
	Code     string `json:"code,omitempty"`
	File     string `json:"file,omitempty"`    // path without extension
	Mark     string `json:"mark,omitempty"`    // the finding is on the line that holds @ and this word
	Column   bool   `json:"column,omitempty"`  // the column is known
	Message  string `json:"message,omitempty"` // a part of the message
}

// Exchange is one execution and what must come of it.
type Exchange struct {
	Run    RunSpec  `json:"run"`
	Host   HostSpec `json:"host,omitzero"`
	Cancel string   `json:"cancel,omitempty"` // "call": cancel when code waits on the host; "log": when it has logged a line
	Want   Want     `json:"want"`
}

// RunSpec is an engine.Run in JSON.
type RunSpec struct {
	Execution  string                     `json:"execution,omitempty"`
	StartedAt  time.Time                  `json:"startedAt,omitzero"`
	InvokeURL  string                     `json:"invokeUrl,omitempty"`
	Context    json.RawMessage            `json:"context,omitempty"`
	Frame      json.RawMessage            `json:"executionFrame,omitempty"`
	States     map[string]json.RawMessage `json:"states,omitempty"` // by their names in the context
	TriggerKey string                     `json:"triggerKey,omitempty"`
	Payload    *PayloadSpec               `json:"payload,omitempty"`
	Results    []ResultSpec               `json:"results,omitempty"`
	Steps      []StepSpec                 `json:"steps"`
	TimeoutMS  int                        `json:"timeoutMs,omitempty"`
	Limits     LimitSpec                  `json:"limits,omitzero"`
}

// PayloadSpec is a webhook.
type PayloadSpec struct {
	Method          string          `json:"method"`
	PathFragment    string          `json:"pathFragment,omitempty"`
	Headers         [][2]string     `json:"headers,omitempty"`
	QueryParameters json.RawMessage `json:"queryParameters,omitempty"`
	RawText         string          `json:"rawText,omitempty"`   // the body, as text
	RawBase64       []byte          `json:"rawBase64,omitempty"` // or in base 64
	ContentType     string          `json:"contentType,omitempty"`
	Body            string          `json:"body"` // "none", "json", "text", "bytes" or "parts"
	Parts           *ValueSpec      `json:"parts,omitempty"`
}

// ResultSpec is the result of an earlier step.
type ResultSpec struct {
	Key   string     `json:"key"`
	Value ValueSpec  `json:"value,omitzero"`
	Error *FaultSpec `json:"error,omitempty"`
}

// StepSpec is a step or trigger to run.
type StepSpec struct {
	Key       string `json:"key"`
	Name      string `json:"name,omitempty"`
	Code      string `json:"code"`           // path of its file without extension
	Kind      string `json:"kind,omitempty"` // "step" if it is left out
	TimeoutMS int    `json:"timeoutMs,omitempty"`
}

// LimitSpec are the limits of a run.
type LimitSpec struct {
	ResultBytes int64 `json:"resultBytes,omitempty"`
	ResultDepth int   `json:"resultDepth,omitempty"`
	LogLines    int   `json:"logLines,omitempty"`
}

// FaultSpec is a fault that a host or an earlier step gives.
type FaultSpec struct {
	Source  string `json:"source"`
	Code    string `json:"code"`
	Name    string `json:"name,omitempty"`
	Message string `json:"message"`
}

// HostSpec is what the host answers, call by call. A call beyond the answers is refused.
type HostSpec struct {
	Answers []AnswerSpec `json:"answers,omitempty"`
}

// AnswerSpec is one answer. A zero answer waits until the run ends.
type AnswerSpec struct {
	Fault  *FaultSpec  `json:"fault,omitempty"`
	Fetch  *FetchSpec  `json:"fetch,omitempty"`
	Invoke *InvokeSpec `json:"invokeFlow,omitempty"`
}

// FetchSpec answers fetch.
type FetchSpec struct {
	Status     int         `json:"status"`
	StatusText string      `json:"statusText,omitempty"`
	Headers    [][2]string `json:"headers,omitempty"`
	Body       string      `json:"body,omitempty"`
	URL        string      `json:"url,omitempty"`
}

// InvokeSpec answers invokeFlow.
type InvokeSpec struct {
	Status  int         `json:"status"`
	Headers [][2]string `json:"headers,omitempty"`
	Data    ValueSpec   `json:"data"`
}

// Want is what must come of a run.
type Want struct {
	Steps []StepWant  `json:"steps,omitempty"` // what is reported, in order; all of it
	Fault *FaultWant  `json:"fault,omitempty"` // how the run ends; without it, regularly
	Logs  *[]LogWant  `json:"logs,omitempty"`  // all lines, in order; without it, any
	Calls *[]CallWant `json:"calls,omitempty"` // all calls, in order; without it, any
}

// StepWant is what a step must come to.
type StepWant struct {
	Key      string                     `json:"key"`
	Results  *ValueWant                 `json:"results,omitempty"` // without it, any
	Response *ResponseWant              `json:"response,omitempty"`
	Changed  map[string]json.RawMessage `json:"changed,omitempty"` // by the states' names; a state that is left out must not change
	Fault    *FaultWant                 `json:"fault,omitempty"`
}

// ResponseWant is what code must have said of the HTTP answer.
type ResponseWant struct {
	Status      int         `json:"status,omitempty"`
	ContentType string      `json:"contentType,omitempty"`
	Headers     [][2]string `json:"headers,omitempty"`
	Body        *ValueWant  `json:"body,omitempty"` // without it, none
}

// FaultWant describes a fault. Empty fields may be anything.
type FaultWant struct {
	Source  string   `json:"source,omitempty"`
	Code    string   `json:"code,omitempty"`
	Name    string   `json:"name,omitempty"`
	Message string   `json:"message,omitempty"` // a part of it
	Chain   string   `json:"chain,omitempty"`   // a part of its message or of a cause's
	Step    string   `json:"step,omitempty"`
	RetryMS []int64  `json:"retryAfterMs,omitempty"` // least and most milliseconds to wait before another try
	Stack   []string `json:"stack,omitempty"`        // marks of the lines on the stack, innermost first, which others may stand between
}

// LogWant describes one log line.
type LogWant struct {
	Step     string `json:"step"`
	Level    string `json:"level"`
	Text     string `json:"text,omitempty"`     // the whole line
	Contains string `json:"contains,omitempty"` // or a part of it
	Length   int    `json:"length,omitempty"`   // or its length in characters
	Dropped  int    `json:"dropped,omitempty"`
}

// CallWant describes what code asked the host. Fields that are left out may be anything.
type CallWant struct {
	Step    string          `json:"step,omitempty"`
	Method  string          `json:"method,omitempty"`
	URL     string          `json:"url,omitempty"`
	Headers [][2]string     `json:"headers,omitempty"` // these are there, names in any case
	Body    *string         `json:"body,omitempty"`
	Whose   string          `json:"connection,omitempty"` // whose credential the host is to add; without it, nobody's
	Flow    string          `json:"flow,omitempty"`
	Data    *ValueWant      `json:"data,omitempty"`
	Options json.RawMessage `json:"options,omitempty"`
}

// ValueSpec is a value. Exactly one form is set; none is null.
type ValueSpec struct {
	JSON     json.RawMessage   `json:"json,omitempty"`     // as it is written here, to the byte
	Blobs    map[string][]byte `json:"blobs,omitempty"`    // bytes inside the JSON, by JSON Pointer, in base 64
	Raw      *[]byte           `json:"raw,omitempty"`      // bytes, in base 64
	Repeated *Repeated         `json:"repeated,omitempty"` // a long text
	Nested   int               `json:"nested,omitempty"`   // arrays inside each other, so many
}

// Repeated is a text many times over.
type Repeated struct {
	Text  string `json:"text"`
	Times int    `json:"times"`
}

// ValueWant describes a value. Numbers are compared by value, all digits; members in any order unless Ordered.
type ValueWant struct {
	ValueSpec

	Ordered bool        `json:"ordered,omitempty"` // members stand in this order
	Either  []ValueWant `json:"either,omitempty"`  // one of these will do, in place of a form
	Text    bool        `json:"text,omitempty"`    // the JSON text is equal to the byte
}
