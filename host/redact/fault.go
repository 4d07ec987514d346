package redact

import "github.com/hookstep-dev/hookstep/sdk/fault"

// Fault hides secrets in all the words of a fault: of its causes, and of the names in its stack. It cannot be undone. The argument
// is not changed; it is the result if there was nothing to hide.
func (s *Set) Fault(whole *fault.Fault) *fault.Fault {
	if whole == nil || s.IsEmpty() {
		return whole
	}
	cause := s.Fault(whole.Cause)
	made := *whole
	made.Cause = cause
	made.Name, made.Message, made.Step = s.Text(whole.Name), s.Text(whole.Message), s.Text(whole.Step)
	changed := cause != whole.Cause || made.Name != whole.Name || made.Message != whole.Message || made.Step != whole.Step
	for i, frame := range whole.Stack {
		told := fault.Frame{Function: s.Text(frame.Function), File: s.Text(frame.File), Line: frame.Line, Column: frame.Column}
		if told == frame {
			continue
		}
		if !changed || &made.Stack[0] == &whole.Stack[0] {
			made.Stack = append([]fault.Frame(nil), whole.Stack...)
		}
		made.Stack[i] = told
		changed = true
	}
	if !changed {
		return whole
	}
	return &made
}
