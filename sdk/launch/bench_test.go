//go:build unix

package launch_test

import (
	"bytes"
	"context"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/hookstep-dev/hookstep/sdk/engine"
	"github.com/hookstep-dev/hookstep/sdk/fault"
	"github.com/hookstep-dev/hookstep/sdk/hostapi"
	"github.com/hookstep-dev/hookstep/sdk/launch"
)

// BenchmarkProcess runs executions of one step that echoes 1 KiB in a plugin process, on 32 lanes. It reports the CPU
// time of both processes together.
func BenchmarkProcess(b *testing.B) {
	program, err := os.Executable()
	if err != nil {
		b.Fatal(err)
	}
	process, err := launch.Start(b.Context(), launch.Command{Path: program, Env: []string{role + "=engine"}})
	if err != nil {
		b.Fatal(err)
	}
	run := engine.Run{
		Execution: "01jd0000000000000000000000",
		Payload:   &engine.Payload{Method: "POST", RawBody: bytes.Repeat([]byte("1"), 1024), Body: engine.BodyJSON},
		Steps:     []engine.Step{{Key: "one", Name: "One", Entry: "echo"}},
	}
	ctx, cancel := context.WithTimeout(b.Context(), time.Minute)
	defer cancel()
	var left atomic.Int64
	left.Store(int64(b.N))
	var workers sync.WaitGroup
	before := cpu(syscall.RUSAGE_SELF) + cpu(syscall.RUSAGE_CHILDREN)
	b.ResetTimer()
	for range 32 {
		lane, err := process.Engine().Lane(ctx)
		if err != nil {
			b.Fatal(err)
		}
		workers.Go(func() {
			defer lane.Close()
			for left.Add(-1) >= 0 {
				err := lane.Run(ctx, run, logs(func(hostapi.Line) {}), func(context.Context, engine.StepResult) error { return nil })
				if err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	workers.Wait()
	b.StopTimer()
	process.Kill(fault.New(fault.Host, fault.WorkerLost, "the benchmark is over"))
	<-process.Exited()
	used := cpu(syscall.RUSAGE_SELF) + cpu(syscall.RUSAGE_CHILDREN) - before
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "runs/s")
	b.ReportMetric(float64(used.Microseconds())/float64(b.N), "cpu-µs/op")
}

// cpu is the processor time of this process or of its children that have ended.
func cpu(who int) time.Duration {
	var usage syscall.Rusage
	_ = syscall.Getrusage(who, &usage)
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// BenchmarkStart starts a plugin until it has introduced itself.
func BenchmarkStart(b *testing.B) {
	program, err := os.Executable()
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		process, err := launch.Start(b.Context(), launch.Command{Path: program, Env: []string{role + "=engine"}})
		if err != nil {
			b.Fatal(err)
		}
		process.Kill(fault.New(fault.Host, fault.WorkerLost, "the benchmark is over"))
		<-process.Exited()
	}
}
