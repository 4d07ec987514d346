package toproto

import (
	"time"

	"github.com/hookstep-dev/hookstep/sdk/engine"
	pb "github.com/hookstep-dev/hookstep/sdk/internal/pb/enginev1"
	"github.com/hookstep-dev/hookstep/sdk/internal/wire/chunk"
)

// Start converts a run that has left of its time; 0 means no limit.
func Start(out *chunk.Splitter, run *engine.Run, left time.Duration) *pb.Start {
	return &pb.Start{
		Program:      text(run.Program),
		Execution:    text(run.Execution),
		StartedAtUs:  micros(run.StartedAt),
		InvokeUrl:    text(run.InvokeURL),
		Context:      out.Optional(run.Context),
		Frame:        run.Frame,
		States:       states(out, run.States),
		TriggerKey:   text(run.TriggerKey),
		Payload:      payload(out, run.Payload),
		Results:      results(out, run.Results),
		Steps:        steps(run.Steps),
		TimeoutMs:    milliseconds(left),
		Limits:       limits(run.Limits),
		ConfirmSteps: run.Confirm,
	}
}

func states(out *chunk.Splitter, s engine.States) *pb.States {
	if len(s.Instance)+len(s.CrossFlow)+len(s.Integration)+len(s.Execution) == 0 {
		return nil
	}
	return &pb.States{
		Instance:    out.Optional(s.Instance),
		CrossFlow:   out.Optional(s.CrossFlow),
		Integration: out.Optional(s.Integration),
		Execution:   out.Optional(s.Execution),
	}
}

func payload(out *chunk.Splitter, p *engine.Payload) *pb.Payload {
	if p == nil {
		return nil
	}
	return &pb.Payload{
		Method:          text(p.Method),
		PathFragment:    text(p.PathFragment),
		Headers:         headers(p.Headers),
		QueryParameters: p.QueryParameters,
		RawBody:         out.Optional(p.RawBody),
		ContentType:     text(p.ContentType),
		Body:            bodyForm(p.Body),
		Parts:           Value(out, p.Parts),
	}
}

func bodyForm(form engine.BodyForm) pb.BodyForm {
	switch form {
	case engine.BodyJSON:
		return pb.BodyForm_BODY_FORM_JSON
	case engine.BodyText:
		return pb.BodyForm_BODY_FORM_TEXT
	case engine.BodyBytes:
		return pb.BodyForm_BODY_FORM_BYTES
	case engine.BodyParts:
		return pb.BodyForm_BODY_FORM_PARTS
	default:
		return pb.BodyForm_BODY_FORM_UNSPECIFIED
	}
}

func results(out *chunk.Splitter, list []engine.Result) []*pb.Result {
	if len(list) == 0 {
		return nil
	}
	messages := make([]*pb.Result, len(list))
	for i, result := range list {
		messages[i] = &pb.Result{Key: text(result.Key), Value: Value(out, result.Value), Error: Fault(result.Error)}
	}
	return messages
}

func steps(list []engine.Step) []*pb.Step {
	messages := make([]*pb.Step, len(list))
	for i, step := range list {
		messages[i] = &pb.Step{
			Key:       text(step.Key),
			Name:      text(step.Name),
			Entry:     text(step.Entry),
			Kind:      kind(step.Kind),
			TimeoutMs: milliseconds(step.Timeout),
		}
	}
	return messages
}

func kind(k engine.Kind) pb.Kind {
	if k == engine.KindTrigger {
		return pb.Kind_KIND_TRIGGER
	}
	return pb.Kind_KIND_STEP
}

func limits(l engine.Limits) *pb.Limits {
	if l == (engine.Limits{}) {
		return nil
	}
	return &pb.Limits{
		ResultBytes: uint64(max(0, l.ResultBytes)),
		ResultDepth: position(l.ResultDepth),
		LogLines:    position(l.LogLines),
	}
}

// micros keeps the zero time as 0.
func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}
