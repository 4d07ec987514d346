package toproto

import (
	"github.com/hookstep-dev/hookstep/sdk/connection"
	pb "github.com/hookstep-dev/hookstep/sdk/internal/pb/connectionv1"
)

// Types converts what a connection provider offers.
func Types(d connection.Description) []*pb.Type {
	messages := make([]*pb.Type, len(d.Types))
	for i, offered := range d.Types {
		messages[i] = &pb.Type{
			Key:      text(offered.Key),
			Label:    text(offered.Label),
			Comments: text(offered.Comments),
			Aliases:  texts(offered.Aliases),
			Inputs:   inputs(offered.Inputs),
			Options:  inputs(offered.Options),
			Token:    flow(offered.Token),
			Revokes:  offered.Revokes,
			Signs:    offered.Signs,
			Send:     send(offered.Send),
		}
	}
	return messages
}

func flow(f connection.Flow) pb.Flow {
	switch f {
	case connection.Authorizes:
		return pb.Flow_FLOW_AUTHORIZES
	case connection.Obtains:
		return pb.Flow_FLOW_OBTAINS
	default:
		return pb.Flow_FLOW_STATIC
	}
}

func inputs(list []connection.Input) []*pb.Input {
	messages := make([]*pb.Input, len(list))
	for i, input := range list {
		messages[i] = &pb.Input{
			Key:         text(input.Key),
			Label:       text(input.Label),
			Comments:    text(input.Comments),
			Kind:        inputKind(input.Kind),
			Required:    input.Required,
			Secret:      input.Secret,
			Default:     text(input.Default),
			Placeholder: text(input.Placeholder),
			Choices:     texts(input.Choices),
		}
	}
	return messages
}

func inputKind(k connection.Kind) pb.Kind {
	switch k {
	case connection.Multiline:
		return pb.Kind_KIND_MULTILINE
	case connection.Pairs:
		return pb.Kind_KIND_PAIRS
	default:
		return pb.Kind_KIND_TEXT
	}
}

func send(s connection.Send) *pb.Send {
	if len(s.Headers)+len(s.Query) == 0 {
		return nil
	}
	return &pb.Send{Headers: Pairs(s.Headers), Query: Pairs(s.Query)}
}

// Pairs converts a key/value list.
func Pairs(list []connection.Pair) []*pb.Pair {
	messages := make([]*pb.Pair, len(list))
	for i, pair := range list {
		messages[i] = &pb.Pair{Key: text(pair.Key), Value: text(pair.Value)}
	}
	return messages
}

// Declared converts a connection as an integration declares it.
func Declared(d connection.Declared) *pb.SchemaRequest {
	return &pb.SchemaRequest{Type: text(d.Type), Options: values(d.Options), Fields: values(d.Fields)}
}

// Schema converts what a declared connection asks for.
func Schema(s connection.Schema) *pb.SchemaResponse {
	return &pb.SchemaResponse{
		Inputs:   inputs(s.Inputs),
		Hosts:    texts(s.Hosts),
		Send:     send(s.Send),
		TestUrl:  text(s.TestURL),
		Findings: Findings(s.Findings),
	}
}

// Findings converts what is wrong with inputs or options.
func Findings(list []connection.Finding) []*pb.Finding {
	messages := make([]*pb.Finding, len(list))
	for i, finding := range list {
		messages[i] = &pb.Finding{Key: text(finding.Key), Message: cut(finding.Message, maxMessage)}
	}
	return messages
}
