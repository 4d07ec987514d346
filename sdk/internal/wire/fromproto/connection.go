package fromproto

import (
	"github.com/hookstep-dev/hookstep/sdk/connection"
	pb "github.com/hookstep-dev/hookstep/sdk/internal/pb/connectionv1"
)

// Types converts what a connection provider offers. A type that comes to its token in an unknown way breaks the protocol:
// it must not pass for one without a token.
func Types(messages []*pb.Type) (connection.Description, error) {
	types := make([]connection.Type, len(messages))
	for i, message := range messages {
		token, err := flow(message)
		if err != nil {
			return connection.Description{}, err
		}
		types[i] = connection.Type{
			Key:      message.GetKey(),
			Label:    message.GetLabel(),
			Comments: message.GetComments(),
			Aliases:  message.GetAliases(),
			Inputs:   inputs(message.GetInputs()),
			Options:  inputs(message.GetOptions()),
			Token:    token,
			Revokes:  message.GetRevokes(),
			Signs:    message.GetSigns(),
			Send:     send(message.GetSend()),
		}
	}
	return connection.Description{Types: types}, nil
}

func flow(message *pb.Type) (connection.Flow, error) {
	switch message.GetToken() {
	case pb.Flow_FLOW_UNSPECIFIED, pb.Flow_FLOW_STATIC:
		return connection.Static, nil
	case pb.Flow_FLOW_AUTHORIZES:
		return connection.Authorizes, nil
	case pb.Flow_FLOW_OBTAINS:
		return connection.Obtains, nil
	default:
		return "", broken("the connection type %q comes to its token in an unknown way, %d", message.GetKey(), message.GetToken())
	}
}

func inputs(messages []*pb.Input) []connection.Input {
	if len(messages) == 0 {
		return nil
	}
	list := make([]connection.Input, len(messages))
	for i, message := range messages {
		list[i] = connection.Input{
			Key:         message.GetKey(),
			Label:       message.GetLabel(),
			Comments:    message.GetComments(),
			Kind:        inputKind(message.GetKind()),
			Required:    message.GetRequired(),
			Secret:      message.GetSecret(),
			Default:     message.GetDefault(),
			Placeholder: message.GetPlaceholder(),
			Choices:     message.GetChoices(),
		}
	}
	return list
}

func inputKind(k pb.Kind) connection.Kind {
	switch k {
	case pb.Kind_KIND_MULTILINE:
		return connection.Multiline
	case pb.Kind_KIND_PAIRS:
		return connection.Pairs
	default:
		return connection.Text
	}
}

func send(message *pb.Send) connection.Send {
	return connection.Send{Headers: Pairs(message.GetHeaders()), Query: Pairs(message.GetQuery())}
}

// Pairs converts a key/value list.
func Pairs(messages []*pb.Pair) []connection.Pair {
	if len(messages) == 0 {
		return nil
	}
	list := make([]connection.Pair, len(messages))
	for i, message := range messages {
		list[i] = connection.Pair{Key: message.GetKey(), Value: message.GetValue()}
	}
	return list
}

// Declared converts a connection as an integration declares it.
func Declared(message *pb.SchemaRequest) connection.Declared {
	return connection.Declared{Type: message.GetType(), Options: message.GetOptions(), Fields: message.GetFields()}
}

// Schema converts what a declared connection asks for.
func Schema(message *pb.SchemaResponse) connection.Schema {
	return connection.Schema{
		Inputs:   inputs(message.GetInputs()),
		Hosts:    message.GetHosts(),
		Send:     send(message.GetSend()),
		TestURL:  message.GetTestUrl(),
		Findings: Findings(message.GetFindings()),
	}
}

// Findings converts what is wrong with inputs or options.
func Findings(messages []*pb.Finding) []connection.Finding {
	if len(messages) == 0 {
		return nil
	}
	list := make([]connection.Finding, len(messages))
	for i, message := range messages {
		list[i] = connection.Finding{Key: message.GetKey(), Message: message.GetMessage()}
	}
	return list
}
