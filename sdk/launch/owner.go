package launch

import (
	"time"

	"github.com/hookstep-dev/hookstep/sdk/fault"
)

// How long after its connection broke a process is given to end by itself, and to be gone after SIGKILL.
const (
	dying  = time.Second
	buried = 5 * time.Second
)

// owner is what the clients of engine and provider know of the process.
type owner struct {
	child *child
	what  string // "engine process" and the plugin's name
}

// Kill implements host2plugin.Process.
func (o owner) Kill(reason *fault.Fault) { o.child.kill(reason) }

// Gone implements host2plugin.Process.
func (o owner) Gone() <-chan struct{} { return o.child.gone }

// Lost implements host2plugin.Process.
func (o owner) Lost() *fault.Fault {
	select {
	case <-o.child.gone:
	case <-time.After(dying):
		o.Kill(fault.New(fault.Engine, fault.WorkerLost, "the plugin closed its connection"))
		if !o.child.bury() {
			return fault.New(fault.Engine, fault.WorkerLost, "the %s (%d) cannot be ended", o.what, o.child.pid)
		}
	}
	why := o.child.err
	lost := fault.New(fault.Engine, fault.WorkerLost, "the %s (%d) was lost: %s", o.what, o.child.pid, why.Message)
	lost.Cause = why
	return lost
}

// bury waits until a killed process has ended, and tells whether it has.
func (c *child) bury() bool {
	select {
	case <-c.gone:
		return true
	case <-time.After(buried):
		return false
	}
}
