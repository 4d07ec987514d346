package fromproto

import (
	"math"
	"time"

	"github.com/hookstep-dev/hookstep/sdk/engine"
	"github.com/hookstep-dev/hookstep/sdk/hostapi"
	pb "github.com/hookstep-dev/hookstep/sdk/internal/pb/enginev1"
	"github.com/hookstep-dev/hookstep/sdk/internal/wire/chunk"
)

// Log converts a log line. Its text is as long as it came.
func Log(message *pb.Log) hostapi.Line {
	return hostapi.Line{
		Step:    message.GetStep(),
		Level:   level(message.GetLevel()),
		Text:    message.GetText(),
		At:      moment(message.GetAtUs()),
		Dropped: int(min(message.GetDropped(), math.MaxInt32)),
	}
}

// level reads an unknown level as Log, so that no peer brings a new word into the logs.
func level(name string) hostapi.Level {
	switch l := hostapi.Level(name); l {
	case hostapi.Trace, hostapi.Debug, hostapi.Info, hostapi.Log, hostapi.Warn, hostapi.Error, hostapi.Metric:
		return l
	default:
		return hostapi.Log
	}
}

// StepDone converts what a step came to.
func StepDone(in *chunk.In, message *pb.StepDone) (engine.StepResult, error) {
	results, err := Value(in, message.GetResults())
	if err != nil {
		return engine.StepResult{}, err
	}
	response, err := response(in, message.GetResponse())
	if err != nil {
		return engine.StepResult{}, err
	}
	take := taker{in: in}
	changed := take.states(message.GetChanged())
	return engine.StepResult{
		Key:      message.GetKey(),
		Results:  results,
		Response: response,
		Changed:  changed,
		Elapsed:  time.Duration(min(message.GetElapsedUs(), math.MaxInt64/1000)) * time.Microsecond,
		Fault:    Fault(message.GetFault()),
	}, take.err
}

func response(in *chunk.In, message *pb.Response) (*engine.Response, error) {
	if message == nil {
		return nil, nil //nolint:nilnil // nil is a response that code did not give
	}
	body, err := Value(in, message.GetBody())
	return &engine.Response{
		Status:      int(message.GetStatus()),
		ContentType: message.GetContentType(),
		Headers:     headers(message.GetHeaders()),
		Body:        body,
	}, err
}
