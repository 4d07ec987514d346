package supervisor

import (
	"sync/atomic"
	"time"

	"github.com/hookstep-dev/hookstep/sdk/engine"
	"github.com/hookstep-dev/hookstep/sdk/launch"
)

// worker is one life of a plugin process.
type worker struct {
	process  *launch.Process
	engine   engine.Engine
	gone     <-chan struct{} // closed when the process has ended
	edition  edition
	started  time.Time
	programs programs
	served   atomic.Bool // an execution was done here

	// Guarded by the pool's mu.
	idle    []engine.Lane // open and free; the one used last is at the end
	out     int           // lanes lent
	lent    uint64        // leases given so far
	retired chan struct{} // closed when out comes to 0; nil as long as the worker takes leases
}

// edition is one version of an executable.
type edition struct {
	path string
	file identity
}

func editionOf(path string) edition { return edition{path: path, file: identify(path)} }

func (e edition) isOutdated() bool { return !e.file.equal(identify(e.path)) }

func newWorker(process *launch.Process, of edition) *worker {
	return &worker{
		process: process,
		engine:  process.Engine(),
		gone:    process.Exited(),
		edition: of,
		started: time.Now(),
	}
}

func (w *worker) isGone() bool {
	select {
	case <-w.gone:
		return true
	default:
		return false
	}
}
