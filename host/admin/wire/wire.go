// Package wire defines the JSON documents of the operators' API.
//
// Both sides of the API use them; openapi.yaml describes the same for other languages. Times are RFC 3339 in UTC, to the
// millisecond. Members that are left out where they are zero say so by omitzero or omitempty.
package wire

import (
	"encoding/json"
	"time"
)

// Error is the body of every answer that is not 2xx.
type Error struct {
	Error string `json:"error"`           // in words for people
	Field string `json:"field,omitempty"` // query parameter or member of the body that is wrong, if one is
	// Findings tell of each field that is wrong, where there may be several.
	Findings []Finding `json:"findings,omitempty"`
}

// Finding is what is wrong with a field.
type Finding struct {
	Field   string `json:"field,omitempty"` // left out: with all of them together
	Message string `json:"message"`
}

// Execution is one execution as lists show it.
type Execution struct {
	ID          string    `json:"id"`
	Integration string    `json:"integration"`
	Instance    string    `json:"instance"`
	Flow        string    `json:"flow"` // as in URLs
	Status      string    `json:"status"`
	Source      string    `json:"source"`
	Synchronous bool      `json:"synchronous"`
	StartedAt   time.Time `json:"startedAt"`
	EndedAt     time.Time `json:"endedAt,omitzero"`
	Due         time.Time `json:"due,omitzero"` // of one that waits: when it goes on
	Millis      float64   `json:"milliseconds"` // that code ran, all tries together
	Attempt     int       `json:"attempt"`      // repeats so far, by the flow's retry
	Losses      int       `json:"losses"`       // times in a row that its engine process was lost without a step done
	StepsDone   int       `json:"stepsDone"`    // steps whose results are kept, the trigger's code among them
	Fault       *Fault    `json:"fault,omitempty"`
	ReplayOf    string    `json:"replayOf,omitempty"`
	ReplayedAs  string    `json:"replayedAs,omitempty"` // its newest replay
}

// Fault is why something failed.
type Fault struct {
	Source  string   `json:"source"`
	Code    string   `json:"code"`
	Step    string   `json:"step,omitempty"` // its key
	Message string   `json:"message"`        // with the words of the causes
	Stack   []string `json:"stack,omitempty"`
}

// Page is one page of a list of executions, the newest first.
type Page struct {
	Executions []Execution `json:"executions"`
	Next       string      `json:"next,omitempty"` // cursor of the next page; left out on the last one
}

// Detail is one execution whole, but for its log.
type Detail struct {
	Execution

	Input   *Input `json:"input,omitempty"` // left out if it was not kept
	Steps   []Step `json:"steps"`
	Dropped bool   `json:"dropped,omitempty"` // load was too high to keep input or steps
	Logs    int    `json:"logs"`              // number of the last piece of its log, 0 without one
}

// Input is what started an execution.
type Input struct {
	Method       string          `json:"method,omitempty"`
	URL          string          `json:"url,omitempty"`
	PathFragment string          `json:"pathFragment,omitempty"`
	RemoteAddr   string          `json:"remoteAddr,omitempty"`
	Headers      []Header        `json:"headers,omitempty"` // those that carry credentials without their values
	Body         *Value          `json:"body,omitempty"`
	Data         *Value          `json:"data,omitempty"` // what a sibling flow gave, instead of a body
	Frame        json.RawMessage `json:"executionFrame,omitempty"`
}

// Header is one header line.
type Header struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Step is what one step came to.
type Step struct {
	Position int       `json:"position"` // in the flow, from 0; the trigger's code is first if there is any
	Key      string    `json:"key"`
	Millis   float64   `json:"milliseconds"`
	Tries    int       `json:"tries"` // repeats by its onError
	Ignored  bool      `json:"ignored,omitempty"`
	EndedAt  time.Time `json:"endedAt,omitzero"`
	Results  *Value    `json:"results,omitempty"` // left out where it failed
	Response *Response `json:"response,omitempty"`
	States   *States   `json:"states,omitempty"` // keys that it changed; a null member deletes its key
	Fault    *Fault    `json:"fault,omitempty"`
}

// Response is what code said of the HTTP answer.
type Response struct {
	Status      int      `json:"status,omitempty"`
	ContentType string   `json:"contentType,omitempty"`
	Headers     []Header `json:"headers,omitempty"`
	Body        *Value   `json:"body,omitempty"`
}

// States are changes of the four states, JSON objects.
type States struct {
	Instance    json.RawMessage `json:"instanceState,omitempty"`
	CrossFlow   json.RawMessage `json:"crossFlowState,omitempty"`
	Integration json.RawMessage `json:"integrationState,omitempty"`
	Execution   json.RawMessage `json:"executionState,omitempty"`
}

// Value is a value of user code, or a body. JSON has the value itself, with null in the place of bytes inside of it, which
// stand in Blobs; bytes alone are in Base64 with their content type. One that is too long for a short answer is Cut.
type Value struct {
	Size        int             `json:"size"` // bytes of content
	JSON        json.RawMessage `json:"json,omitempty"`
	Blobs       []Blob          `json:"blobs,omitempty"`
	ContentType string          `json:"contentType,omitempty"`
	Base64      []byte          `json:"base64,omitzero"`
	Cut         bool            `json:"cut,omitempty"` // the content was left out; ask with full=true
}

// Blob is bytes inside of a JSON value.
type Blob struct {
	Pointer string `json:"pointer"` // JSON Pointer of the null that stands for them
	Base64  []byte `json:"base64"`
}

// Log is a part of an execution's log.
type Log struct {
	Lines []Line `json:"lines"`
	Next  int    `json:"next"` // number of the last piece that is in Lines: the value of `after` for what comes later
	More  bool   `json:"more"` // more is there already
}

// Line is one log line.
type Line struct {
	At      time.Time `json:"at"`
	Step    string    `json:"step"`
	Level   string    `json:"level"`
	Text    string    `json:"text"`
	Dropped int       `json:"dropped,omitempty"` // lines before this one that were dropped for the quota
}

// End is the last event of a log that is followed.
type End struct {
	Status string `json:"status"`
}

// Replay asks for an execution to be run again.
type Replay struct {
	FromStep string `json:"fromStep,omitempty"` // key of the step to begin with, with the kept results of those before it; empty: the first
}

// Replayed is a new execution that repeats an old one.
type Replayed struct {
	ID       string `json:"id"`
	ReplayOf string `json:"replayOf"`
}

// ReplayMany asks for all executions that a filter selects to be run again.
type ReplayMany struct {
	Filter

	FromStep string `json:"fromStep,omitempty"`
	Limit    int    `json:"limit,omitempty"` // most that are replayed, 200 by default and at most
	Again    bool   `json:"again,omitempty"` // also those that were replayed before
}

// Filter selects executions. Zero members select all.
type Filter struct {
	Integration string    `json:"integration,omitempty"`
	Instance    string    `json:"instance,omitempty"`
	Flow        string    `json:"flow,omitempty"` // its name or its form in URLs
	Statuses    []string  `json:"status,omitempty"`
	From        time.Time `json:"from,omitzero"`
	To          time.Time `json:"to,omitzero"`
	Text        string    `json:"text,omitempty"`
}

// ReplayedMany is what became of ReplayMany, the oldest first.
type ReplayedMany struct {
	Replayed []Replayed    `json:"replayed"`
	Failed   []NotReplayed `json:"failed"`
	More     bool          `json:"more"` // the filter selects newer ones too, beyond the limit
}

// NotReplayed is an execution that could not be replayed.
type NotReplayed struct {
	ID    string `json:"id"`
	Error string `json:"error"`
}

// StateOwner is whom a state belongs to: an integration (integrationState), one of its instances (crossFlowState), or a flow
// of one (instanceState).
type StateOwner struct {
	Integration string `json:"integration"`
	Instance    string `json:"instance,omitempty"`
	Flow        string `json:"flow,omitempty"`
}

// StateOwners lists whose states are not empty.
type StateOwners struct {
	States []StateOwner `json:"states"`
}

// Instances lists instances.
type Instances struct {
	Instances []Instance `json:"instances"`
}

// Instance is one instance, served or only known of old.
type Instance struct {
	Integration string    `json:"integration"`
	Instance    string    `json:"instance"`
	Customer    string    `json:"customer,omitempty"` // its name
	Served      bool      `json:"served"`             // by the host that answers
	Disabled    bool      `json:"disabled"`
	SwitchedAt  time.Time `json:"switchedAt,omitzero"`
	Digest      string    `json:"digest,omitempty"` // of what is deployed; "removed" after its removal
	DeployedAt  time.Time `json:"deployedAt,omitzero"`
	Flows       []string  `json:"flows,omitempty"` // their forms in URLs
}

// Schedules lists schedules.
type Schedules struct {
	Schedules []Schedule `json:"schedules"`
}

// Schedule is when a flow is due.
type Schedule struct {
	Integration string    `json:"integration"`
	Instance    string    `json:"instance"`
	Flow        string    `json:"flow"`
	Spec        string    `json:"spec"`
	Next        time.Time `json:"next,omitzero"` // left out: never again
	Last        time.Time `json:"last,omitzero"`
	LastFired   string    `json:"lastExecution,omitempty"`
}

// Tokens lists tokens.
type Tokens struct {
	Tokens []Token `json:"tokens"`
}

// Token is what is known of a token.
type Token struct {
	Name      string    `json:"name"`
	Scopes    []string  `json:"scopes"`
	CreatedAt time.Time `json:"createdAt"`
	ExpiresAt time.Time `json:"expiresAt,omitzero"` // left out: never
}

// NewToken asks for a token.
type NewToken struct {
	Name      string    `json:"name"`
	Scopes    []string  `json:"scopes"`
	ExpiresAt time.Time `json:"expiresAt,omitzero"`
}

// MadeToken is a new token. Its text is told this once.
type MadeToken struct {
	Token

	Text string `json:"token"`
}

// Keys are the keys that secrets are sealed with, as far as may be told.
type Keys struct {
	Version  int64     `json:"version"` // of the keyset
	Master   MasterKey `json:"master"`
	Rotating bool      `json:"rotating"` // connections are still to be sealed again
	Keys     []Key     `json:"keys"`     // the newest first
	Unknown  int       `json:"unknown"`  // connections that are sealed with none of Keys
}

// MasterKey is the key that seals the keyset.
type MasterKey struct {
	ID        string    `json:"id"`
	Source    string    `json:"source,omitempty"` // where the host that answers has it from; left out: it does not have it
	WrappedAt time.Time `json:"wrappedAt"`        // since when it seals the keyset
	Next      string    `json:"next,omitempty"`   // id of the one that the host is configured to use instead, after a rewrap
}

// Key is one key of the keyset.
type Key struct {
	ID        string    `json:"id"`
	Primary   bool      `json:"primary"` // everything is sealed with it now
	CreatedAt time.Time `json:"createdAt"`
	ClosedAt  time.Time `json:"closedAt,omitzero"` // since when nothing that is sealed with it is kept
	UnusedAt  time.Time `json:"unusedAt,omitzero"` // since when no connection is sealed with it; it is forgotten an hour later
	Sealed    int       `json:"sealed"`            // connections
}

// Resealed is how far sealing again has come.
type Resealed struct {
	Done     bool `json:"done"`     // nothing is left to do
	Resealed int  `json:"resealed"` // connections, by this call
	Left     int  `json:"left"`     // connections that it saw and left
}
