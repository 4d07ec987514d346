// Package hostapi lists the questions that running code may ask of its host.
//
// A Host is handed to an engine with each execution and is valid until that execution's Run returns. All methods may
// be called from several goroutines at once.
package hostapi

import (
	"context"
	"time"
	"unicode/utf8"

	"github.com/hookstep-dev/hookstep/sdk/value"
)

// Level is the severity of a log line.
type Level string

// The levels of the code contract's logger, in rising order; Metric stands beside them.
const (
	Trace  Level = "trace"
	Debug  Level = "debug"
	Info   Level = "info"
	Log    Level = "log"
	Warn   Level = "warn"
	Error  Level = "error"
	Metric Level = "metric"
)

// MaxLine is how many characters (Unicode code points) of a log line are kept.
const MaxLine = 4096

// Cut keeps the first MaxLine characters of a text. A byte that is not UTF-8 counts as one.
func Cut(text string) string {
	if len(text) <= MaxLine {
		return text
	}
	end := 0
	for range MaxLine {
		if end == len(text) {
			return text
		}
		_, size := utf8.DecodeRuneInString(text[end:])
		end += size
	}
	return text[:end]
}

// Line is one log line of user code.
type Line struct {
	Step  string    // key of the step that wrote it
	Level Level     //
	Text  string    // rendered already; longer than MaxLine is cut by the receiver
	At    time.Time // when code wrote it
	// Dropped is how many lines before this one were dropped for the quota. An engine that keeps the quota itself may end
	// its log with one line more that tells of the others; another one leaves it zero.
	Dropped int
}

// Host answers running code. Errors are *fault.Fault values: Refused for what was not granted, Downstream for what a
// third party did, and the context's cause when the execution ended meanwhile.
type Host interface {
	// Log keeps one line. It never fails and never blocks for long; beyond the execution's quota lines are counted and dropped.
	Log(line Line)
	// Fetch makes one outbound HTTP exchange under the host's address policy.
	Fetch(ctx context.Context, request FetchRequest) (FetchResponse, error)
	// InvokeFlow starts a sibling flow and waits for its answer.
	InvokeFlow(ctx context.Context, request InvokeRequest) (InvokeResponse, error)
}

// Header is one header line. A name may come several times.
type Header struct {
	Name  string
	Value string
}

// Redirect says what Fetch does with a redirect answer.
type Redirect string

// The redirect modes of the fetch standard.
const (
	Follow Redirect = "follow"
	Reject Redirect = "error"
	Manual Redirect = "manual"
)

// FetchRequest is one outbound exchange. Body is not changed and not kept by the host after the call.
type FetchRequest struct {
	Step     string // key of the step that asks
	Method   string // as sent, upper case for the standard methods
	URL      string // absolute, http or https
	Headers  []Header
	Body     []byte
	Redirect Redirect // empty means Follow
	// Connection is the config variable of the connection whose credential the host adds; empty for none. The host adds it only for
	// the services that the connection is for, and refuses the call for others.
	Connection string
}

// FetchResponse is what came back, redirects followed.
type FetchResponse struct {
	Status     int
	StatusText string
	Headers    []Header // in order of arrival, names in lower case
	Body       []byte   // decoded from its transfer and content encodings
	URL        string   // the final URL
	Redirected bool
}

// InvokeRequest asks for a sibling flow of the same instance.
type InvokeRequest struct {
	Step    string      // key of the step that asks
	Flow    string      // name of the flow, as in integration.yaml
	Data    value.Value // becomes the body of the sibling's payload
	Options []byte      // the options object of the call as JSON; empty if none was given
}

// InvokeResponse is the sibling's HTTP answer.
type InvokeResponse struct {
	Status  int
	Headers []Header
	Data    value.Value
}
