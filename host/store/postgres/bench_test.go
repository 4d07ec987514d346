package postgres_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/store"
	"github.com/hookstep-dev/hookstep/host/store/postgres"
	"github.com/hookstep-dev/hookstep/sdk/engine"
	"github.com/hookstep-dev/hookstep/sdk/hostapi"
	"github.com/hookstep-dev/hookstep/sdk/value"
)

// fleet is hosts on one database, whose workers do three steps that cost nothing.
type fleet struct {
	hosts []*postgres.Database
	ids   atomic.Int64
	done  chan integration.ExecutionID
	body  []byte
}

func newFleet(b *testing.B, hosts int, working bool) *fleet {
	b.Helper()
	f := &fleet{done: make(chan integration.ExecutionID, 4096), body: make([]byte, 1024)}
	f.ids.Store(int64(integration.FirstIDAt(time.Now())))
	url := database(b)
	for range hosts {
		opened, err := postgres.Open(b.Context(), postgres.Options{URL: url, Log: slog.New(slog.DiscardHandler)})
		if err != nil {
			b.Fatal(err)
		}
		f.hosts = append(f.hosts, opened)
		f.work(b, opened, working)
	}
	return f
}

// work runs a host until the end.
func (f *fleet) work(b *testing.B, host *postgres.Database, working bool) {
	b.Helper()
	ctx, stop := context.WithCancel(b.Context())
	var ended sync.WaitGroup
	if working {
		ended.Go(func() {
			err := host.Work(ctx, 64, func(ctx context.Context, claim *store.Claim) { f.take(ctx, b, host, claim) })
			if err != nil {
				b.Error(err)
			}
		})
	}
	b.Cleanup(func() {
		stop()
		ended.Wait()
		if err := host.Close(context.WithoutCancel(ctx)); err != nil {
			b.Error(err)
		}
	})
}

func (f *fleet) take(ctx context.Context, b *testing.B, host *postgres.Database, claim *store.Claim) {
	b.Helper()
	for position := range 2 {
		if err := host.Commit(ctx, claim, step(position), nil); err != nil {
			b.Error(err)
		}
	}
	end := &store.End{Status: store.Succeeded, Last: step(2), At: time.Now()}
	if err := host.Finish(ctx, claim, end); err != nil {
		b.Error(err)
	}
	f.done <- claim.Execution.ID
}

func step(position int) *store.Step {
	result := engine.StepResult{Key: fmt.Sprint("step", position), Results: value.Value{JSON: []byte(`{"total":12.5,"items":3}`)}}
	return &store.Step{Position: position, Result: result, EndedAt: time.Now()}
}

func (f *fleet) accept(b *testing.B, host *postgres.Database) {
	b.Helper()
	id := integration.ExecutionID(f.ids.Add(1))
	request := &integration.Request{Method: "POST", Headers: []hostapi.Header{{Name: "content-type", Value: "application/json"}}, Body: f.body}
	_, err := host.Accept(b.Context(), &store.Acceptance{
		ID: id, Flow: store.Flow{Integration: "shop", Instance: integration.InstanceName(fmt.Sprint("i", id%10)), Flow: "orders"},
		Source: store.Webhook, StartedAt: time.Now(), Input: &store.Input{Request: request},
	})
	if err != nil {
		b.Error(err)
	}
}

// flood has 64 callers at once accept b.N executions.
func (f *fleet) flood(b *testing.B) {
	b.Helper()
	var left atomic.Int64
	left.Store(int64(b.N))
	var callers sync.WaitGroup
	for caller := range 64 {
		callers.Go(func() {
			for left.Add(-1) >= 0 {
				f.accept(b, f.hosts[caller%len(f.hosts)])
			}
		})
	}
	callers.Wait()
}

func BenchmarkAccept(b *testing.B) {
	f := newFleet(b, 1, false)
	f.accept(b, f.hosts[0])
	b.ResetTimer()
	f.flood(b)
}

func BenchmarkThreeSteps(b *testing.B) {
	for _, hosts := range []int{1, 2} {
		b.Run(fmt.Sprintf("hosts=%d", hosts), func(b *testing.B) {
			f := newFleet(b, hosts, true)
			f.accept(b, f.hosts[0])
			<-f.done
			before, serverBefore := cpu(b), serverCPU(b)
			b.ResetTimer()
			go f.flood(b)
			var gap time.Duration // between two ends: a permit that was lost or not told of shows here
			last := time.Now()
			for range b.N {
				<-f.done
				now := time.Now()
				gap, last = max(gap, now.Sub(last)), now
			}
			b.StopTimer()
			b.ReportMetric(float64(gap.Microseconds())/1000, "longest-gap-ms")
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "executions/s")
			b.ReportMetric(float64((cpu(b)-before).Microseconds())/float64(b.N), "host-µs/op")
			b.ReportMetric(float64((serverCPU(b)-serverBefore).Microseconds())/float64(b.N), "server-µs/op")
		})
	}
}

func BenchmarkThreeStepsAlone(b *testing.B) {
	f := newFleet(b, 1, true)
	f.accept(b, f.hosts[0])
	<-f.done
	var accepted, whole []time.Duration
	for b.Loop() {
		begun := time.Now()
		f.accept(b, f.hosts[0])
		accepted = append(accepted, time.Since(begun))
		<-f.done
		whole = append(whole, time.Since(begun))
	}
	slices.Sort(accepted)
	slices.Sort(whole)
	b.ReportMetric(float64(accepted[len(accepted)/2].Microseconds())/1000, "accept-p50-ms")
	b.ReportMetric(float64(whole[len(whole)/2].Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(whole[len(whole)*99/100].Microseconds())/1000, "p99-ms")
}

// cpu is the time that this process has worked.
func cpu(b *testing.B) time.Duration {
	b.Helper()
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		b.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// serverCPU is the time that the processes of the shared cluster have worked.
func serverCPU(b *testing.B) time.Duration {
	b.Helper()
	connected, err := pgx.Connect(b.Context(), clusterOfAll.cluster.URL())
	if err != nil {
		b.Fatal(err)
	}
	defer connected.Close(b.Context())
	var pid string
	if err := connected.QueryRow(b.Context(), `select split_part(pg_read_file('postmaster.pid'), E'\n', 1)`).Scan(&pid); err != nil {
		b.Fatal(err)
	}
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		b.Fatal(err)
	}
	var ticks int
	for _, stat := range stats {
		text, _ := os.ReadFile(stat)
		fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
		if len(fields) < 15 {
			continue
		}
		switch own := strings.Contains(stat, "/"+pid+"/"); {
		case own: // with those of its children that have ended
			ticks += number(fields[11]) + number(fields[12]) + number(fields[13]) + number(fields[14])
		case fields[1] == pid:
			ticks += number(fields[11]) + number(fields[12])
		}
	}
	return time.Duration(ticks) * 10 * time.Millisecond
}

func number(text string) int {
	read, _ := strconv.Atoi(text)
	return read
}
