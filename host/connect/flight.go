package connect

import (
	"context"
	"sync"

	"github.com/hookstep-dev/hookstep/host/store"
	"github.com/hookstep-dev/hookstep/sdk/fault"
)

// flights are the renewals under way in this process: one at most for each connection. They go on when those who wait for them do not.
type flights struct {
	lock   sync.Mutex
	open   map[store.ConnectionKey]*flight
	work   sync.WaitGroup
	closed bool
	ending chan struct{} // closed when what is not kept is given up
}

// flight is a renewal. Its result is there when done is closed.
type flight struct {
	done  chan struct{}
	state *state
	err   error
}

// join gives the flight of a connection; it begins one with run if there is none, on a context that does not end with the caller's.
func (f *flights) join(ctx context.Context, key store.ConnectionKey, run func(ctx context.Context) (*state, error)) (joined *flight, mine bool, err error) {
	f.lock.Lock()
	defer f.lock.Unlock()
	if under := f.open[key]; under != nil {
		return under, false, nil
	}
	if f.closed {
		return nil, false, errEnding()
	}
	made := &flight{done: make(chan struct{})}
	f.open[key] = made
	detached, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	go func() {
		select {
		case <-made.done:
		case <-f.ending:
		}
		cancel(errEnding())
	}()
	f.work.Go(func() {
		defer close(made.done)
		made.state, made.err = run(detached)
		f.lock.Lock()
		delete(f.open, key)
		f.lock.Unlock()
	})
	return made, true, nil
}

// after runs what a flight leaves to be done. It is asked from within one.
func (f *flights) after(run func()) { f.work.Go(run) }

// close lets flights end until ctx does, then has them give up, and waits for that.
func (f *flights) close(ctx context.Context) {
	f.lock.Lock()
	first := !f.closed
	f.closed = true
	f.lock.Unlock()
	done := make(chan struct{})
	go func() {
		defer close(done)
		f.work.Wait()
	}()
	select {
	case <-done:
	case <-ctx.Done():
	}
	if first {
		close(f.ending)
	}
	<-done
}

func errEnding() error {
	return fault.New(fault.Host, fault.Canceled, "the host is ending")
}
