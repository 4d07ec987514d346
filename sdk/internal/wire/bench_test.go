//go:build unix

package wire_test

import (
	"bytes"
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"google.golang.org/grpc"

	"github.com/hookstep-dev/hookstep/sdk/engine"
	"github.com/hookstep-dev/hookstep/sdk/hostapi"
	pb "github.com/hookstep-dev/hookstep/sdk/internal/pb/enginev1"
	"github.com/hookstep-dev/hookstep/sdk/internal/wire/chunk"
	"github.com/hookstep-dev/hookstep/sdk/internal/wire/toproto"
	"github.com/hookstep-dev/hookstep/sdk/value"
)

// BenchmarkRoundTrip runs executions of one step that answers 1 KiB with 1 KiB, on several lanes of one connection, both
// sides in this process. Besides the rate it reports the CPU time of both sides together.
func BenchmarkRoundTrip(b *testing.B) {
	for _, lanes := range []int{1, 16, 32} {
		b.Run(fmt.Sprintf("lanes=%d", lanes), func(b *testing.B) { roundTrips(b, lanes) })
	}
}

// BenchmarkBareStream is the floor: the same messages on bare streams, without any of our code.
func BenchmarkBareStream(b *testing.B) {
	for _, lanes := range []int{1, 16, 32} {
		b.Run(fmt.Sprintf("lanes=%d", lanes), func(b *testing.B) { bareStreams(b, lanes) })
	}
}

// bare answers every frame with the same one.
type bare struct {
	pb.UnimplementedEngineServer

	answer *pb.EngineFrame
}

func (s bare) Lane(stream grpc.BidiStreamingServer[pb.HostFrame, pb.EngineFrame]) error {
	for {
		if _, err := stream.Recv(); err != nil {
			return err
		}
		if err := stream.Send(s.answer); err != nil {
			return err
		}
	}
}

func bareStreams(b *testing.B, lanes int) {
	b.Helper()
	run := kibibyte()
	out := chunk.NewOut(chunk.Execution).Message(nil)
	question := &pb.HostFrame{Frame: &pb.HostFrame_Start{Start: toproto.Start(out, &run, time.Minute)}}
	done := toproto.StepDone(out, &engine.StepResult{Key: "one", Results: value.JSON(run.Payload.RawBody)})
	answer := &pb.EngineFrame{Events: []*pb.Event{
		{Event: &pb.Event_StepDone{StepDone: done}},
		{Event: &pb.Event_Done{Done: &pb.Done{}}},
	}}
	conn, _ := dial(b, func(server *grpc.Server) { pb.RegisterEngineServer(server, bare{answer: answer}) })
	measure(b, lanes, func() func() error {
		stream, err := pb.NewEngineClient(conn).Lane(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		return func() error {
			if err := stream.Send(question); err != nil {
				return err
			}
			_, err := stream.Recv()
			return err
		}
	})
}

// kibibyte is a run of one step on 1 KiB.
func kibibyte() engine.Run {
	return engine.Run{
		Program:   "p",
		Execution: "01jd0000000000000000000000",
		Payload: &engine.Payload{
			Method: "POST", RawBody: []byte(`"` + string(bytes.Repeat([]byte("x"), 1022)) + `"`), Body: engine.BodyJSON,
			Headers: []hostapi.Header{{Name: "content-type", Value: "application/json"}},
		},
		Steps: []engine.Step{{Key: "one", Name: "One", Entry: "one.run", Kind: engine.KindStep}},
	}
}

func roundTrips(b *testing.B, lanes int) {
	b.Helper()
	connection := connect(b, runner(func(ctx context.Context, run engine.Run, _ hostapi.Host, done engine.StepDone) error {
		return done(ctx, engine.StepResult{Key: run.Steps[0].Key, Results: value.JSON(run.Payload.RawBody)})
	}))
	run := kibibyte()
	ctx, cancel := context.WithTimeout(b.Context(), time.Minute)
	defer cancel()
	measure(b, lanes, func() func() error {
		lane := connection.lane(b)
		return func() error { return lane.Run(ctx, run, nil, ignore) }
	})
}

// measure makes round trips on so many lanes at once.
func measure(b *testing.B, lanes int, open func() func() error) {
	b.Helper()
	var left atomic.Int64
	left.Store(int64(b.N))
	var workers sync.WaitGroup
	b.ReportAllocs()
	b.ResetTimer()
	before := cpu()
	for range lanes {
		roundTrip := open()
		workers.Go(func() {
			for left.Add(-1) >= 0 {
				if err := roundTrip(); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	workers.Wait()
	b.StopTimer()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "runs/s")
	b.ReportMetric(float64((cpu()-before).Microseconds())/float64(b.N), "cpu-µs/op")
}

// cpu is the processor time that this process has used.
func cpu() time.Duration {
	var usage syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &usage)
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
