package wire_test

import (
	"encoding/hex"
	"os"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	pb "github.com/hookstep-dev/hookstep/sdk/internal/pb/enginev1"
)

// The bytes that sdk/README.md shows are those that are sent.
func TestReadmeShowsTheBytes(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	shownBytes := bytesOf(string(readme))
	start := &pb.HostFrame{Frame: &pb.HostFrame_Start{Start: &pb.Start{
		Program: "9f2c", Execution: "e1", TriggerKey: "receive", TimeoutMs: 30_000,
		Payload: &pb.Payload{
			Method: "POST", RawBody: &pb.Content{Inline: []byte(`{"n":21}`)}, ContentType: "application/json", Body: pb.BodyForm_BODY_FORM_JSON,
		},
		Steps: []*pb.Step{{Key: "double", Name: "Double", Entry: "double.js", Kind: pb.Kind_KIND_STEP}},
	}}}
	answer := &pb.EngineFrame{Events: []*pb.Event{
		{Event: &pb.Event_StepDone{StepDone: &pb.StepDone{
			Key: "double", Results: &pb.Value{Form: &pb.Value_Json{Json: &pb.Content{Inline: []byte("42")}}}, ElapsedUs: 150,
		}}},
		{Event: &pb.Event_Done{Done: &pb.Done{}}},
	}}
	for _, message := range []proto.Message{start, answer} {
		data, err := proto.MarshalOptions{Deterministic: true}.Marshal(message)
		if err != nil {
			t.Fatal(err)
		}
		if digits := hex.EncodeToString(data); !strings.Contains(shownBytes, digits) {
			t.Errorf("not shown: %s", digits)
		}
	}
}

// bytesOf gives the hexadecimal bytes at the beginnings of lines, all in a row.
func bytesOf(text string) string {
	var digits strings.Builder
	for line := range strings.Lines(text) {
		for word := range strings.FieldsSeq(line) {
			if _, err := hex.DecodeString(word); err != nil || len(word) != 2 {
				break
			}
			digits.WriteString(word)
		}
	}
	return digits.String()
}
