package launch

import "time"

// How often memory is looked at: seldom far from the limit, often near it.
const (
	farLook  = 200 * time.Millisecond
	nearLook = 20 * time.Millisecond
)

// usage is the memory of a process in bytes.
type usage struct {
	resident int64 // all of it
	private  int64 // without what files back
}

// watchMemory kills the process when it holds more than its limit, until it has ended.
func (c *child) watchMemory(ended <-chan struct{}) {
	if c.command.Memory == 0 {
		return
	}
	timer := time.NewTimer(farLook)
	defer timer.Stop()
	for {
		select {
		case <-ended:
			return
		case <-timer.C:
		}
		now, err := readUsage(c.pid)
		if err != nil {
			return // not known on this system, or just ended
		}
		if now.private > c.command.Memory {
			c.kill(c.memoryFault())
			return
		}
		timer.Reset(nextLook(now.private, c.command.Memory))
	}
}

func nextLook(private, limit int64) time.Duration {
	if private > limit/2 {
		return nearLook
	}
	return farLook
}
