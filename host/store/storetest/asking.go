package storetest

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/store"
	"github.com/hookstep-dev/hookstep/sdk/engine"
	"github.com/hookstep-dev/hookstep/sdk/fault"
	"github.com/hookstep-dev/hookstep/sdk/hostapi"
	"github.com/hookstep-dev/hookstep/sdk/value"
)

// orders is the flow of tests that need just one.
func orders() store.Flow { return flowOf("north", "orders") }

func flowOf(instance, flow string) store.Flow {
	return store.Flow{Integration: "shop", Instance: integration.InstanceName(instance), Flow: integration.Slug(flow)}
}

// ask makes an acceptance of the flow with what every one has.
func (d *database) ask(flow store.Flow) *store.Acceptance {
	now := d.moment()
	return &store.Acceptance{ID: d.newID(), Flow: flow, Source: store.Webhook, StartedAt: now, Input: inputOf(`{"order":17}`, now)}
}

func inputOf(body string, at time.Time) *store.Input {
	return &store.Input{Request: &integration.Request{
		Method: "POST", Path: "/hooks/north/orders", Body: []byte(body), ContentType: "application/json", ReceivedAt: at,
		Headers: []hostapi.Header{{Name: "content-type", Value: "application/json"}},
	}}
}

// accept has an execution of the flow accepted.
func (h *host) accept(flow store.Flow) integration.ExecutionID {
	h.Helper()
	return h.take(h.ask(flow))
}

// take has what is asked for accepted, and ends the test if it was not.
func (h *host) take(asked *store.Acceptance) integration.ExecutionID {
	h.Helper()
	if accepted := h.answer(asked); accepted.Skipped || accepted.Duplicate != 0 {
		h.Fatalf("execution %s was not accepted: %+v", asked.ID, accepted)
	}
	return asked.ID
}

// answer gives what became of an acceptance.
func (h *host) answer(asked *store.Acceptance) store.Accepted {
	h.Helper()
	accepted, err := h.Accept(h.Context(), asked)
	if err != nil {
		h.Fatalf("accepting execution %s: %v", asked.ID, err)
	}
	return accepted
}

// step makes the result of a step.
func (d *database) step(position int) *store.Step {
	return &store.Step{
		Position: position, EndedAt: d.moment(),
		Result: engine.StepResult{
			Key: fmt.Sprintf("step%d", position), Results: value.JSON(fmt.Appendf(nil, `{"position":%d}`, position)), Elapsed: time.Millisecond,
		},
	}
}

// line makes a log line.
func (d *database) line(text string) hostapi.Line {
	return hostapi.Line{Step: "step", Level: hostapi.Info, Text: text, At: d.moment()}
}

// end makes a successful end.
func (d *database) end() *store.End { return &store.End{Status: store.Succeeded, At: d.moment()} }

// thrown is a fault of user code with all that a fault can have.
func thrown(message string) *fault.Fault {
	return &fault.Fault{
		Source: fault.User, Code: fault.Thrown, Name: "TypeError", Message: message, Step: "step1",
		Stack:      []fault.Frame{{Function: "total", File: "totals.js", Line: 3, Column: 7}},
		RetryAfter: time.Minute, Cause: fault.New(fault.Downstream, fault.Unreachable, "no answer"),
	}
}

// brief is a fault as a narrow row has it.
func brief(whole *fault.Fault) *fault.Fault {
	made := *whole
	made.Stack, made.Cause = nil, nil
	return &made
}

// canceled is why tests cancel.
func canceled() *fault.Fault { return fault.New(fault.Host, fault.Canceled, "somebody cancelled it") }

// noise makes bytes that nothing compresses.
func noise(size int) []byte {
	made := make([]byte, size)
	source := rand.NewChaCha8([32]byte{1})
	_, _ = source.Read(made) // never returns an error
	return made
}

// told is an answer for duplicates.
func told(text string) *integration.Response {
	return &integration.Response{
		Status: 202, Headers: []hostapi.Header{{Name: "Content-Type", Value: "text/plain"}, {Name: "X-Twice", Value: "1"}, {Name: "X-Twice", Value: "2"}},
		Body: []byte(text),
	}
}
