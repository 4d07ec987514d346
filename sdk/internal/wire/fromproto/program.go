package fromproto

import (
	"github.com/hookstep-dev/hookstep/sdk/engine"
	"github.com/hookstep-dev/hookstep/sdk/fault"
	pb "github.com/hookstep-dev/hookstep/sdk/internal/pb/enginev1"
)

// Description converts what an engine says of itself.
func Description(message *pb.DescribeResponse) engine.Description {
	return engine.Description{
		Name:         message.GetName(),
		Version:      message.GetVersion(),
		Language:     message.GetLanguage(),
		Extensions:   message.GetExtensions(),
		Capabilities: message.GetCapabilities(),
		Limits:       message.GetLimits(),
	}
}

// Source converts the code of one integration.
func Source(message *pb.LoadRequest) engine.Source {
	files := make([]engine.File, len(message.GetFiles()))
	for i, file := range message.GetFiles() {
		files[i] = engine.File{Path: file.GetPath(), Content: file.GetContent()}
	}
	return engine.Source{Name: message.GetName(), Files: files, Entries: message.GetEntries()}
}

// Program converts the answer to Load. One that has neither an id nor an error breaks the protocol.
func Program(message *pb.LoadResponse) (engine.Program, error) {
	if message.GetFault() != nil {
		return engine.Program{}, Fault(message.GetFault())
	}
	program := engine.Program{ID: message.GetProgram()}
	for _, finding := range message.GetDiagnostics() {
		program.Diagnostics = append(program.Diagnostics, engine.Diagnostic{
			Severity: severity(finding.GetSeverity()),
			Code:     fault.Code(finding.GetCode()),
			File:     finding.GetFile(),
			Line:     int(finding.GetLine()),
			Column:   int(finding.GetColumn()),
			Message:  finding.GetMessage(),
		})
	}
	if program.Failed() {
		program.ID = ""
	} else if program.ID == "" {
		return engine.Program{}, broken("the answer to Load has neither a program nor an error")
	}
	return program, nil
}

func severity(s pb.Severity) engine.Severity {
	if s == pb.Severity_SEVERITY_WARNING {
		return engine.Warning
	}
	return engine.Error
}
