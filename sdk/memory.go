package sdk

import (
	"math"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"strconv"
	"time"

	"github.com/hookstep-dev/hookstep/sdk/fault"
	"github.com/hookstep-dev/hookstep/sdk/garbage"
	"github.com/hookstep-dev/hookstep/sdk/internal/wire/plugin2host"
)

// How often memory is looked at while something runs, and after how many idle looks that stops.
const (
	look      = 10 * time.Millisecond
	idleLooks = 100
)

// memoryLimit reads the host's limit in bytes; 0 means none.
func memoryLimit(text string) int64 {
	limit, err := strconv.ParseInt(text, 10, 64)
	if err != nil || limit < 0 {
		return 0
	}
	return limit
}

// How the garbage collector is paced, see garbage.Pace. The floor is no more than a fraction of the memory limit.
const (
	percent       = 400
	floor         = 48 << 20
	floorFraction = 4
	idle          = 5 * time.Second
)

// collect sets the garbage collector. It may let garbage grow, because most of the limit is its own soft limit.
func collect(limit int64) budget {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(percent)
	}
	pace := garbage.Pace{Percent: percent, Floor: floor, Idle: idle}
	if limit == 0 {
		pace.Keep()
		return budget{}
	}
	soft := limit / 100 * 85
	debug.SetMemoryLimit(soft)
	pace.Floor = min(floor, soft/floorFraction)
	pace.Keep()
	return budget{limit: limit, soft: soft}
}

// budget is the memory of the process in bytes.
type budget struct {
	limit int64 // as the host gave it; 0 means none
	soft  int64 // what objects may take of it
}

// guard ends running executions that keep too much memory.
func guard(runs *plugin2host.Runs, memory budget) {
	if memory.limit == 0 {
		return
	}
	w := watchdog{runs: runs, budget: memory, sample: []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}}
	for range runs.Begun() {
		w.watch()
	}
}

type watchdog struct {
	budget

	runs   *plugin2host.Runs
	sample []metrics.Sample
}

// watch looks until nothing has run for a while.
func (w *watchdog) watch() {
	ticker := time.NewTicker(look)
	defer ticker.Stop()
	for idle := 0; idle < idleLooks; idle++ {
		<-ticker.C
		if w.runs.Busy() {
			idle = 0
		}
		w.check()
	}
}

// check accuses what runs when objects exceed the soft limit and still do after a collection: garbage is no offence.
func (w *watchdog) check() {
	if w.objects() < w.soft {
		return
	}
	runtime.GC()
	if w.objects() < w.soft {
		return
	}
	accused := w.runs.End(fault.New(fault.Limit, fault.Memory, "the engine process ran out of its memory of %d MiB", w.limit>>20))
	if accused > 0 {
		debug.FreeOSMemory()
	}
}

func (w *watchdog) objects() int64 {
	metrics.Read(w.sample)
	return int64(min(w.sample[0].Value.Uint64(), math.MaxInt64))
}
