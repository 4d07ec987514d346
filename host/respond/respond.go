// Package respond turns what an execution came to into the HTTP answer.
//
// It is the only place that maps faults to status codes.
package respond

import (
	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/sdk/engine"
	"github.com/hookstep-dev/hookstep/sdk/fault"
	"github.com/hookstep-dev/hookstep/sdk/hostapi"
	"github.com/hookstep-dev/hookstep/sdk/value"
)

// The headers that the host sets itself; code cannot.
const (
	ExecutionHeader = "Hookstep-Execution-Id" // on every answer
	FaultHeader     = "Hookstep-Fault"        // on every answer that tells of a fault: its source and code, as in "limit/deadline"
)

// Outcome gives the answer of an execution that ran.
func Outcome(id integration.ExecutionID, outcome *integration.Outcome) integration.Response {
	response, _ := respond(id, outcome)
	return response
}

// Sibling gives the answer of an execution that a sibling flow started: as Outcome does, but its data stays the value that
// it is.
func Sibling(id integration.ExecutionID, outcome *integration.Outcome) hostapi.InvokeResponse {
	response, data := respond(id, outcome)
	return hostapi.InvokeResponse{Status: response.Status, Headers: response.Headers, Data: data}
}

// respond gives the answer, and its body as the value that it was made of.
func respond(id integration.ExecutionID, outcome *integration.Outcome) (integration.Response, value.Value) {
	answer, err := Decide(id, outcome)
	if err == nil {
		var response integration.Response
		if response, err = render(id, answer); err == nil {
			return response, answer.Body
		}
	}
	response := Fault(id, err)
	return response, value.JSON(response.Body)
}

// Decide gives the answer as a value. The first rule that fits decides:
//
//   - a trigger response of status 400 or above is the answer
//   - a fault is the answer, as an error
//   - a trigger response with a body is the answer
//   - the last step is the answer: what it said of status, headers and content type, its body before its data
//   - a flow without steps is answered by its trigger's response, else with the execution id
func Decide(id integration.ExecutionID, outcome *integration.Outcome) (integration.Answer, error) {
	var fromTrigger *engine.Response
	if outcome.Trigger != nil {
		fromTrigger = outcome.Trigger.Response
	}
	switch {
	case fromTrigger.Rejected():
		return answer(fromTrigger, accepted(id)), nil
	case outcome.Fault != nil:
		return integration.Answer{}, outcome.Fault
	case fromTrigger != nil && !fromTrigger.Body.IsZero():
		return answer(fromTrigger, value.Value{}), nil
	case len(outcome.Steps) == 0:
		return answer(fromTrigger, accepted(id)), nil
	}
	last := outcome.Steps[len(outcome.Steps)-1]
	return answer(last.Response, resultsOf(last)), nil
}

// answer takes what code said, with body in place of a body that it did not give.
func answer(said *engine.Response, body value.Value) integration.Answer {
	if said == nil {
		return integration.Answer{Status: 200, Body: body}
	}
	made := integration.Answer{Status: said.Status, ContentType: said.ContentType, Headers: said.Headers, Body: said.Body}
	if made.Status == 0 {
		made.Status = 200
	}
	if made.Body.IsZero() {
		made.Body = body
	}
	return made
}

// resultsOf gives a step's results; those of a step whose error was ignored tell the error.
func resultsOf(step engine.StepResult) value.Value {
	if step.Fault == nil {
		return step.Results
	}
	text := append(value.AppendText([]byte(`{"error":{"name":`), errorName(step.Fault)), `,"message":`...)
	return value.JSON(append(value.AppendText(text, step.Fault.Message), "}}"...))
}

func errorName(of *fault.Fault) string {
	if of.Name == "" {
		return "Error"
	}
	return of.Name
}

// accepted is the body of an answer that says no more than which execution it was.
func accepted(id integration.ExecutionID) value.Value {
	return value.JSON(append(value.AppendText([]byte(`{"executionId":`), id.String()), '}'))
}
