package redact

import (
	"slices"

	"github.com/hookstep-dev/hookstep/sdk/fault"
)

// Fault hides secrets in all the words of a fault: of its causes, and of the names in its stack. It cannot be undone. The argument
// is not changed; it is the result if there was nothing to hide.
func (s *Set) Fault(whole *fault.Fault) *fault.Fault {
	if s.IsEmpty() {
		return whole
	}
	return hideFault(s.Text, whole)
}

func hideFault(text func(string) string, whole *fault.Fault) *fault.Fault {
	if whole == nil {
		return nil
	}
	made := *whole
	made.Cause = hideFault(text, whole.Cause)
	made.Name, made.Message, made.Step = text(whole.Name), text(whole.Message), text(whole.Step)
	made.Stack = slices.Clone(whole.Stack)
	for i, frame := range whole.Stack {
		made.Stack[i] = fault.Frame{Function: text(frame.Function), File: text(frame.File), Line: frame.Line, Column: frame.Column}
	}
	if made.Cause == whole.Cause && made.Name == whole.Name && made.Message == whole.Message && made.Step == whole.Step &&
		slices.Equal(made.Stack, whole.Stack) {
		return whole
	}
	return &made
}
