package respond

import (
	"net/http"
	"strconv"
	"time"

	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/sdk/fault"
	"github.com/hookstep-dev/hookstep/sdk/hostapi"
	"github.com/hookstep-dev/hookstep/sdk/value"
)

// Status gives the status code of a fault. Everything that the integration's own code did is 500.
func Status(code fault.Code) int {
	switch code {
	case fault.Malformed:
		return http.StatusBadRequest
	case fault.Unauthorized:
		return http.StatusUnauthorized
	case fault.NotFound:
		return http.StatusNotFound
	case fault.TooSlow:
		return http.StatusRequestTimeout
	case fault.TooLarge:
		return http.StatusRequestEntityTooLarge
	case fault.HeadersTooLarge:
		return http.StatusRequestHeaderFieldsTooLarge
	case fault.Overloaded:
		return http.StatusTooManyRequests
	case fault.Unsupported:
		return http.StatusNotImplemented
	case fault.WorkerLost, fault.NotLoaded, fault.Protocol, fault.Unreachable:
		return http.StatusBadGateway
	case fault.Unavailable, fault.Canceled:
		return http.StatusServiceUnavailable
	case fault.Deadline:
		return http.StatusGatewayTimeout
	default:
		return http.StatusInternalServerError
	}
}

// Fault gives the answer that tells of an error: {"error", "executionId"}, with the fault's words and those of its causes, never a stack. What
// went wrong inside of the program, as a cause too, is told by the log only.
func Fault(id integration.ExecutionID, err error) integration.Response {
	known := fault.As(err, fault.Host)
	body := value.AppendText([]byte(`{"error":`), words(known))
	body = append(value.AppendText(append(body, `,"executionId":`...), id.String()), '}')
	headers := append(fixed(id),
		hostapi.Header{Name: "Content-Type", Value: typeJSON},
		hostapi.Header{Name: FaultHeader, Value: string(known.Source) + "/" + string(known.Code)})
	if wait := retryAfter(known); wait > 0 {
		headers = append(headers, hostapi.Header{Name: "Retry-After", Value: strconv.Itoa(wait)})
	}
	return integration.Response{Status: Status(known.Code), Headers: headers, Body: body}
}

func words(of *fault.Fault) string {
	if of.Code == fault.Internal {
		return "internal error; the log tells more under this execution id"
	}
	return told(of).Story()
}

// told leaves out the causes that are for the log only, and what led to them.
func told(of *fault.Fault) *fault.Fault {
	if of.Cause == nil {
		return of
	}
	shown := *of
	shown.Cause = told(of.Cause)
	if of.Cause.Code == fault.Internal {
		shown.Cause = nil
	}
	return &shown
}

// retryAfter is in whole seconds, at least one where a repeat makes sense, 0 where it says nothing.
func retryAfter(of *fault.Fault) int {
	seconds := int((of.RetryAfter + time.Second - 1) / time.Second)
	if seconds == 0 && of.Code == fault.Overloaded {
		return 1
	}
	return seconds
}
