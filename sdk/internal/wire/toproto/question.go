package toproto

import (
	"github.com/hookstep-dev/hookstep/sdk/hostapi"
	pb "github.com/hookstep-dev/hookstep/sdk/internal/pb/enginev1"
	"github.com/hookstep-dev/hookstep/sdk/internal/wire/chunk"
)

// Fetch converts the question for an outbound exchange.
func Fetch(out *chunk.Splitter, request *hostapi.FetchRequest) *pb.Fetch {
	return &pb.Fetch{
		Method:     text(request.Method),
		Url:        text(request.URL),
		Headers:    headers(request.Headers),
		Body:       out.Optional(request.Body),
		Redirect:   text(string(request.Redirect)),
		Connection: text(request.Connection),
	}
}

// Fetched converts its answer.
func Fetched(out *chunk.Splitter, response *hostapi.FetchResponse) *pb.Fetched {
	return &pb.Fetched{
		Status:     position(response.Status),
		StatusText: text(response.StatusText),
		Headers:    headers(response.Headers),
		Body:       out.Optional(response.Body),
		Url:        text(response.URL),
		Redirected: response.Redirected,
	}
}

// InvokeFlow converts the question for a sibling flow.
func InvokeFlow(out *chunk.Splitter, request *hostapi.InvokeRequest) *pb.InvokeFlow {
	return &pb.InvokeFlow{
		Flow:    text(request.Flow),
		Data:    Value(out, request.Data),
		Options: out.Optional(request.Options),
	}
}

// FlowInvoked converts its answer.
func FlowInvoked(out *chunk.Splitter, response *hostapi.InvokeResponse) *pb.FlowInvoked {
	return &pb.FlowInvoked{
		Status:  position(response.Status),
		Headers: headers(response.Headers),
		Data:    Value(out, response.Data),
	}
}
