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

	"github.com/hookstep-dev/hookstep/sdk/engine"
	"github.com/hookstep-dev/hookstep/sdk/hostapi"
	"github.com/hookstep-dev/hookstep/sdk/value"
)

// BenchmarkRoundTrip runs executions of one step that answers 1 KiB with 1 KiB, on several lanes of one connection, both
// sides in this process. Besides the rate it reports the CPU time of both sides together.
func BenchmarkRoundTrip(b *testing.B) {
	for _, lanes := range []int{1, 16, 32} {
		b.Run(fmt.Sprintf("lanes=%d", lanes), func(b *testing.B) { roundTrips(b, lanes) })
	}
}

func roundTrips(b *testing.B, lanes int) {
	connection := connect(b, runner(func(ctx context.Context, run engine.Run, _ hostapi.Host, done engine.StepDone) error {
		return done(ctx, engine.StepResult{Key: run.Steps[0].Key, Results: value.JSON(run.Payload.RawBody)})
	}))
	run := engine.Run{
		Program:   "p",
		Execution: "01jd0000000000000000000000",
		Payload: &engine.Payload{
			Method: "POST", RawBody: []byte(`"` + string(bytes.Repeat([]byte("x"), 1022)) + `"`), Body: engine.BodyJSON,
			Headers: []hostapi.Header{{Name: "content-type", Value: "application/json"}},
		},
		Steps: []engine.Step{{Key: "one", Name: "One", Entry: "one.run", Kind: engine.KindStep}},
	}
	ctx, cancel := context.WithTimeout(b.Context(), time.Minute)
	defer cancel()
	var left atomic.Int64
	left.Store(int64(b.N))
	var workers sync.WaitGroup
	b.ReportAllocs()
	b.ResetTimer()
	before := cpu()
	for range lanes {
		lane := connection.lane(b)
		workers.Go(func() {
			done := func(_ context.Context, _ engine.StepResult) error { return nil }
			for left.Add(-1) >= 0 {
				if err := lane.Run(ctx, run, nil, done); err != nil {
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
