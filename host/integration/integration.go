// Package integration holds the nouns of the program: integrations, their flows and steps, instances and requests.
package integration

import (
	"time"

	"github.com/hookstep-dev/hookstep/host/integration/timetable"
	"github.com/hookstep-dev/hookstep/sdk/connection"
	"github.com/hookstep-dev/hookstep/sdk/engine"
	"github.com/hookstep-dev/hookstep/sdk/fault"
	"github.com/hookstep-dev/hookstep/sdk/hostapi"
	"github.com/hookstep-dev/hookstep/sdk/value"
)

// FlowName is a flow's name as its author wrote it, as in "Receive order".
type FlowName string

// StepKey is a step's key in the step results, as in "computeTotals".
type StepKey string

// Slug is a name in a URL, as in "receive-order".
type Slug string

// InstanceName names an instance: its file's name, or the folder's when there are no instance files. It is a Slug too.
type InstanceName string

// Integration is a folder with integration.yaml and code, read and validated. It does not change after Read.
type Integration struct {
	Name        string // display name
	ID          string // the folder's name as a Slug
	Description string
	Version     string // of the integration, from the file; may be empty
	Digest      string // of integration.yaml and all sources, in hex: another content, another digest
	Dir         string // absolute path of the folder
	File        string // path of integration.yaml as it is shown in messages
	Memory      int64  // bytes that one engine process of the integration may use; 0 means the host's default
	ConfigVars  []ConfigVar
	// HidesSecrets: code is given handles in place of the secrets of its connections, which only the host's own calls take.
	HidesSecrets bool
	Flows        []Flow
	Instances    []Instance // at least one
	Sources      []SourceFile
	Warnings     Problems // what Read found and does not keep the integration from running
}

// SourceFile is a file that code can reach. Inline code has a path of its own, "integration.yaml#<flow>/<step key>",
// and the position of its first character, so that findings can be shown where the author wrote it.
type SourceFile struct {
	engine.File
	Engine  string // name of the engine that the file is for; empty for data (.json) that every language can read
	Shown   string // path to show, as in "integration.yaml"
	Line    int    // line in Shown of the content's first line, from 1
	Column  int    // column in Shown of the content's first column, from 1
	OneLine bool   // all of the content stands on that line of Shown, as a quoted text does
}

// Flow is one trigger and an ordered list of steps.
type Flow struct {
	Name        FlowName
	Slug        Slug
	Description string
	Synchronous bool          // the caller waits for the last step's result
	Timeout     time.Duration // of an execution; 0 means the host's default
	Retry       FlowRetry     // of asynchronous flows
	Queue       Queue         // of asynchronous flows
	Dedupe      Dedupe
	Trigger     Trigger
	Steps       []Step
	Line        int // of the flow in integration.yaml
}

// FlowRetry repeats failed executions of an asynchronous flow. The zero FlowRetry repeats none.
type FlowRetry struct {
	Attempts    int           // repeats after the first try, at most 10
	Delay       time.Duration // before the first repeat, at most 24 h
	Exponential bool          // each delay is twice the one before, at most 24 h
	CancelKey   Reference     // a newer execution with an equal value ends the repeats
}

// Queue says how many executions of a flow of an instance run at once. The zero Queue sets no limit.
type Queue struct {
	Limit int       // executions at once; 0: any number. 1 lets one follow the other in the order of their acceptance
	Key   Reference // the limit is for those of an equal value, each value has its own; zero: for all of the flow
}

// Dedupe lets only one execution of a flow of an instance come of an equal value. The zero Dedupe lets all.
type Dedupe struct {
	Key Reference
	For time.Duration // since the first execution was accepted, at most 90 days
}

// DedupeFor is the time of a Dedupe that says none.
const DedupeFor = 24 * time.Hour

// Trigger is how a flow starts.
type Trigger struct {
	Name     string
	Key      StepKey
	Code     Code          // zero: the default trigger, which returns the payload as it came
	APIKey   bool          // the caller must show one of the instance's API keys
	Secret   bool          // the endpoint is an unguessable token
	Timeout  time.Duration // 0 means none but the flow's
	On       Event         // Webhook for a scheduled one too
	Schedule *Schedule     // nil: not scheduled
	Line     int
}

// Event is what starts a flow. A webhook starts each, whatever else does.
type Event string

// The events.
const (
	OnWebhook Event = "webhook"
	OnDeploy  Event = "deploy" // the instance was deployed: it is new, or it or its integration has changed
	OnRemove  Event = "remove" // the instance was removed
)

// Schedule says when a flow starts by itself. What is due when is in each instance's Timetables.
type Schedule struct {
	ConfigVar string // name of the config variable that says it for each instance; empty: equal for all
	Missed    Missed
	Singleton bool // it does not start while an execution that it started before has not ended
}

// Missed says what becomes of a time at which no host was there.
type Missed string

// What can become of it.
const (
	SkipMissed  Missed = "skip" // nothing
	CatchUpOnce Missed = "once" // one execution as soon as a host is there, for however many times
)

// Step is one code step.
type Step struct {
	Name    string
	Key     StepKey
	Code    Code
	Timeout time.Duration // 0 means none but the flow's
	OnError OnError
	Line    int
}

// Code points at a source file. The zero Code is no code.
type Code struct {
	Entry  string // path of the file in Integration.Sources
	Engine string // name of the engine, as in "javascript"
}

// IsZero tells that there is no code.
func (c Code) IsZero() bool { return c.Entry == "" }

// OnError is what happens when a step fails. The zero OnError fails the execution.
type OnError struct {
	Do          Action
	Attempts    int           // of Retry: repeats after the first try, 1 to 5
	Delay       time.Duration // of Retry: before the first repeat, at most 60 s
	Exponential bool          // of Retry: each delay is twice the one before, at most 60 s
}

// Action names what OnError does.
type Action string

// The actions.
const (
	Fail   Action = "fail"
	Ignore Action = "ignore"
	Retry  Action = "retry"
)

// ConfigVar is a declared config variable.
type ConfigVar struct {
	Name        string // display name, the key in configVars
	Description string
	Type        VarType
	Default     []byte // JSON text, of the Type; nil without one
	Required    bool
	Options     []string     // of a picklist; nil for any text
	Declaration *Declaration // of a connection; nil for other variables
	Line        int
}

// VarType is the type of a config variable.
type VarType string

// The types of config variables.
const (
	VarString       VarType = "string"
	VarNumber       VarType = "number"
	VarBoolean      VarType = "boolean"
	VarDate         VarType = "date"
	VarTimestamp    VarType = "timestamp"
	VarPicklist     VarType = "picklist"
	VarCode         VarType = "code"
	VarList         VarType = "list"
	VarKeyValueList VarType = "keyValueList"
	VarJSON         VarType = "json"
	VarSchedule     VarType = "schedule"
	VarConnection   VarType = "connection"
)

// Instance is one deployment of an integration for one customer.
type Instance struct {
	Name       InstanceName
	Title      string // name for people; the file's name without its ending if the file gives none
	ID         string
	Shown      string // path of its file as shown in messages; empty for the folder's own instance
	Customer   *Party // nil without one
	ConfigVars []byte // JSON object by display name, typed as the code contract says; without connections
	// Connections holds the inputs that the instance's file gives to its connections, by the variables' names. They may be
	// fewer than are required: the others come from elsewhere. An input that is not filled in is absent.
	Connections map[string]connection.Values
	APIKeys     map[FlowName][]string
	Endpoints   map[FlowName]Endpoint
	Timetables  map[FlowName]timetable.Timetable // of its scheduled flows; without those whose config variable says none
	Limit       int                              // asynchronous executions at once over all its flows; 0: any number
}

// Endpoint is where a flow of an instance is called: /hooks/<Instance>/<Flow>, or /hooks/<Token> when it is unguessable.
type Endpoint struct {
	Instance InstanceName
	Flow     Slug
	Token    string // set for `endpoint: unguessable`, derived so that it stays the same over restarts
}

// HooksPath is the beginning of every endpoint's URL path.
const HooksPath = "/hooks/"

// Path is the URL path of the endpoint.
func (e Endpoint) Path() string {
	if e.Token != "" {
		return HooksPath + e.Token
	}
	return HooksPath + string(e.Instance) + "/" + string(e.Flow)
}

// Party is a customer.
type Party struct {
	ID         string `json:"id"`
	ExternalID string `json:"externalId"`
	Name       string `json:"name"`
}

// Request is a webhook as ingress read it. Header names are in lower case, each once; repeated lines are joined by ", ".
type Request struct {
	Method      string
	Path        string // decoded path of the URL
	RawQuery    string
	Headers     []hostapi.Header
	Body        []byte
	ContentType string
	InvokeURL   string // the full URL as the caller wrote it
	RemoteAddr  string
	ReceivedAt  time.Time
}

// Header gives the value of the header of a lower-case name, "" without one.
func (r *Request) Header(name string) string {
	for _, header := range r.Headers {
		if header.Name == name {
			return header.Value
		}
	}
	return ""
}

// Target is what a request is for.
type Target struct {
	Integration  *Integration
	Instance     *Instance
	Flow         *Flow
	PathFragment string
}

// Execution is one run of a flow.
type Execution struct {
	ID        ExecutionID
	Target    Target
	Request   *Request
	StartedAt time.Time
	Frame     []byte // JSON of executionFrame; nil unless a sibling flow started it
	Depth     int    // how many flows called each other to get here
}

// Outcome is what an execution came to.
type Outcome struct {
	Trigger *engine.StepResult  // nil for the default trigger
	Steps   []engine.StepResult // in order, ended ones only; a retried step shows its last try
	Fault   *fault.Fault        // why it did not succeed; nil otherwise
	Elapsed time.Duration
}

// Response is an HTTP answer before it is written. Body is not kept after writing.
type Response struct {
	Status  int
	Headers []hostapi.Header // Content-Type among them
	Body    []byte
}

// Answer is the value and the words of an HTTP answer that user code asked for, before it is turned into a Response.
type Answer struct {
	Status      int
	ContentType string
	Headers     []hostapi.Header
	Body        value.Value
}
