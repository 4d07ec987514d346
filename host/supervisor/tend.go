package supervisor

import (
	"context"
	"log/slog"
	"time"

	"github.com/hookstep-dev/hookstep/sdk/fault"
	"github.com/hookstep-dev/hookstep/sdk/launch"
)

// ending is how a life came to its end, as far as the watch can tell.
type ending int

const (
	exited   ending = iota // by itself, or killed by whoever ran code in it
	idled                  // there was nothing to do
	outdated               // its executable was replaced
	refusing               // it takes no more executions, or left a call without an answer
	closing                // the supervisor closes
)

// tend sees to it that a goroutine looks after the process. The caller holds mu.
func (p *pool) tend() {
	if p.tending {
		return
	}
	ctx, leave, err := p.sup.enter(context.Background())
	if err != nil {
		p.refuse(err)
		return
	}
	p.tending = true
	go func() {
		defer leave()
		for p.isWanted(ctx) {
			p.live(ctx)
		}
	}()
}

// isWanted tells whether a process is to be started, and ends the tending if not.
func (p *pool) isWanted(ctx context.Context) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if ctx.Err() != nil {
		p.refuse(context.Cause(ctx))
	}
	if rest := p.pacing.resting(time.Now()); rest > 0 {
		p.again = false
		p.log().Warn(p.word("given up"), p.because(), slog.Duration("retry", rest))
		p.refuse(p.unavailable(rest))
	}
	p.tending = p.waiting.Len() > 0 || p.again && !p.draining && ctx.Err() == nil
	p.again = false
	return p.tending
}

// live is one life of a process, from the pause before it to the note of its end.
func (p *pool) live(ctx context.Context) {
	if !p.rest(ctx) {
		return
	}
	w := p.start(ctx)
	if w == nil {
		return
	}
	p.admit(w)
	switch how := p.watch(ctx, w); how {
	case exited:
		p.lost(w)
	case outdated, refusing:
		p.replace(ctx, w, how)
	case idled, closing:
		p.finish(ctx, w, how)
	}
}

// rest waits until a start may be tried; false when the supervisor closes meanwhile.
func (p *pool) rest(ctx context.Context) bool {
	p.mu.Lock()
	pause := p.pacing.pause(time.Now())
	p.mu.Unlock()
	if pause <= 0 {
		return true
	}
	p.log().Info(p.word("restarts later"), slog.Duration("pause", pause))
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// start gives nil when no process came up; what is to be known of it is noted.
func (p *pool) start(ctx context.Context) *worker {
	plugin, err := p.of.plugin(ctx)
	if err != nil {
		p.mu.Lock()
		p.refuse(err)
		p.mu.Unlock()
		return nil
	}
	of := editionOf(plugin.Path)
	p.mu.Lock()
	p.tried = of
	p.tally.starts++
	memory := p.memory
	p.mu.Unlock()
	process, err := launch.Start(ctx, p.sup.command(plugin, memory, p.word("log"), p.log()))
	if err == nil && !p.of.offers(process) {
		p.sup.stop(ctx, process)
		err = fault.New(fault.Engine, fault.Unavailable, "the plugin %s offers no %s", plugin.Path, p.of.key.kind)
	}
	if err != nil {
		p.unstarted(ctx, err)
		return nil
	}
	return newWorker(process, of)
}

// unstarted notes that no process came up.
func (p *pool) unstarted(ctx context.Context, err error) {
	if ctx.Err() != nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.tally.reason = err.Error()
	p.pacing.unstarted(time.Now(), p.sup.config.Jitter())
	p.log().Warn(p.word("does not start"), p.because())
}

// admit lets those in who wait.
func (p *pool) admit(w *worker) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.worker = w
	p.log().Info(p.word("started"), slog.Int("pid", w.process.PID()), slog.String("boot", w.process.BootID()))
	p.serve()
}

// watch returns when the life ends or is to be ended.
func (p *pool) watch(ctx context.Context, w *worker) ending {
	beat := time.NewTicker(min(p.sup.config.HealthEvery, p.of.idle))
	defer beat.Stop()
	health := health{pool: p, worker: w, active: time.Now()}
	for {
		select {
		case <-w.gone:
			return exited
		case <-w.refusing.done:
			return refusing
		case <-ctx.Done():
			return closing
		case now := <-beat.C:
			if how, over := health.check(ctx, now); over {
				return how
			}
		}
	}
}

// health is what the watch of one life remembers from beat to beat.
type health struct {
	pool   *pool
	worker *worker
	active time.Time // when work was last seen
	lent   uint64    // leases until then
	misses int
}

// check looks for the reasons to end a life. Only a process with work is pinged: one without need not be woken.
func (h *health) check(ctx context.Context, now time.Time) (ending, bool) {
	if h.worker.edition.isOutdated() {
		return outdated, true
	}
	busy, lent := h.pool.activity(h.worker)
	if busy || lent != h.lent {
		h.active, h.lent = now, lent
	}
	if busy {
		h.ping(ctx)
		return exited, false
	}
	if now.Sub(h.active) < h.pool.of.idle {
		return exited, false
	}
	return idled, h.pool.withdraw(h.worker, lent)
}

func (h *health) ping(ctx context.Context) {
	within, cancel := context.WithTimeout(ctx, h.pool.sup.config.HealthWithin)
	defer cancel()
	err := h.worker.process.Ping(within)
	if err == nil {
		h.misses = 0
		return
	}
	if h.misses++; h.misses < h.pool.sup.config.HealthMisses || ctx.Err() != nil {
		return
	}
	h.worker.process.Kill(fault.New(fault.Engine, fault.WorkerLost, "the %s did not answer %d pings in a row: %v", h.pool.of.key.kind, h.misses, err))
}

func (p *pool) activity(w *worker) (busy bool, lent uint64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return w.out > 0, w.lent
}

// withdraw takes an idle worker out of use, unless somebody took a lease meanwhile.
func (p *pool) withdraw(w *worker, lent uint64) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if w.out > 0 || w.lent != lent {
		return false
	}
	p.worker = nil
	return true
}

// lost notes a process that ended unasked, and decides how soon the next may come.
func (p *pool) lost(w *worker) {
	p.dismiss(w)
	<-w.process.Exited()
	p.mu.Lock()
	defer p.mu.Unlock()
	now, err := time.Now(), w.process.Err()
	p.again = w.lent > 0
	p.tally.reason = err.Error()
	if isRunaway(err) {
		p.tally.kills++
		p.pacing.killed(now)
		p.log().Warn(p.word("killed"), p.because(), slog.Int("pid", w.process.PID()))
		return
	}
	p.tally.crashes++
	p.pacing.crashed(now, now.Sub(w.started), w.served.Load(), p.sup.config.Jitter())
	p.log().Warn(p.word("lost"), p.because(), slog.Int("pid", w.process.PID()))
}

// replace lets the executions of a process end while the next one takes the new leases.
func (p *pool) replace(ctx context.Context, w *worker, how ending) {
	p.dismiss(w)
	p.mu.Lock()
	if how == refusing {
		p.tally.crashes++
		p.tally.reason = how.String()
		p.pacing.crashed(time.Now(), time.Since(w.started), w.served.Load(), p.sup.config.Jitter())
	}
	p.again = w.lent > 0
	retired := make(chan struct{})
	if w.out == 0 {
		close(retired)
	} else {
		w.retired = retired
	}
	p.mu.Unlock()
	inside, leave, err := p.sup.enter(context.WithoutCancel(ctx))
	if err != nil {
		p.finish(ctx, w, closing)
		return
	}
	go func() {
		defer leave()
		select {
		case <-retired:
		case <-w.gone:
		case <-inside.Done():
		}
		p.finish(inside, w, how)
	}()
}

// finish stops a process in good order.
func (p *pool) finish(ctx context.Context, w *worker, how ending) {
	p.dismiss(w)
	p.sup.stop(ctx, w.process)
	p.log().Info(p.word("stopped"), slog.Int("pid", w.process.PID()), slog.String("reason", how.String()))
}

// dismiss takes a worker out of use and closes its free lanes.
func (p *pool) dismiss(w *worker) {
	p.mu.Lock()
	if p.worker == w {
		p.worker = nil
	}
	idle := w.idle
	w.idle = nil
	p.mu.Unlock()
	for _, lane := range idle {
		_ = lane.Close()
	}
}

func (e ending) String() string {
	return [...]string{
		exited:   "exited",
		idled:    "idle",
		outdated: "its executable was replaced",
		refusing: "it takes no more calls",
		closing:  "the host is stopping",
	}[e]
}

// isRunaway tells a process that was killed for what its user code did from one that failed: a limit that was reached,
// or an execution that did not stop when it was cancelled, led to its end.
func isRunaway(err error) bool { return limitOf(err) != nil }

// limitOf gives the limit, or the cancellation, that led to the end of a process; nil if none did.
func limitOf(err error) *fault.Fault {
	for found := fault.As(err, fault.Engine); found != nil; found = found.Cause {
		if found.Source == fault.Limit || found.Code == fault.Canceled {
			return found
		}
	}
	return nil
}

func (p *pool) log() *slog.Logger {
	return p.sup.log.With(p.of.labels...)
}

// word begins a log line with what the process is there for.
func (p *pool) word(became string) string { return p.of.key.kind.String() + " " + became }

// because is why the last start or life failed. The caller holds mu.
func (p *pool) because() slog.Attr { return slog.String("reason", p.tally.reason) }
