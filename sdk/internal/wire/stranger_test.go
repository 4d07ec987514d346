package wire_test

import (
	"strings"
	"testing"

	"google.golang.org/grpc"

	"github.com/hookstep-dev/hookstep/sdk/engine"
	"github.com/hookstep-dev/hookstep/sdk/fault"
	"github.com/hookstep-dev/hookstep/sdk/hostapi"
	pb "github.com/hookstep-dev/hookstep/sdk/internal/pb/enginev1"
	"github.com/hookstep-dev/hookstep/sdk/internal/wire/plugin2host"
)

// stranger is an engine that answers Start with fixed events.
type stranger struct {
	pb.UnimplementedEngineServer

	events []*pb.Event
}

func (s stranger) Lane(stream grpc.BidiStreamingServer[pb.HostFrame, pb.EngineFrame]) error {
	if _, err := stream.Recv(); err != nil {
		return err
	}
	for _, event := range s.events {
		if err := stream.Send(&pb.EngineFrame{Events: []*pb.Event{event}}); err != nil {
			return err
		}
	}
	<-stream.Context().Done()
	return nil
}

func stepDone(done *pb.StepDone) *pb.Event {
	return &pb.Event{Event: &pb.Event_StepDone{StepDone: done}}
}

func chunkOf(id uint32, size int) *pb.Event {
	return &pb.Event{Event: &pb.Event_Chunk{Chunk: &pb.Chunk{Id: id, Data: make([]byte, size)}}}
}

func jsonOf(content *pb.Content) *pb.Value { return &pb.Value{Form: &pb.Value_Json{Json: content}} }

// An engine that breaks the protocol gets a Protocol fault, whatever it sends.
func TestEngineBreaksTheProtocol(t *testing.T) {
	t.Parallel()
	end := &pb.Event{Event: &pb.Event_Done{Done: &pb.Done{}}}
	tests := map[string][]*pb.Event{
		"an event without content":           {{}},
		"the end before the steps":           {end},
		"a step that nobody asked for":       {stepDone(&pb.StepDone{Key: "other"})},
		"a step twice":                       {stepDone(&pb.StepDone{Key: "s"}), stepDone(&pb.StepDone{Key: "s"})},
		"JSON without text":                  {stepDone(&pb.StepDone{Key: "s", Results: jsonOf(nil)})},
		"chunks that never came":             {stepDone(&pb.StepDone{Key: "s", Results: jsonOf(&pb.Content{Chunks: 7})})},
		"a chunk without id":                 {chunkOf(0, 1)},
		"an empty chunk":                     {chunkOf(1, 0)},
		"a chunk too large":                  {chunkOf(1, 256<<10+1)},
		"a call without question":            {{Event: &pb.Event_Call{Call: &pb.Call{Id: 1}}}},
		"a step after a step that failed":    {stepDone(&pb.StepDone{Key: "s", Fault: &pb.Fault{}}), stepDone(&pb.StepDone{Key: "s2"})},
		"a message that is too large for it": {{Event: &pb.Event_Log{Log: &pb.Log{Text: strings.Repeat("x", 5<<20)}}}},
	}
	for name, events := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			lane := connectTo(t, plugin2host.NewRuns(), func(server *grpc.Server) {
				pb.RegisterEngineServer(server, stranger{events: events})
			}).lane(t)
			run := engine.Run{Steps: []engine.Step{{Key: "s"}, {Key: "s2"}}}
			err := lane.Run(t.Context(), run, host{log: func(hostapi.Line) {}}, ignore)
			if !fault.Is(err, fault.Protocol) {
				t.Errorf("got %v", err)
			}
			if err := lane.Run(t.Context(), run, nil, ignore); !fault.Is(err, fault.Unavailable) {
				t.Errorf("afterwards: %v", err)
			}
		})
	}
}

// An engine that sends more than an execution may is stopped.
func TestEngineSendsTooMuch(t *testing.T) {
	t.Parallel()
	var events []*pb.Event
	for range 260 {
		events = append(events, chunkOf(1, 256<<10))
	}
	lane := connectTo(t, plugin2host.NewRuns(), func(server *grpc.Server) {
		pb.RegisterEngineServer(server, stranger{events: events})
	}).lane(t)
	if err := lane.Run(t.Context(), oneStep(), nil, ignore); !fault.Is(err, fault.ResultSize) {
		t.Errorf("got %v", err)
	}
}

// An engine without a quota of its own is held to it by the host.
func TestEngineLogsTooMuch(t *testing.T) {
	t.Parallel()
	var events []*pb.Event
	for range 30 {
		events = append(events, &pb.Event{Event: &pb.Event_Log{Log: &pb.Log{Text: "x"}}})
	}
	events = append(events, stepDone(&pb.StepDone{Key: "s"}), &pb.Event{Event: &pb.Event_Done{Done: &pb.Done{}}})
	lane := connectTo(t, plugin2host.NewRuns(), func(server *grpc.Server) {
		pb.RegisterEngineServer(server, stranger{events: events})
	}).lane(t)
	run := oneStep()
	run.Limits.LogLines = 10
	var lines []hostapi.Line
	if err := lane.Run(t.Context(), run, host{log: func(line hostapi.Line) { lines = append(lines, line) }}, ignore); err != nil {
		t.Error(err)
	}
	if len(lines) != 12 || lines[11].Dropped != 19 {
		t.Errorf("%d lines, the last: %+v", len(lines), lines[len(lines)-1])
	}
}

// A host that breaks the protocol is told so, and nothing panics.
func TestHostBreaksTheProtocol(t *testing.T) {
	t.Parallel()
	frames := map[string][]*pb.HostFrame{
		"nothing":                {{}},
		"a Start within a Start": {{Frame: &pb.HostFrame_Start{Start: &pb.Start{}}}, {Frame: &pb.HostFrame_Start{Start: &pb.Start{}}}},
		"missing chunks":         {{Frame: &pb.HostFrame_Start{Start: &pb.Start{Context: &pb.Content{Chunks: 3}}}}},
		"a bad chunk":            {{Frame: &pb.HostFrame_Chunk{Chunk: &pb.Chunk{}}}},
	}
	for name, sent := range frames {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			stream := rawLane(t, waiting(make(chan struct{}), make(chan error, 1)))
			for _, frame := range sent {
				if err := stream.Send(frame); err != nil {
					t.Fatal(err)
				}
			}
			for {
				_, err := stream.Recv()
				if err == nil {
					continue
				}
				if !strings.Contains(err.Error(), "InvalidArgument") {
					t.Errorf("got %v", err)
				}
				return
			}
		})
	}
}
