package garbage_test

import (
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"testing"
	"time"

	"github.com/hookstep-dev/hookstep/sdk/garbage"
)

const mebibyte = 1 << 20

// keep keeps a pace as long as a test runs. The collector is the process's, so these tests run one after another.
func keep(t *testing.T, pace garbage.Pace) {
	t.Helper()
	if os.Getenv("GOGC") != "" {
		t.Skip("GOGC is set")
	}
	before := debug.SetGCPercent(100)
	stop := pace.Keep()
	t.Cleanup(func() {
		stop()
		debug.SetGCPercent(before)
	})
}

// eventually collects until a condition holds.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !holds(); runtime.GC() {
		if time.Now().After(deadline) {
			t.Fatalf("never: %s", what)
		}
	}
}

func read(name string) uint64 {
	sample := []metrics.Sample{{Name: name}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}

func percent() uint64 { return read("/gc/gogc:percent") }

func goal() uint64 { return read("/gc/heap/goal:bytes") }

func TestSmallHeapGrowsToTheFloor(t *testing.T) { //nolint:paralleltest // the pace is the whole process's
	keep(t, garbage.Pace{Percent: 200, Floor: 64 * mebibyte, Idle: time.Hour})
	eventually(t, "a goal at the floor", func() bool { return goal() > 56*mebibyte && goal() < 80*mebibyte })
}

func TestLargeHeapGrowsByPercent(t *testing.T) { //nolint:paralleltest // the pace is the whole process's
	keep(t, garbage.Pace{Percent: 200, Floor: 32 * mebibyte, Idle: time.Hour})
	eventually(t, "more than the percentage", func() bool { return percent() > 500 })
	held := make([]byte, 48*mebibyte)
	eventually(t, "the percentage", func() bool { return percent() == 200 })
	runtime.KeepAlive(held)
	eventually(t, "more again", func() bool { return percent() > 500 })
}

func TestIdleGivesMemoryBack(t *testing.T) { //nolint:paralleltest // the pace is the whole process's
	held := make([]byte, 64*mebibyte)
	for i := range held {
		held[i] = 1
	}
	before := read("/memory/classes/heap/released:bytes")
	keep(t, garbage.Pace{Percent: 100, Floor: 128 * mebibyte, Idle: 10 * time.Millisecond})
	deadline := time.Now().Add(10 * time.Second)
	for read("/memory/classes/heap/released:bytes") < before+48*mebibyte {
		if time.Now().After(deadline) {
			t.Fatal("nothing was given back")
		}
		runtime.Gosched()
	}
}

func TestSetPercentIsKept(t *testing.T) {
	t.Setenv("GOGC", "150")
	before := debug.SetGCPercent(150)
	defer debug.SetGCPercent(before)
	stop := garbage.Pace{Percent: 400, Floor: 64 * mebibyte, Idle: time.Hour}.Keep()
	defer stop()
	for range 3 {
		runtime.GC()
	}
	if percent() != 150 {
		t.Errorf("it is %d", percent())
	}
}

// BenchmarkGarbage makes garbage on a small heap, as serving does, and tells how often it was collected.
func BenchmarkGarbage(b *testing.B) {
	for name, pace := range map[string]garbage.Pace{
		"percent": {Percent: 400, Idle: time.Hour},
		"floor":   {Percent: 400, Floor: 48 * mebibyte, Idle: time.Hour},
	} {
		b.Run(name, func(b *testing.B) {
			before := debug.SetGCPercent(400)
			defer debug.SetGCPercent(before)
			defer pace.Keep()()
			held := make([]*[64]byte, 40_000)
			collections := read("/gc/cycles/total:gc-cycles")
			for n := 0; b.Loop(); n++ {
				held[n%len(held)] = new([64]byte)
				held[n*7%len(held)] = &[64]byte{}
			}
			runtime.KeepAlive(held)
			b.ReportMetric(float64(read("/gc/cycles/total:gc-cycles")-collections)/b.Elapsed().Seconds(), "collections/s")
		})
	}
}
