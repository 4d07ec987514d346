package sqlite_test

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/store"
	"github.com/hookstep-dev/hookstep/host/store/sqlite"
	"github.com/hookstep-dev/hookstep/sdk/engine"
	"github.com/hookstep-dev/hookstep/sdk/hostapi"
	"github.com/hookstep-dev/hookstep/sdk/value"
)

// body is a payload of 1 KiB.
func body() []byte {
	text := []byte(`{"order":{"id":"A-17","lines":[`)
	for i := range 18 {
		text = fmt.Appendf(text, `{"sku":"sku-%06d","quantity":%d,"price":%d.95},`, i*7919, i%5, i*13)
	}
	return append(text, `{}]}}`...)
}

func webhook(id integration.ExecutionID, body []byte) *store.Acceptance {
	return &store.Acceptance{
		ID: id, Flow: orders, Source: store.Webhook, StartedAt: id.Time(),
		Answer: &integration.Response{Status: 200, Body: []byte(`{"executionId":"` + id.String() + `"}`)},
		Input: &store.Input{Request: &integration.Request{
			Method: "POST", Path: "/hooks/berlin/orders", Body: body, ContentType: "application/json", ReceivedAt: id.Time(),
			RemoteAddr: "127.0.0.1:50500", InvokeURL: "http://localhost:8080/hooks/berlin/orders",
			Headers: []hostapi.Header{{Name: "content-type", Value: "application/json"}, {Name: "user-agent", Value: "shop/1.0"}},
		}},
	}
}

// sequence makes ids that rise.
type sequence struct{ last atomic.Int64 }

func newSequence() *sequence {
	made := &sequence{}
	made.last.Store(int64(integration.FirstIDAt(time.Now())))
	return made
}

func (s *sequence) next() integration.ExecutionID { return integration.ExecutionID(s.last.Add(1)) }

// times gathers durations of many callers.
type times struct {
	lock sync.Mutex
	all  []time.Duration

	before time.Duration // of the process's processor time
}

func (t *times) add(one time.Duration) {
	t.lock.Lock()
	defer t.lock.Unlock()
	t.all = append(t.all, one)
}

func (t *times) report(b *testing.B) {
	b.Helper()
	slices.Sort(t.all)
	b.ReportMetric(float64(t.all[len(t.all)/2].Microseconds()), "p50-µs")
	b.ReportMetric(float64(t.all[len(t.all)*99/100].Microseconds()), "p99-µs")
	b.ReportMetric(float64(len(t.all))/b.Elapsed().Seconds(), "per-s")
	b.ReportMetric(float64((processorTime()-t.before).Microseconds())/float64(len(t.all)), "cpu-µs")
	b.ReportMetric(0, "ns/op")
}

// processorTime tells what a busy machine hides from the clock.
func processorTime() time.Duration {
	var used syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &used)
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

func benchDatabase(b *testing.B) *sqlite.Database {
	b.Helper()
	d, err := sqlite.Open(b.Context(), sqlite.Options{Path: filepath.Join(b.TempDir(), "hookstep.db"), Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = d.Close(context.Background()) })
	return d
}

// share has b.N calls made by so many callers.
func share(b *testing.B, callers int, call func() error) *times {
	b.Helper()
	var left atomic.Int64
	left.Store(int64(b.N))
	taken := &times{before: processorTime()}
	var all sync.WaitGroup
	b.ResetTimer()
	for range callers {
		all.Go(func() {
			for left.Add(-1) >= 0 {
				begun := time.Now()
				if err := call(); err != nil {
					b.Error(err)
					return
				}
				taken.add(time.Since(begun))
			}
		})
	}
	all.Wait()
	b.StopTimer()
	return taken
}

// BenchmarkAccept is from the call until the execution is on the disk.
func BenchmarkAccept(b *testing.B) {
	for _, callers := range []int{1, 64} {
		b.Run(fmt.Sprintf("callers=%d", callers), func(b *testing.B) {
			d, ids, body := benchDatabase(b), newSequence(), body()
			share(b, callers, func() error {
				_, err := d.Accept(b.Context(), webhook(ids.next(), body))
				return err
			}).report(b)
		})
	}
}

// BenchmarkThreeSteps is from the call of Accept until the execution has ended with three results on the disk.
func BenchmarkThreeSteps(b *testing.B) {
	for _, callers := range []int{1, 64} {
		b.Run(fmt.Sprintf("callers=%d", callers), func(b *testing.B) { benchSteps(b, callers, 3) })
	}
}

// BenchmarkNoSteps is the same with nothing to keep between.
func BenchmarkNoSteps(b *testing.B) {
	for _, callers := range []int{1, 64} {
		b.Run(fmt.Sprintf("callers=%d", callers), func(b *testing.B) { benchSteps(b, callers, 1) })
	}
}

func benchSteps(b *testing.B, callers, steps int) {
	b.Helper()
	d, ids, body := benchDatabase(b), newSequence(), body()
	var waiting sync.Map
	ctx, cancel := context.WithCancel(b.Context())
	worked := make(chan error, 1)
	go func() {
		worked <- d.Work(ctx, 64, func(ctx context.Context, claim *store.Claim) {
			if err := runSteps(ctx, d, claim, steps); err != nil {
				b.Error(err)
			}
			done, _ := waiting.LoadAndDelete(claim.Execution.ID)
			close(done.(chan struct{}))
		})
	}()
	share(b, callers, func() error {
		asked, done := webhook(ids.next(), body), make(chan struct{})
		waiting.Store(asked.ID, done)
		if _, err := d.Accept(b.Context(), asked); err != nil {
			return err
		}
		<-done
		return nil
	}).report(b)
	cancel()
	if err := <-worked; err != nil {
		b.Error(err)
	}
}

// BenchmarkRecord is of synchronous executions of two steps that have ended, recorded in batches: what one costs.
func BenchmarkRecord(b *testing.B) {
	d, ids, body := benchDatabase(b), newSequence(), body()
	const batch = 256
	recorded := &times{before: processorTime()}
	for b.Loop() {
		ended := make([]*store.Recording, batch)
		for i := range ended {
			ended[i] = recordingOf(webhook(ids.next(), body))
		}
		begun := time.Now()
		if err := d.Record(b.Context(), ended); err != nil {
			b.Fatal(err)
		}
		for range batch {
			recorded.add(time.Since(begun) / batch)
		}
	}
	recorded.report(b)
}

func recordingOf(asked *store.Acceptance) *store.Recording {
	return &store.Recording{
		Execution: store.Execution{
			ID: asked.ID, Flow: asked.Flow, Status: store.Succeeded, Source: asked.Source, Synchronous: true, StartedAt: asked.StartedAt,
			EndedAt: asked.StartedAt.Add(time.Millisecond), Elapsed: time.Millisecond, StepsDone: 2,
		},
		Input: asked.Input, Steps: []store.Step{*resultOf(0), *resultOf(1)},
	}
}

// resultOf is what a step came to that does little.
func resultOf(position int) *store.Step {
	return &store.Step{Position: position, EndedAt: time.Now(), Result: engine.StepResult{
		Key: "step", Elapsed: time.Millisecond, Results: value.JSON([]byte(`{"total":1234.5,"currency":"EUR","ok":true}`)),
	}}
}

func runSteps(ctx context.Context, d *sqlite.Database, claim *store.Claim, steps int) error {
	for position := range steps - 1 {
		if err := d.Commit(ctx, claim, resultOf(position), nil); err != nil {
			return err
		}
	}
	return d.Finish(ctx, claim, &store.End{Status: store.Succeeded, Last: resultOf(steps - 1), At: time.Now(), Elapsed: time.Millisecond})
}
