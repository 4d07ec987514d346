// Package fault carries what went wrong as data: who caused it, a code that programs can test, and words for people.
package fault

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Source says whose doing a fault is. It decides the HTTP status and who is told.
type Source string

// The sources of a fault.
const (
	User       Source = "user"       // the integration's own code or files
	Engine     Source = "engine"     // the engine plugin or its process
	Downstream Source = "downstream" // a service that user code called through the host
	Host       Source = "host"       // the host refused or was not able to
	Limit      Source = "limit"      // a limit that is set for this execution was reached
)

// Code names one kind of fault. It is stable: programs may compare it.
type Code string

// The codes of this protocol version. An engine uses the nearest one and puts the details into the message.
const (
	Thrown       Code = "thrown"        // user: code threw or returned an error
	Syntax       Code = "syntax"        // user: a source file does not compile
	NotCallable  Code = "not_callable"  // user: the entry file does not export a function
	MissingCode  Code = "missing_code"  // user: a module that code requires is not there
	BadResult    Code = "bad_result"    // user: a result holds what no value may hold (function, cycle)
	NeverSettled Code = "never_settled" // user: a promise (or its like) that nothing can settle any more
	Malformed    Code = "malformed"     // user: the request body is not what its content type says

	Deadline   Code = "deadline"    // limit: the step or the execution ran out of time
	Memory     Code = "memory"      // limit: the engine process ran out of its memory
	Stack      Code = "stack"       // limit: recursion too deep
	ResultSize Code = "result_size" // limit: a result too large or too deep to be sent
	Overloaded Code = "overloaded"  // limit: no free lane within the bounded wait; nothing has run

	Canceled    Code = "canceled"    // host: the execution was cancelled (caller gone, shutdown)
	Refused     Code = "refused"     // host: policy forbids what code asked for
	NotLoaded   Code = "not_loaded"  // engine: the program id is unknown to this process; nothing has run
	WorkerLost  Code = "worker_lost" // engine: the process died or was killed while it ran this
	Unavailable Code = "unavailable" // engine: the process does not start, or keeps dying; nothing has run
	Protocol    Code = "protocol"    // engine: a message that breaks the protocol; downstream: an answer that is not of the service that was asked
	Internal    Code = "internal"    // engine or host: a defect of ours

	Unreachable Code = "unreachable" // downstream: no answer (name, connection, TLS, time-out)

	Reauthorize   Code = "reauthorize"   // downstream: the grant is gone; a person has to authorize again
	Misconfigured Code = "misconfigured" // downstream: the service refuses what is configured; trying again changes nothing
)

// The codes that a host gives to a caller before any code runs. An engine sees them only as the answer of InvokeFlow.
const (
	NotFound        Code = "not_found"         // host: no flow of this name or at this address
	Unauthorized    Code = "unauthorized"      // host: the caller's credential is missing or wrong
	TooLarge        Code = "too_large"         // limit: the request body is over the limit
	HeadersTooLarge Code = "headers_too_large" // limit: the request headers are over the limit
	TooSlow         Code = "too_slow"          // limit: the request body did not arrive in time
	Unsupported     Code = "unsupported"       // host: this version of the host cannot do it, or a type of connections does not
)

// Frame is one line of a stack, innermost first. Line and Column count from 1; 0 means unknown.
type Frame struct {
	Function string // empty for top-level code
	File     string // the path of the file as it was loaded
	Line     int
	Column   int
}

func (f Frame) String() string {
	where := fmt.Sprintf("%s:%d:%d", f.File, f.Line, f.Column)
	if f.Function == "" {
		return where
	}
	return f.Function + " (" + where + ")"
}

// Fault is an error that crosses processes unchanged.
type Fault struct {
	Source     Source
	Code       Code
	Name       string        // the error's own name, as in TypeError; empty if it has none
	Message    string        // one or more lines for people; no stack, no secret
	Step       string        // key of the step that failed; empty outside steps
	Stack      []Frame       // positions in the user's own source; may be empty
	RetryAfter time.Duration // how long to wait before trying again; 0 says nothing
	Cause      *Fault        // what led to it, if the code told; nil otherwise
}

// New makes a fault whose message is formatted as fmt.Sprintf does.
func New(source Source, code Code, format string, args ...any) *Fault {
	return &Fault{Source: source, Code: code, Message: fmt.Sprintf(format, args...)}
}

// Error gives "Name: message" with the step before it where one is known.
func (f *Fault) Error() string {
	var text strings.Builder
	if f.Step != "" {
		fmt.Fprintf(&text, "step %s: ", f.Step)
	}
	if f.Name != "" {
		text.WriteString(f.Name + ": ")
	}
	text.WriteString(f.Message)
	return text.String()
}

// Story is Error followed by the words of the causes that it does not tell yet.
func (f *Fault) Story() string {
	said := []string{f.Error()}
	for cause := f.Cause; cause != nil; cause = cause.Cause {
		if !strings.Contains(said[len(said)-1], cause.Message) {
			said = append(said, cause.Message)
		}
	}
	return strings.Join(said, ": ")
}

// RetryAfterSeconds is a RetryAfter of what code gave as a number of seconds: 0 for what is none, at most MaxRetryAfter.
func RetryAfterSeconds(seconds float64) time.Duration {
	switch {
	case !(seconds > 0): // also when it is not a number
		return 0
	case seconds >= MaxRetryAfter.Seconds():
		return MaxRetryAfter
	}
	return time.Duration(seconds * float64(time.Second))
}

// RetryAfterText is a RetryAfter of a text as HTTP has it in Retry-After, a number of seconds or a date: 0 for what is neither, and
// for a date that is not after now.
func RetryAfterText(text string, now time.Time) time.Duration {
	text = strings.TrimSpace(text)
	if seconds, err := strconv.ParseFloat(text, 64); err == nil {
		return RetryAfterSeconds(seconds)
	}
	for _, layout := range []string{"Mon, 02 Jan 2006 15:04:05 GMT", "Monday, 02-Jan-06 15:04:05 GMT", time.ANSIC} {
		if date, err := time.Parse(layout, text); err == nil {
			return max(0, min(date.Sub(now), MaxRetryAfter))
		}
	}
	return 0
}

// MaxRetryAfter is the longest RetryAfter that is read of what code gave.
const MaxRetryAfter = 30 * 24 * time.Hour

// At returns a copy of f that names the step, unless one is named already.
func (f *Fault) At(step string) *Fault {
	if f.Step != "" || step == "" {
		return f
	}
	named := *f
	named.Step = step
	return &named
}

// Unwrap gives the cause, so that errors.Is and errors.As look through the chain.
func (f *Fault) Unwrap() error {
	if f.Cause == nil {
		return nil
	}
	return f.Cause
}

// As finds the fault in err's chain. An error without one becomes a fault of the given source with the code Internal;
// nil stays nil.
func As(err error, otherwise Source) *Fault {
	if err == nil {
		return nil
	}
	if found, ok := errors.AsType[*Fault](err); ok {
		return found
	}
	return &Fault{Source: otherwise, Code: Internal, Message: err.Error()}
}

// Is tells whether err's chain holds a fault with the code.
func Is(err error, code Code) bool {
	found, ok := errors.AsType[*Fault](err)
	return ok && found.Code == code
}
