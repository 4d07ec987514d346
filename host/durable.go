package host

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"os"
	"sync"
	"time"

	"github.com/hookstep-dev/hookstep/host/history"
	"github.com/hookstep-dev/hookstep/host/pipeline"
	"github.com/hookstep-dev/hookstep/host/scope"
	"github.com/hookstep-dev/hookstep/host/store"
	"github.com/hookstep-dev/hookstep/host/store/home"
	"github.com/hookstep-dev/hookstep/host/store/veil"
	"github.com/hookstep-dev/hookstep/host/telemetry"
	"github.com/hookstep-dev/hookstep/sdk/fault"
)

const (
	storeWithin  = 2 * time.Second  // that a look at the store may take
	sweepEvery   = time.Minute      // between two looks for what retention no longer covers
	recordWithin = 10 * time.Second // that the last recordings get at the end, however little time is left
)

// open opens the database, and gives the rooms what depends on it. A transient host keeps nothing.
func (h *Host) open(ctx context.Context, rooms *pipeline.Rooms) error {
	if h.options.Transient {
		return nil
	}
	if err := os.MkdirAll(h.options.Config.Data, 0o700); err != nil {
		return err
	}
	opened, err := home.Open(ctx, home.Of(h.options.Config.Database, h.options.Config.Data), home.Options{Log: h.log})
	if err != nil {
		return err
	}
	h.store = opened
	if err := h.unseal(ctx); err != nil {
		return err
	}
	h.veil = veil.New(opened, h.secrets, veil.NewSealer(h.shared.hiding), h.log)
	set := &h.options.Config.History
	h.recorder = history.NewRecorder(h.veil, history.Policy(set.Synchronous), history.DefaultBounds(), h.log) //nolint:contextcheck // its writer lives until Close
	newest, err := opened.Newest(ctx)
	if err != nil {
		return err
	}
	rooms.Store, rooms.Recorder, rooms.NewID = h.veil, h.recorder, pipeline.IDs(opened.Slot, newest)
	h.sweeper = &history.Sweeper{
		From: opened, Keep: store.Retention{Age: set.Age, Bytes: set.Bytes}, Every: sweepEvery, Now: time.Now, Chance: rand.Float64, Log: h.log,
	}
	if err := h.begin(ctx, rooms); err != nil {
		return err
	}
	h.metrics.Depths(h.depths)
	h.metrics.History(func() telemetry.Recording { return recorded(h.recorder, h.sweeper) })
	return nil
}

// states keeps states where executions are kept.
func (h *Host) states() *scope.States {
	if h.store == nil {
		return scope.NewStates(scope.NewMemory(store.StateCeiling), store.StateCeiling)
	}
	return scope.NewStates(h.veil, store.StateCeiling)
}

// Work runs the executions that were accepted, by this host or another one on the same database, starts what is due, and
// deploys instances that have changed, until ctx ends; then it lets those under way end within the configured time. What it has
// to cut off goes on later, from its last kept step. Serve works too; a program that only mounts the Host has to call Work, or
// what it accepts waits. A transient host has no such work.
func (h *Host) Work(ctx context.Context) error {
	if h.store == nil {
		return nil
	}
	ctx, cut, leave := h.shift.begin(ctx, h.options.Config.Timeouts.Shutdown)
	defer leave()
	var beside sync.WaitGroup
	for _, run := range []func(context.Context){h.sweeper.Run, h.desk.Run, h.schedules.Run, h.tendKeys, h.connections.Run} {
		beside.Go(func() { run(ctx) })
	}
	err := h.pipeline.Work(ctx, cut, workers(&h.options.Config))
	beside.Wait()
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// shift is when kept executions are run. It can be ended before its time.
type shift struct {
	work   func(ctx context.Context) (context.Context, context.CancelFunc)
	cut    func() context.Context
	stop   context.CancelFunc
	cutOff context.CancelCauseFunc
	under  sync.WaitGroup
}

func newShift() *shift {
	cut, cutOff := context.WithCancelCause(context.Background())
	stopped, stop := context.WithCancel(cut)
	return &shift{
		stop: stop, cutOff: cutOff, cut: func() context.Context { return cut },
		work: func(ctx context.Context) (context.Context, context.CancelFunc) {
			working, cancel := context.WithCancel(ctx)
			unlink := context.AfterFunc(stopped, cancel)
			return working, func() { unlink(); cancel() }
		},
	}
}

// begin gives the context that work is begun in, and the one that ends when what is under way is to be cut off: grace after
// the first.
func (s *shift) begin(ctx context.Context, grace time.Duration) (working, cut context.Context, leave func()) {
	s.under.Add(1)
	working, cancel := s.work(ctx)
	cut, cutOff := context.WithCancelCause(s.cut())
	over := make(chan struct{})
	unlink := context.AfterFunc(working, func() {
		timer := time.NewTimer(grace)
		defer timer.Stop()
		select {
		case <-timer.C:
			cutOff(stopping())
		case <-over:
		}
	})
	return working, cut, func() {
		close(over)
		unlink()
		cancel()
		cutOff(nil)
		s.under.Done()
	}
}

// end begins nothing any more and returns when nothing is under way; what is then still there when ctx ends is cut off.
func (s *shift) end(ctx context.Context) {
	s.stop()
	unlink := context.AfterFunc(ctx, func() { s.cutOff(stopping()) })
	s.under.Wait()
	unlink()
	s.cutOff(nil)
}

func stopping() *fault.Fault { return fault.New(fault.Host, fault.Canceled, "the host is stopping") }

// close ends what keeps executions. Nothing runs any more.
func (h *Host) close(ctx context.Context) {
	if h.store == nil {
		return
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordWithin)
	defer cancel()
	if h.recorder != nil {
		if err := h.recorder.Close(last); err != nil {
			h.log.LogAttrs(ctx, slog.LevelWarn, "executions were not recorded", slog.Any("error", err))
		}
	}
	if err := h.store.Close(last); err != nil {
		h.log.LogAttrs(ctx, slog.LevelWarn, "the database was not closed in good order", slog.Any("error", err))
	}
}

// ready tells why requests are not served as they should be.
func (h *Host) ready(ctx context.Context) error {
	if !h.serving.Load() {
		return errors.New("requests are not served now")
	}
	if h.store == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, storeWithin)
	defer cancel()
	if err := h.store.Ping(ctx); err != nil {
		return errors.New("the database cannot be written to: " + fault.As(err, fault.Host).Story())
	}
	return nil
}

// depths counts what has not ended, or gives nil while the store does not answer.
func (h *Host) depths() map[store.Status]int {
	ctx, cancel := context.WithTimeout(context.Background(), storeWithin)
	defer cancel()
	counted, err := h.store.Depths(ctx)
	if err != nil {
		return nil
	}
	return counted
}
