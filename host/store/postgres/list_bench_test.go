package postgres_test

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"testing"
	"time"

	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/store"
	"github.com/hookstep-dev/hookstep/host/store/postgres"
	"github.com/hookstep-dev/hookstep/sdk/fault"
)

const (
	million   = 1_000_000
	recorded  = 1000 // in one call
	manyFlows = 500
)

// history opens a database with a million executions that have ended, one every 4 ms, of flows that take turns.
func history(b *testing.B) *postgres.Database {
	b.Helper()
	opened, err := postgres.Open(b.Context(), postgres.Options{URL: database(b), Log: slog.New(slog.DiscardHandler), Patience: time.Minute})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = opened.Close(context.WithoutCancel(b.Context())) })
	first := time.Now().Add(-million * 4 * time.Millisecond)
	for from := 0; from < million; from += recorded {
		batch := make([]*store.Recording, recorded)
		for i := range batch {
			batch[i] = recording(from+i, first)
		}
		if err := opened.Record(b.Context(), batch); err != nil {
			b.Fatal(err)
		}
	}
	return opened
}

func recording(nth int, first time.Time) *store.Recording {
	at := first.Add(time.Duration(nth) * 4 * time.Millisecond)
	one := store.Execution{
		ID: integration.NewExecutionID(at.UnixMilli(), 0, 0), Flow: listed(nth * 7919 % manyFlows), Status: store.Succeeded, Source: store.Webhook,
		Synchronous: true, StartedAt: at, EndedAt: at.Add(5 * time.Millisecond), StepsDone: 3,
	}
	if nth%100 == 0 {
		one.Status, one.Fault = store.Failed, fault.New(fault.User, fault.Thrown, "no total")
	}
	if nth%1000 == 7 {
		one.Status = store.DeadLetter
	}
	return &store.Recording{Execution: one}
}

func listed(flow int) store.Flow {
	return store.Flow{
		Integration: fmt.Sprint("integration-", flow%10), Instance: integration.InstanceName(fmt.Sprint("instance-", flow%50)),
		Flow: integration.Slug(fmt.Sprint("flow-", flow)),
	}
}

// BenchmarkList reads the newest fifty of a million.
func BenchmarkList(b *testing.B) {
	d := history(b)
	from, to := time.Now().Add(-40*time.Minute), time.Now().Add(-35*time.Minute)
	one := listed(7)
	for _, tt := range []struct {
		name   string
		filter store.Filter
	}{
		{"all", store.Filter{}},
		{"status", store.Filter{Statuses: []store.Status{store.DeadLetter}}},
		{"statuses", store.Filter{Statuses: []store.Status{store.DeadLetter, store.Failed, store.Running}}},
		{"status that none has", store.Filter{Statuses: []store.Status{store.Canceled}}},
		{"flow", store.Filter{Integration: one.Integration, Instance: one.Instance, Flow: one.Flow}},
		{"flow+status", store.Filter{Integration: one.Integration, Instance: one.Instance, Flow: one.Flow, Statuses: []store.Status{store.DeadLetter}}},
		{"instance", store.Filter{Integration: one.Integration, Instance: one.Instance}},
		{"instance+statuses", store.Filter{Integration: one.Integration, Instance: one.Instance, Statuses: []store.Status{store.DeadLetter, store.Failed}}},
		{"integration", store.Filter{Integration: one.Integration}},
		{"integration+status", store.Filter{Integration: one.Integration, Statuses: []store.Status{store.DeadLetter}}},
		{"integration+statuses", store.Filter{Integration: one.Integration, Statuses: store.Statuses()}},
		{"time", store.Filter{From: from, To: to}},
		{"old time", store.Filter{To: time.Now().Add(-time.Hour)}},
		{"integration+time", store.Filter{Integration: one.Integration, From: from, To: to}},
		{"status+time", store.Filter{Statuses: []store.Status{store.DeadLetter}, From: from, To: to}},
		{"unreplayed", store.Filter{Statuses: []store.Status{store.DeadLetter}, Unreplayed: true}},
		{"text", store.Filter{Text: "nowhere"}},
	} {
		b.Run(tt.name, func(b *testing.B) {
			tt.filter.Limit = 50
			var took []time.Duration
			for b.Loop() {
				begun := time.Now()
				if _, err := d.List(b.Context(), &tt.filter); err != nil {
					b.Fatal(err)
				}
				took = append(took, time.Since(begun))
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
			b.ReportMetric(float64(took[len(took)*95/100].Microseconds())/1000, "p95-ms")
		})
	}
}
