package api

import (
	"time"

	"github.com/hookstep-dev/hookstep/host/admin/wire"
	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/store"
	"github.com/hookstep-dev/hookstep/sdk/engine"
	"github.com/hookstep-dev/hookstep/sdk/fault"
	"github.com/hookstep-dev/hookstep/sdk/hostapi"
)

func executionOf(of *store.Execution) wire.Execution {
	return wire.Execution{
		ID: of.ID.String(), Integration: of.Flow.Integration, Instance: string(of.Flow.Instance), Flow: string(of.Flow.Flow),
		Status: string(of.Status), Source: string(of.Source), Synchronous: of.Synchronous,
		StartedAt: moment(of.StartedAt), EndedAt: moment(of.EndedAt), Due: moment(of.Due), Millis: millis(of.Elapsed),
		Attempt: of.Attempt, Losses: of.Losses, StepsDone: of.StepsDone, Fault: faultOf(of.Fault),
		ReplayOf: idText(of.ReplayOf), ReplayedAs: idText(of.ReplayedAs),
	}
}

func detailOf(of *store.Detail, full bool) wire.Detail {
	as := values{full: full}
	made := wire.Detail{Execution: executionOf(&of.Execution), Input: as.input(of.Input), Steps: []wire.Step{}, Dropped: of.Dropped, Logs: of.Logs}
	for i := range of.Steps {
		made.Steps = append(made.Steps, as.step(&of.Steps[i]))
	}
	return made
}

func (v values) input(of *store.Input) *wire.Input {
	if of == nil {
		return nil
	}
	made := &wire.Input{PathFragment: of.PathFragment, Frame: jsonOrNil(of.Frame)}
	if of.Data != nil {
		made.Data = v.value(*of.Data)
	}
	if request := of.Request; request != nil {
		made.Method, made.URL, made.RemoteAddr = request.Method, request.InvokeURL, request.RemoteAddr
		made.Headers, made.Body = withoutCredentials(request.Headers), v.body(request.Body, request.ContentType)
	}
	return made
}

func (v values) step(of *store.Step) wire.Step {
	result := &of.Result
	made := wire.Step{
		Position: of.Position, Key: result.Key, Millis: millis(result.Elapsed), Tries: of.Tries, Ignored: of.Ignored,
		EndedAt: moment(of.EndedAt), Results: v.value(result.Results), Fault: faultOf(result.Fault), States: statesOf(result.Changed),
	}
	if said := result.Response; said != nil {
		made.Response = &wire.Response{
			Status: said.Status, ContentType: said.ContentType, Headers: withoutCredentials(said.Headers), Body: v.value(said.Body),
		}
	}
	return made
}

func statesOf(of engine.States) *wire.States {
	made := wire.States{
		Instance: jsonOrNil(of.Instance), CrossFlow: jsonOrNil(of.CrossFlow),
		Integration: jsonOrNil(of.Integration), Execution: jsonOrNil(of.Execution),
	}
	if made.Instance == nil && made.CrossFlow == nil && made.Integration == nil && made.Execution == nil {
		return nil
	}
	return &made
}

func faultOf(of *fault.Fault) *wire.Fault {
	if of == nil {
		return nil
	}
	unplaced := *of
	unplaced.Step = "" // it is told beside the message
	made := &wire.Fault{Source: string(of.Source), Code: string(of.Code), Step: of.Step, Message: unplaced.Story()}
	for _, frame := range of.Stack {
		made.Stack = append(made.Stack, frame.String())
	}
	return made
}

func linesOf(lines []hostapi.Line) []wire.Line {
	made := make([]wire.Line, len(lines))
	for i, line := range lines {
		made[i] = wire.Line{At: moment(line.At), Step: line.Step, Level: string(line.Level), Text: line.Text, Dropped: line.Dropped}
	}
	return made
}

// moment gives a time as documents have it; zero stays zero.
func moment(of time.Time) time.Time {
	if of.IsZero() {
		return of
	}
	return of.UTC().Truncate(time.Millisecond)
}

func millis(length time.Duration) float64 { return float64(length.Microseconds()) / 1000 }

func idText(of integration.ExecutionID) string {
	if of == 0 {
		return ""
	}
	return of.String()
}

func texts[Text ~string](of []Text) []string {
	made := make([]string, len(of))
	for i, one := range of {
		made[i] = string(one)
	}
	return made
}
