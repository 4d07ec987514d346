package fromproto

import (
	"cmp"

	"github.com/hookstep-dev/hookstep/sdk/fault"
	pb "github.com/hookstep-dev/hookstep/sdk/internal/pb/enginev1"
)

// The deepest chain of causes that is taken over.
const maxCauses = 16

// Fault converts a fault; nil stays nil. Without a source it is the engine's, without a code Internal.
func Fault(message *pb.Fault) *fault.Fault { return causes(message, maxCauses) }

func causes(message *pb.Fault, depth int) *fault.Fault {
	if message == nil || depth == 0 {
		return nil
	}
	return &fault.Fault{
		Source:     cmp.Or(fault.Source(message.GetSource()), fault.Engine),
		Code:       cmp.Or(fault.Code(message.GetCode()), fault.Internal),
		Name:       message.GetName(),
		Message:    message.GetMessage(),
		Step:       message.GetStep(),
		Stack:      stack(message.GetStack()),
		RetryAfter: milliseconds(message.GetRetryAfterMs()),
		Cause:      causes(message.GetCause(), depth-1),
	}
}

func stack(messages []*pb.StackFrame) []fault.Frame {
	if len(messages) == 0 {
		return nil
	}
	frames := make([]fault.Frame, len(messages))
	for i, message := range messages {
		frames[i] = fault.Frame{
			Function: message.GetFunction(),
			File:     message.GetFile(),
			Line:     int(message.GetLine()),
			Column:   int(message.GetColumn()),
		}
	}
	return frames
}
