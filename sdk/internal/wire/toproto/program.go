package toproto

import (
	"github.com/hookstep-dev/hookstep/sdk/engine"
	pb "github.com/hookstep-dev/hookstep/sdk/internal/pb/enginev1"
)

// Description converts what an engine says of itself.
func Description(d engine.Description) *pb.DescribeResponse {
	return &pb.DescribeResponse{
		Name:         text(d.Name),
		Version:      text(d.Version),
		Language:     text(d.Language),
		Extensions:   texts(d.Extensions),
		Capabilities: texts(d.Capabilities),
		Limits:       texts(d.Limits),
	}
}

// Source converts the code of one integration.
func Source(s engine.Source) *pb.LoadRequest {
	files := make([]*pb.File, len(s.Files))
	for i, file := range s.Files {
		files[i] = &pb.File{Path: text(file.Path), Content: file.Content}
	}
	return &pb.LoadRequest{Name: text(s.Name), Files: files, Entries: texts(s.Entries)}
}

// Most diagnostics that one Load sends, so that the answer stays below its limit.
const maxDiagnostics = 1000

// Program converts the answer to Load.
func Program(p engine.Program) *pb.LoadResponse {
	findings := p.Diagnostics[:min(len(p.Diagnostics), maxDiagnostics)]
	diagnostics := make([]*pb.Diagnostic, len(findings))
	for i, finding := range findings {
		diagnostics[i] = &pb.Diagnostic{
			Severity: severity(finding.Severity),
			Code:     text(string(finding.Code)),
			File:     cut(finding.File, maxName),
			Line:     position(finding.Line),
			Column:   position(finding.Column),
			Message:  cut(finding.Message, maxName),
		}
	}
	return &pb.LoadResponse{Program: text(p.ID), Diagnostics: diagnostics}
}

func severity(s engine.Severity) pb.Severity {
	if s == engine.Warning {
		return pb.Severity_SEVERITY_WARNING
	}
	return pb.Severity_SEVERITY_ERROR
}

func texts(list []string) []string {
	valid := make([]string, len(list))
	for i, s := range list {
		valid[i] = text(s)
	}
	return valid
}
