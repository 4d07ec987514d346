package fromproto

import (
	"github.com/hookstep-dev/hookstep/sdk/hostapi"
	pb "github.com/hookstep-dev/hookstep/sdk/internal/pb/enginev1"
	"github.com/hookstep-dev/hookstep/sdk/internal/wire/chunk"
)

// Fetch converts the question of a step for an outbound exchange.
func Fetch(in *chunk.In, step string, message *pb.Fetch) (hostapi.FetchRequest, error) {
	body, err := in.Optional(message.GetBody())
	return hostapi.FetchRequest{
		Step:       step,
		Method:     message.GetMethod(),
		URL:        message.GetUrl(),
		Headers:    headers(message.GetHeaders()),
		Body:       body,
		Redirect:   hostapi.Redirect(message.GetRedirect()),
		Connection: message.GetConnection(),
	}, err
}

// Fetched converts its answer.
func Fetched(in *chunk.In, message *pb.Fetched) (hostapi.FetchResponse, error) {
	body, err := in.Optional(message.GetBody())
	return hostapi.FetchResponse{
		Status:     int(message.GetStatus()),
		StatusText: message.GetStatusText(),
		Headers:    headers(message.GetHeaders()),
		Body:       body,
		URL:        message.GetUrl(),
		Redirected: message.GetRedirected(),
	}, err
}

// InvokeFlow converts the question of a step for a sibling flow.
func InvokeFlow(in *chunk.In, step string, message *pb.InvokeFlow) (hostapi.InvokeRequest, error) {
	data, err := Value(in, message.GetData())
	if err != nil {
		return hostapi.InvokeRequest{}, err
	}
	options, err := in.Optional(message.GetOptions())
	return hostapi.InvokeRequest{Step: step, Flow: message.GetFlow(), Data: data, Options: options}, err
}

// FlowInvoked converts its answer.
func FlowInvoked(in *chunk.In, message *pb.FlowInvoked) (hostapi.InvokeResponse, error) {
	data, err := Value(in, message.GetData())
	return hostapi.InvokeResponse{
		Status:  int(message.GetStatus()),
		Headers: headers(message.GetHeaders()),
		Data:    data,
	}, err
}
