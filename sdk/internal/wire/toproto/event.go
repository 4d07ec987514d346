package toproto

import (
	"github.com/hookstep-dev/hookstep/sdk/engine"
	"github.com/hookstep-dev/hookstep/sdk/hostapi"
	pb "github.com/hookstep-dev/hookstep/sdk/internal/pb/enginev1"
	"github.com/hookstep-dev/hookstep/sdk/internal/wire/chunk"
)

// Log converts a log line. Its text must have been cut already.
func Log(line *hostapi.Line) *pb.Log {
	return &pb.Log{
		Step:    text(line.Step),
		Level:   text(string(line.Level)),
		Text:    text(line.Text),
		AtUs:    micros(line.At),
		Dropped: uint64(max(0, line.Dropped)),
	}
}

// StepDone converts what a step came to.
func StepDone(out *chunk.Splitter, result *engine.StepResult) *pb.StepDone {
	return &pb.StepDone{
		Key:       text(result.Key),
		Results:   Value(out, result.Results),
		Response:  response(out, result.Response),
		Changed:   states(out, result.Changed),
		ElapsedUs: uint64(max(0, result.Elapsed.Microseconds())),
		Fault:     Fault(result.Fault),
	}
}

func response(out *chunk.Splitter, r *engine.Response) *pb.Response {
	if r == nil {
		return nil
	}
	return &pb.Response{
		Status:      int32(max(-1, min(r.Status, 1<<31-1))),
		ContentType: text(r.ContentType),
		Headers:     headers(r.Headers),
		Body:        Value(out, r.Body),
	}
}
