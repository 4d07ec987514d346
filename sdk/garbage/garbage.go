// Package garbage paces the garbage collector of a process that serves.
package garbage

import (
	"math"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"sync"
	"time"
)

// Pace is how a process trades memory for time.
type Pace struct {
	// Percent is how much garbage may come up on top of what is in use before it is collected, as GOGC says it.
	Percent int
	// Floor is a size in bytes: a heap below it is not collected, whatever Percent says. A small program that makes
	// garbage fast would else collect many times in a second.
	Floor int64
	// Idle is how long after its last collection the process gives memory that it does not use back to the system.
	Idle time.Duration
}

// Keep keeps the pace from the next collection on, until stop is called; a start is thus held to what was set before.
// An environment that has GOGC set knows better: then nothing is done.
func (p Pace) Keep() (stop func()) {
	if os.Getenv("GOGC") != "" {
		return func() {}
	}
	k := &keeper{pace: p, live: []metrics.Sample{{Name: "/gc/heap/live:bytes"}, {Name: "/gc/gogc:percent"}}}
	k.idle = time.AfterFunc(p.Idle, k.giveBack)
	k.await()
	return k.stop
}

// keeper hears of every collection.
type keeper struct {
	pace Pace

	mu      sync.Mutex
	live    []metrics.Sample
	idle    *time.Timer
	giving  bool // the collection that comes is giveBack's
	stopped bool
}

// mark is something that a collection finds unused. It is too large to share its block with what may be in use.
type mark [4]uint64

// await has collected called after the next collection.
func (k *keeper) await() {
	runtime.AddCleanup(new(mark), (*keeper).collected, k)
}

func (k *keeper) collected() {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.stopped {
		return
	}
	k.adjust()
	if !k.giving {
		k.idle.Reset(k.pace.Idle)
	}
	k.giving = false
	k.await()
}

// adjust sets the percentage that the heap's size asks for. Setting it stops the world, so small differences are let be.
func (k *keeper) adjust() {
	metrics.Read(k.live)
	wanted, set := k.pace.percent(k.live[0].Value.Uint64()), int64(min(k.live[1].Value.Uint64(), math.MaxInt32))
	if difference := max(wanted-set, set-wanted); difference > set/8 {
		debug.SetGCPercent(int(wanted))
	}
}

// percent lets a heap with so many bytes in use grow to the floor. The runtime collects nothing below 4 MiB for each
// 100 percent, which bounds it for a heap with hardly anything in use.
func (p Pace) percent(live uint64) int64 {
	const least = 4 << 20
	used := max(int64(min(live, math.MaxInt32)), least)
	return max(int64(p.Percent), (p.Floor-used)*100/used, 0)
}

// giveBack is called when nothing has been collected for a while. It collects, which is not to call it again.
func (k *keeper) giveBack() {
	k.mu.Lock()
	k.giving = !k.stopped
	giving := k.giving
	k.mu.Unlock()
	if giving {
		debug.FreeOSMemory()
	}
}

func (k *keeper) stop() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.stopped = true
	k.idle.Stop()
}
