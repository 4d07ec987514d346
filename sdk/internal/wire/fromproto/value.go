// Package fromproto turns protocol messages into the contracts' types.
//
// A message that breaks the protocol gives a Protocol fault, never a panic. Byte slices are shared with the messages.
package fromproto

import (
	"time"

	"github.com/hookstep-dev/hookstep/sdk/fault"
	"github.com/hookstep-dev/hookstep/sdk/hostapi"
	pb "github.com/hookstep-dev/hookstep/sdk/internal/pb/enginev1"
	"github.com/hookstep-dev/hookstep/sdk/internal/wire/chunk"
	"github.com/hookstep-dev/hookstep/sdk/value"
)

// Value converts a value; nil and one without a form are the absent value.
func Value(in *chunk.In, message *pb.Value) (value.Value, error) {
	switch form := message.GetForm().(type) {
	case *pb.Value_Json:
		return jsonValue(in, form.Json, message.GetBlobs())
	case *pb.Value_Raw:
		raw, err := in.Content(form.Raw)
		return value.Value{Raw: raw, ContentType: message.GetContentType()}, err
	default:
		return value.Value{}, nil
	}
}

func jsonValue(in *chunk.In, content *pb.Content, blobs []*pb.Blob) (value.Value, error) {
	text, err := in.Content(content)
	if err != nil {
		return value.Value{}, err
	}
	if len(text) == 0 {
		return value.Value{}, broken("a JSON value without text")
	}
	converted := value.Value{JSON: text}
	for _, blob := range blobs {
		data, err := in.Content(blob.GetContent())
		if err != nil {
			return value.Value{}, err
		}
		converted.Blobs = append(converted.Blobs, value.Blob{Pointer: blob.GetPointer(), Bytes: data})
	}
	return converted, nil
}

func headers(messages []*pb.Header) []hostapi.Header {
	if len(messages) == 0 {
		return nil
	}
	list := make([]hostapi.Header, len(messages))
	for i, message := range messages {
		list[i] = hostapi.Header{Name: message.GetName(), Value: message.GetValue()}
	}
	return list
}

func broken(format string, args ...any) *fault.Fault {
	return fault.New(fault.Engine, fault.Protocol, format, args...)
}

func milliseconds(n uint32) time.Duration { return time.Duration(n) * time.Millisecond }

// moment keeps 0 as the zero time.
func moment(micros int64) time.Time {
	if micros == 0 {
		return time.Time{}
	}
	return time.UnixMicro(micros).UTC()
}
