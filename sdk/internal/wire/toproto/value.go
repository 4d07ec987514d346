// Package toproto turns the contracts' types into protocol messages.
//
// Large contents leave ahead through a chunk.Splitter, whose Err must be looked at before the message is sent. Texts are
// made valid UTF-8, because a message with any other cannot be sent.
package toproto

import (
	"strings"
	"time"

	"github.com/hookstep-dev/hookstep/sdk/hostapi"
	pb "github.com/hookstep-dev/hookstep/sdk/internal/pb/enginev1"
	"github.com/hookstep-dev/hookstep/sdk/internal/wire/chunk"
	"github.com/hookstep-dev/hookstep/sdk/value"
)

// Value converts a value; the absent one becomes nil.
func Value(out *chunk.Splitter, v value.Value) *pb.Value {
	switch {
	case v.IsZero():
		return nil
	case v.IsRaw():
		return &pb.Value{Form: &pb.Value_Raw{Raw: out.Content(v.Raw)}, ContentType: text(v.ContentType)}
	}
	message := &pb.Value{Form: &pb.Value_Json{Json: out.Content(v.JSON)}}
	for _, blob := range v.Blobs {
		message.Blobs = append(message.Blobs, &pb.Blob{Pointer: text(blob.Pointer), Content: out.Content(blob.Bytes)})
	}
	return message
}

func headers(list []hostapi.Header) []*pb.Header {
	if len(list) == 0 {
		return nil
	}
	messages := make([]*pb.Header, len(list))
	for i, header := range list {
		messages[i] = &pb.Header{Name: text(header.Name), Value: text(header.Value)}
	}
	return messages
}

func text(s string) string { return strings.ToValidUTF8(s, "\uFFFD") }

// milliseconds rounds up, so that a limit is never shorter than it was set and a small one never becomes none.
func milliseconds(d time.Duration) uint32 {
	const largest = time.Duration(1<<32-1) * time.Millisecond
	if d <= 0 {
		return 0
	}
	return uint32((min(d, largest-time.Millisecond) + time.Millisecond - 1) / time.Millisecond)
}
