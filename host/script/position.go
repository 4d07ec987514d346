package script

import (
	"github.com/hookstep-dev/hookstep/sdk/engine"
	"github.com/hookstep-dev/hookstep/sdk/fault"
)

// shown gives diagnostics with the author's positions.
func (c *Code) shown(diagnostics []engine.Diagnostic) []engine.Diagnostic {
	mapped := make([]engine.Diagnostic, len(diagnostics))
	for i, finding := range diagnostics {
		finding.File, finding.Line, finding.Column = c.position(finding.File, finding.Line, finding.Column)
		mapped[i] = finding
	}
	return mapped
}

// locate gives a copy of a fault whose stack has the author's positions, its causes too.
func (c *Code) locate(of *fault.Fault) *fault.Fault {
	if of == nil || len(of.Stack) == 0 && of.Cause == nil {
		return of
	}
	mapped := *of
	mapped.Stack = make([]fault.Frame, len(of.Stack))
	for i, frame := range of.Stack {
		frame.File, frame.Line, frame.Column = c.position(frame.File, frame.Line, frame.Column)
		mapped.Stack[i] = frame
	}
	mapped.Cause = c.locate(of.Cause)
	return &mapped
}

// position moves a place in a file as it was loaded to where its author wrote it. Inline code is moved right as a block,
// since all of its lines are indented alike; a quoted text is one place. Unknown numbers stay unknown.
func (c *Code) position(file string, line, column int) (string, int, int) {
	at, known := c.places[file]
	if !known {
		return file, line, column
	}
	if at.oneLine {
		return at.shown, at.line, at.column
	}
	if line > 0 && at.line > 0 {
		line += at.line - 1
	}
	if column > 0 && at.column > 0 {
		column += at.column - 1
	}
	return at.shown, line, column
}
