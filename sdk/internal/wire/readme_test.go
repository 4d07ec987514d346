package wire_test

import (
	"encoding/hex"
	"os"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/hookstep-dev/hookstep/sdk/internal/pb/connectionv1"
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
	fetch := &pb.Fetch{Method: "GET", Url: "https://h/x", Connection: "Shop API"}
	for _, message := range append([]proto.Message{start, answer, fetch}, providerMessages()...) {
		data, err := proto.MarshalOptions{Deterministic: true}.Marshal(message)
		if err != nil {
			t.Fatal(err)
		}
		if digits := hex.EncodeToString(data); !strings.Contains(shownBytes, digits) {
			t.Errorf("not shown: %s", digits)
		}
	}
}

// providerMessages are those of the conversation with a connection provider.
func providerMessages() []proto.Message {
	const at = 1_772_600_767_000_000
	return []proto.Message{
		&connectionv1.RefreshRequest{
			Settings: &connectionv1.Settings{Type: "session", Fields: map[string]string{"user": "ada"}},
			Token:    &connectionv1.Token{Response: []byte(`{"session":"s1"}`), ObtainedAtUs: at, Renews: true},
		},
		&connectionv1.RefreshResponse{Fault: &pb.Fault{Source: "downstream", Code: "unreachable", Message: "try later", RetryAfterMs: 3000}},
		&connectionv1.ApplyRequest{Part: &connectionv1.ApplyRequest_Head{Head: &connectionv1.ApplyHead{
			Settings: &connectionv1.Settings{Type: "signed"}, Method: "PUT", Url: "https://h/x", BodyBytes: 2, AtUs: at,
		}}},
		&connectionv1.ApplyRequest{Part: &connectionv1.ApplyRequest_Body{Body: []byte("hi")}},
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
