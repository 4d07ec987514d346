package fromproto

import (
	"math"

	"github.com/hookstep-dev/hookstep/sdk/engine"
	pb "github.com/hookstep-dev/hookstep/sdk/internal/pb/enginev1"
	"github.com/hookstep-dev/hookstep/sdk/internal/wire/chunk"
)

// Start converts a run. Its time limit is not part of it.
func Start(in *chunk.In, message *pb.Start) (engine.Run, error) {
	take := taker{in: in}
	run := engine.Run{
		Program:    message.GetProgram(),
		Execution:  message.GetExecution(),
		StartedAt:  moment(message.GetStartedAtUs()),
		InvokeURL:  message.GetInvokeUrl(),
		Context:    take.optional(message.GetContext()),
		Frame:      message.GetFrame(),
		States:     take.states(message.GetStates()),
		TriggerKey: message.GetTriggerKey(),
		Payload:    take.payload(message.GetPayload()),
		Results:    take.results(message.GetResults()),
		Steps:      steps(message.GetSteps()),
		Limits:     limits(message.GetLimits()),
		Confirm:    message.GetConfirmSteps(),
	}
	return run, take.err
}

// taker takes contents until the first error, which it keeps.
type taker struct {
	in  *chunk.In
	err error
}

func (t *taker) optional(message *pb.Content) []byte {
	if t.err != nil || message == nil {
		return nil
	}
	data, err := t.in.Optional(message)
	t.err = err
	return data
}

func (t *taker) states(message *pb.States) engine.States {
	return engine.States{
		Instance:    t.optional(message.GetInstance()),
		CrossFlow:   t.optional(message.GetCrossFlow()),
		Integration: t.optional(message.GetIntegration()),
		Execution:   t.optional(message.GetExecution()),
	}
}

func (t *taker) payload(message *pb.Payload) *engine.Payload {
	if t.err != nil || message == nil {
		return nil
	}
	payload := &engine.Payload{
		Method:          message.GetMethod(),
		PathFragment:    message.GetPathFragment(),
		Headers:         headers(message.GetHeaders()),
		QueryParameters: message.GetQueryParameters(),
		RawBody:         t.optional(message.GetRawBody()),
		ContentType:     message.GetContentType(),
		Body:            bodyForm(message.GetBody()),
	}
	if t.err == nil {
		payload.Parts, t.err = Value(t.in, message.GetParts())
	}
	return payload
}

func (t *taker) results(messages []*pb.Result) []engine.Result {
	if t.err != nil || len(messages) == 0 {
		return nil
	}
	list := make([]engine.Result, len(messages))
	for i, message := range messages {
		converted, err := Value(t.in, message.GetValue())
		if err != nil {
			t.err = err
			return nil
		}
		list[i] = engine.Result{Key: message.GetKey(), Value: converted, Error: Fault(message.GetError())}
	}
	return list
}

func bodyForm(form pb.BodyForm) engine.BodyForm {
	switch form {
	case pb.BodyForm_BODY_FORM_JSON:
		return engine.BodyJSON
	case pb.BodyForm_BODY_FORM_TEXT:
		return engine.BodyText
	case pb.BodyForm_BODY_FORM_BYTES:
		return engine.BodyBytes
	case pb.BodyForm_BODY_FORM_PARTS:
		return engine.BodyParts
	default:
		return engine.BodyNone
	}
}

func steps(messages []*pb.Step) []engine.Step {
	list := make([]engine.Step, len(messages))
	for i, message := range messages {
		list[i] = engine.Step{
			Key:     message.GetKey(),
			Name:    message.GetName(),
			Entry:   message.GetEntry(),
			Kind:    kind(message.GetKind()),
			Timeout: milliseconds(message.GetTimeoutMs()),
		}
	}
	return list
}

func kind(k pb.Kind) engine.Kind {
	if k == pb.Kind_KIND_TRIGGER {
		return engine.KindTrigger
	}
	return engine.KindStep
}

func limits(message *pb.Limits) engine.Limits {
	return engine.Limits{
		ResultBytes: int64(min(message.GetResultBytes(), math.MaxInt64)),
		ResultDepth: int(message.GetResultDepth()),
		LogLines:    int(message.GetLogLines()),
	}
}
