// Package slot limits how many virtual machines of the process compute at once.
package slot

import (
	"context"
	"time"
)

// Patience is how long a machine waits for its turn. After it, the machine goes ahead anyway, so that code which spins
// until its deadline holds up nobody beside it.
const Patience = 20 * time.Millisecond

// Pool is a number of slots. Its methods may be called from several goroutines at once.
type Pool struct {
	free chan struct{}
}

// NewPool makes a pool of size slots.
func NewPool(size int) *Pool {
	pool := &Pool{free: make(chan struct{}, size)}
	for range size {
		pool.free <- struct{}{}
	}
	return pool
}

// Slot is one machine's place in the pool. It is for one goroutine.
type Slot struct {
	pool *Pool
	held bool
}

// Slot makes a place that holds no slot yet.
func (p *Pool) Slot() *Slot { return &Slot{pool: p} }

// Enter waits for a free slot, for Patience at most, or until ctx ends.
func (s *Slot) Enter(ctx context.Context) {
	select {
	case <-s.pool.free:
		s.held = true
		return
	default:
	}
	timer := time.NewTimer(Patience)
	defer timer.Stop()
	select {
	case <-s.pool.free:
		s.held = true
	case <-timer.C:
	case <-ctx.Done():
	}
}

// Leave gives the slot back if one is held.
func (s *Slot) Leave() {
	if s.held {
		s.held = false
		s.pool.free <- struct{}{}
	}
}
