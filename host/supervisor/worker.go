package supervisor

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/hookstep-dev/hookstep/sdk/engine"
	"github.com/hookstep-dev/hookstep/sdk/launch"
)

// worker is one life of a plugin process.
type worker struct {
	process  *launch.Process
	engine   engine.Engine
	gone     <-chan struct{} // closed when the process is of no more use: it was killed or has ended
	edition  edition
	started  time.Time
	programs programs
	served   atomic.Bool // an execution was done here
	refusing signal      // the process lives, and takes no more executions

	unanswered atomic.Int32 // calls of a provider in a row that ended with their callers' deadlines

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

// isOutdated tells that another version is there now. A file that is missing for the moment is none.
func (e edition) isOutdated() bool {
	now := identify(e.path)
	return now != identity{} && !e.file.equal(now)
}

func newWorker(process *launch.Process, of edition) *worker {
	return &worker{
		process: process,
		engine:  process.Engine(),
		gone:    process.Dying(),
		edition: of,
		started: time.Now(),

		refusing: signal{done: make(chan struct{})},
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

// signal can be given by several; the first counts.
type signal struct {
	once sync.Once
	done chan struct{}
}

func (s *signal) give() { s.once.Do(func() { close(s.done) }) }
