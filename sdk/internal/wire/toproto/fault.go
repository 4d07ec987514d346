package toproto

import (
	"unicode/utf8"

	"github.com/hookstep-dev/hookstep/sdk/fault"
	pb "github.com/hookstep-dev/hookstep/sdk/internal/pb/enginev1"
)

// Limits of a fault on the wire: user code decides what it throws, and a fault must always get through.
const (
	maxMessage = 64 << 10 // bytes of a message
	maxName    = 1 << 10  // bytes of any other text
	maxStack   = 64       // frames
	maxCauses  = 8        // depth of the chain
)

// Fault converts a fault; nil stays nil. What is too long is cut.
func Fault(f *fault.Fault) *pb.Fault { return causes(f, maxCauses) }

func causes(f *fault.Fault, depth int) *pb.Fault {
	if f == nil || depth == 0 {
		return nil
	}
	return &pb.Fault{
		Source:       cut(string(f.Source), maxName),
		Code:         cut(string(f.Code), maxName),
		Name:         cut(f.Name, maxName),
		Message:      cut(f.Message, maxMessage),
		Step:         cut(f.Step, maxName),
		Stack:        stack(f.Stack),
		RetryAfterMs: milliseconds(f.RetryAfter),
		Cause:        causes(f.Cause, depth-1),
	}
}

func stack(frames []fault.Frame) []*pb.StackFrame {
	frames = frames[:min(len(frames), maxStack)]
	messages := make([]*pb.StackFrame, len(frames))
	for i, frame := range frames {
		messages[i] = &pb.StackFrame{
			Function: cut(frame.Function, maxName),
			File:     cut(frame.File, maxName),
			Line:     position(frame.Line),
			Column:   position(frame.Column),
		}
	}
	return messages
}

// cut keeps at most limit bytes of a text and ends on a character.
func cut(s string, limit int) string {
	if len(s) > limit {
		for limit > 0 && !utf8.RuneStart(s[limit]) {
			limit--
		}
		s = s[:limit]
	}
	return text(s)
}

func position(n int) uint32 { return uint32(max(0, min(n, 1<<31-1))) }
