// Package engine is the contract of a language engine: a program that loads source files and runs executions of them.
//
// The same interfaces stand on both sides of the process boundary. A plugin author implements them and hands them to
// sdk.Serve; a host gets them from launch.Start. Every error that an engine returns is best a *fault.Fault; another
// error arrives as a fault of source engine, code internal.
package engine

import (
	"context"
	"time"

	"github.com/hookstep-dev/hookstep/sdk/fault"
	"github.com/hookstep-dev/hookstep/sdk/hostapi"
	"github.com/hookstep-dev/hookstep/sdk/value"
)

// Engine is one language.
type Engine interface {
	// Describe says what the engine is. It must not need a program and answers within a second.
	Describe(ctx context.Context) (Description, error)
	// Load compiles source files. Equal sources give the equal Program.ID, and loading again is cheap. What is wrong with
	// the sources comes back as diagnostics, not as an error; with one of severity Error there is no program.
	Load(ctx context.Context, source Source) (Program, error)
	// Lane opens a place where executions run one after another. Lanes run side by side.
	Lane(ctx context.Context) (Lane, error)
}

// Lane runs one execution at a time.
type Lane interface {
	// Run works through run.Steps in order, reporting each, and stops at the first that fails, at a trigger that
	// rejects, or when ctx ends. It returns nil when it came to a regular end (rejection included), else the fault.
	// When ctx ends, Run stops user code at once and returns context.Cause(ctx).
	// No user state outlives Run: globals, patched prototypes and modules are new in every run.
	Run(ctx context.Context, run Run, host hostapi.Host, done StepDone) error
	// Close gives the lane's resources back. No Run is under way.
	Close() error
}

// StepDone takes one finished step in order. It is called for a failed step too. When it returns an error, Run stops
// and returns it. It may block until the host has committed the result.
type StepDone func(ctx context.Context, result StepResult) error

// Description is what an engine says of itself.
type Description struct {
	Name         string   // what integration files call it, as in "javascript"
	Version      string   // of the engine, semantic
	Language     string   // for people, as in "JavaScript (ECMAScript 2023, goja)"
	Extensions   []string // file extensions with the dot, as in ".js"
	Capabilities []string // names of optional parts of the protocol, as in "fetch", "fetchConnection", "invokeFlow", "bytes"
	Limits       []string // limits that the engine enforces itself: "deadline", "memory", "stack", "result", "logs"
}

// Source is the code of one integration in one language.
type Source struct {
	Name    string   // of the integration, for messages
	Files   []File   // every file that code can reach, in any order
	Entries []string // paths of the files whose exported function is a step or trigger
}

// File is one source file. Paths use slashes and are relative to the integration's folder.
type File struct {
	Path    string
	Content []byte
}

// Program is the answer to Load.
type Program struct {
	ID          string // stands for the compiled sources in this process; empty if a diagnostic is an error
	Diagnostics []Diagnostic
}

// Severity of a diagnostic.
type Severity string

// The severities.
const (
	Error   Severity = "error"
	Warning Severity = "warning"
)

// Diagnostic is one finding of a compiler. Line and Column count from 1 (column in characters); 0 means unknown.
type Diagnostic struct {
	Severity Severity
	Code     fault.Code // Syntax, MissingCode or NotCallable where one of them fits; else empty
	File     string
	Line     int
	Column   int
	Message  string
}

// Failed tells whether a diagnostic keeps the program from running.
func (p Program) Failed() bool {
	for _, finding := range p.Diagnostics {
		if finding.Severity == Error {
			return true
		}
	}
	return false
}

// Run is one execution, or the stretch of it that is in this engine's language.
type Run struct {
	Program    string    // Program.ID
	Execution  string    // execution id
	StartedAt  time.Time // of the execution
	InvokeURL  string    // the URL that started the execution
	Context    []byte    // JSON object: the context properties that are equal in every execution of the flow (see the code contract)
	Frame      []byte    // JSON value of executionFrame, the lineage of a cross-flow call; nil if a webhook started this
	States     States    // the states as they are now, JSON objects
	TriggerKey string    // under which the trigger's results stand in the step results
	Payload    *Payload  // what came in; nil when the trigger's results are among Results
	Results    []Result  // of steps that ran before this stretch, in order
	Steps      []Step    // what to run, in order; a trigger is first if it is there at all
	Limits     Limits
	Confirm    bool // the engine goes on after a step only when StepDone has returned, wherever it runs: results are committed first
}

// IdempotencyKey is what the code of a step or trigger sees as context.idempotencyKey. It is the same whenever that one runs again in its
// execution (repeated, or resumed after a crash), and another for everything else; a replay is an execution of its own.
func (r *Run) IdempotencyKey(step string) string { return r.Execution + "/" + step }

// Kind tells a step from a trigger.
type Kind string

// The kinds of code.
const (
	KindStep    Kind = "step"    // (context, stepResults) → { data, … }
	KindTrigger Kind = "trigger" // (context, payload) → { payload, response }
)

// Step is one piece of code to run.
type Step struct {
	Key     string        // its key in the step results
	Name    string        // its display name
	Entry   string        // path of the file that exports the function
	Kind    Kind          //
	Timeout time.Duration // 0 means no limit but the run's
}

// Context returns a context that ends with the step's own time limit, its cause a Deadline fault that names the step.
func (s Step) Context(ctx context.Context) (context.Context, context.CancelFunc) {
	if s.Timeout <= 0 {
		return context.WithCancel(ctx)
	}
	late := fault.New(fault.Limit, fault.Deadline, "the step ran longer than its limit of %s", s.Timeout).At(s.Key)
	return context.WithTimeoutCause(ctx, s.Timeout, late)
}

// Limits of one run. Zero means the engine's own default.
type Limits struct {
	ResultBytes int64 // size of one step's result, JSON and blobs together
	ResultDepth int   // nesting of one result
	LogLines    int   // lines kept; the rest is counted and dropped
}

// Payload is a webhook as the trigger sees it. The engine builds the payload object of the code contract from it.
type Payload struct {
	Method          string
	PathFragment    string           // what follows the flow's URL, no leading slash
	Headers         []hostapi.Header // names in lower case, each once; repeated lines are joined with ", "
	QueryParameters []byte           // JSON object of strings and arrays of strings; nil without a query
	RawBody         []byte           // as received
	ContentType     string           // with its parameters
	Body            BodyForm         // what body.data is
	Parts           value.Value      // for BodyParts: of a form an object by part name, each {data, contentType, fileName}; of text in another charset the decoded value
}

// BodyForm says how body.data derives from the request body.
type BodyForm string

// The forms of a body.
const (
	BodyNone  BodyForm = "none"  // no body: null
	BodyJSON  BodyForm = "json"  // RawBody is one valid JSON text (the host has checked it): its value
	BodyText  BodyForm = "text"  // RawBody is UTF-8 text: a string
	BodyBytes BodyForm = "bytes" // the bytes themselves
	BodyParts BodyForm = "parts" // Parts, any value that the host made of the body
)

// Result is an earlier step's entry in the step results.
type Result struct {
	Key   string
	Value value.Value
	// Error is set for a step whose failure is ignored: its results are { error: { name, message } }.
	Error *fault.Fault
}

// States are the four states, each one JSON object or nil for an empty one.
type States struct {
	Instance    []byte
	CrossFlow   []byte
	Integration []byte
	Execution   []byte
}

// StepResult is what one step or trigger came to.
type StepResult struct {
	Key      string
	Results  value.Value   // data, or the trigger's payload; null when code returned none; zero when it failed
	Response *Response     // what code said of the HTTP answer; nil if nothing
	Changed  States        // top-level keys that code changed, as merge objects; a null member deletes its key
	Elapsed  time.Duration // wall time of the step
	Fault    *fault.Fault  // why it failed; nil otherwise
}

// Response is the part of an HTTP answer that code decides. Zero fields were not set by code.
type Response struct {
	Status      int // as code gave it; the host checks the range
	ContentType string
	Headers     []hostapi.Header
	Body        value.Value // absent when code gave none
}

// Rejected tells whether a trigger's response ends the execution before its first step.
func (r *Response) Rejected() bool { return r != nil && r.Status >= 400 }
